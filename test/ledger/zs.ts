import { openTestLedger } from './harness.ts';
import { startEngine } from '../../ledger/index.ts';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { command, queryRows } from '../../ledger/client.ts';
const led = await openTestLedger();
const c = led.client;
await command(c, 'CREATE TABLE notes (s String) ENGINE = MergeTree ORDER BY s');
const which = process.argv[2];
if (which === 'body') {
    const chunk = Buffer.alloc(1 << 20, 'x\n');
    const body = function* (): Generator<Buffer> { for (let i = 0; i < 80; i++) yield chunk; };
    await c.insert({ table: 'notes', values: Readable.from(body(), { objectMode: false }), format: 'TabSeparated' }).catch(e => console.log(String(e)));
}
if (which === 'leave') {
    const gone = new AbortController();
    const answer = await fetch(`${led.engine!.url}/?query=SELECT+number+FROM+numbers(100000000)+FORMAT+TSV`, { headers: { 'X-ClickHouse-Key': led.engine!.token }, signal: gone.signal });
    await answer.body!.getReader().read(); gone.abort(); await wait(50);
}
if (which === 'err') {
    await fetch(`${led.engine!.url}/?query=SELECT+throwIf(number=3000000)+FROM+numbers(4000000)+FORMAT+TSV`, { headers: { 'X-ClickHouse-Key': led.engine!.token } }).then(r=>r.text()).catch(e => console.log(String(e)));
}
if (which === 'lock') await startEngine({ path: `${led.folder}/engine`}).catch(e=>console.log(e.message));
console.log('closing'); const t=performance.now();
await led.close(); console.log('closed', performance.now()-t);
