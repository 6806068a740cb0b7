import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { connectLedger, startEngine } from '../../../ledger/index.ts';
import { command, queryRows } from '../../../ledger/client.ts';
import { openTestLedger, type TestLedger } from '../harness.ts';

// These are about the embedded engine itself, whatever CLICKHOUSE_URL says.
const embedded = process.env['CLICKHOUSE_URL'] ? describe.skip : describe;

embedded('the embedded engine', () => {
  let ledger: TestLedger;
  const query = <T>(sql: string, params = {}): Promise<T[]> => queryRows<T>(ledger.client, sql, params);
  const post = (path: string, body: string | null, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${ledger.engine!.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'X-ClickHouse-Key': ledger.engine!.token, ...headers },
    });

  beforeAll(async () => {
    process.env['TZ'] = 'Asia/Tashkent';
    ledger = await openTestLedger();
    await command(ledger.client, 'CREATE TABLE victim (a UInt64, s String) ENGINE = MergeTree ORDER BY a');
    await command(ledger.client, "INSERT INTO victim SELECT 1, 'here'");
  });
  afterAll(() => ledger.close());

  const victimStands = async (): Promise<void> => {
    expect(await query('SELECT count() AS n FROM victim WHERE s = {s:String}', { s: 'here' })).toEqual([{ n: '1' }]);
  };

  it('answers ping to everybody and queries to nobody without the token', async () => {
    const { url } = ledger.engine!;
    expect(await (await fetch(`${url}/ping`)).text()).toBe('Ok.\n');
    for (const headers of [{}, { 'X-ClickHouse-Key': 'wrong' }, { Authorization: 'Basic ZGVmYXVsdDo=' }]) {
      const refused = await fetch(`${url}/?query=SELECT%201`, { headers: headers as Record<string, string> });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('X-ClickHouse-Exception-Code')).toBe('516');
    }
    await expect(connectLedger({ url, token: 'wrong' }).query({ query: 'SELECT 1' })).rejects.toMatchObject({
      code: '516',
    });
  });

  it('takes the token in each of the ways clients send it', async () => {
    const { url, token } = ledger.engine!;
    const basic = Buffer.from(`default:${token}`).toString('base64');
    for (const headers of [
      { 'X-ClickHouse-Key': token },
      { Authorization: `Bearer ${token}` },
      { Authorization: `Basic ${basic}` },
    ]) {
      const answer = await fetch(`${url}/?query=SELECT%201`, { headers: headers as Record<string, string> });
      expect(await answer.text()).toBe('1\n');
    }
  });

  it('listens on loopback only', () => {
    expect(new URL(ledger.engine!.url).hostname).toBe('127.0.0.1');
  });

  it('works in UTC wherever the machine stands', async () => {
    expect(await query(`SELECT timezone() AS zone, toDateTime('2026-01-01 00:00:00')::UInt32 AS at`)).toEqual([
      { zone: 'UTC', at: Date.UTC(2026, 0, 1) / 1000 },
    ]);
  });

  it('gives back every text parameter as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.array(fc.string()), async (text, list) => {
        const rows = await query('SELECT {text:String} AS text, {list:Array(String)} AS list', { text, list });
        expect(rows).toEqual([{ text, list }]);
      }),
      { numRuns: 60 },
    );
  });

  it('takes numbers of every width as parameters, and where SQL wants a constant', async () => {
    const params = { i: -(2n ** 63n), u: 2n ** 64n - 1n, n: 2, when: 1_700_000_000_123 };
    const rows = await query(
      `SELECT {i:Int64} AS i, {u:UInt64} AS u, toUnixTimestamp64Milli(fromUnixTimestamp64Milli({when:Int64}, 'UTC')) AS t
       FROM numbers(5) LIMIT {n:UInt32}`,
      params,
    );
    const row = { i: '-9223372036854775808', u: '18446744073709551615', t: '1700000000123' };
    expect(rows).toEqual([row, row]);
  });

  it('runs nothing that hides in a parameter', async () => {
    for (const attempt of [
      `'; DROP TABLE victim; --`,
      `\\'; DROP TABLE victim; --`,
      `x\n\nDROP TABLE victim`,
      `\\`,
      `*/ DROP TABLE victim /*`,
      `$$; DROP TABLE victim; $$`,
      `{a:String}`,
    ]) {
      expect(await query('SELECT {a:String} AS a', { a: attempt })).toEqual([{ a: attempt }]);
      await expect(query('SELECT {a:UInt32} AS a', { a: attempt })).rejects.toThrow('ClickHouse answered');
      await query('SELECT {a:Identifier} FROM victim', { a: attempt }).catch(() => undefined);
      const name = encodeURIComponent(`max_threads = 1; ${attempt}`);
      expect((await post(`/?${name}=1`, 'SELECT 1')).status).toBe(400);
    }
    await victimStands();
  });

  it('runs nothing that hides in inserted data behind a blank line', async () => {
    const hidden = 'x\n\nDROP TABLE victim\n\n';
    await command(ledger.client, 'CREATE TABLE notes (s String) ENGINE = MergeTree ORDER BY s');
    await ledger.client.insert({ table: 'notes', values: [{ s: hidden }], format: 'JSONEachRow' });
    const csv = Readable.from(['"a\n\nb"\n\nDROP TABLE victim\n'], { objectMode: false });
    await ledger.client.insert({ table: 'notes', values: csv, format: 'CSV' });
    expect((await query<{ s: string }>('SELECT s FROM notes')).map(({ s }) => s)).toContain(hidden);
    await victimStands();
  });

  it('refuses data inside the SQL text', async () => {
    for (const sql of [
      `INSERT INTO victim VALUES (2, 'x')`,
      `INSERT INTO victim FORMAT TSV 2\tx`,
      `INSERT INTO victim FORMAT JSONEachRow\n\nDROP TABLE victim`,
    ]) {
      const refused = await post('/', sql);
      expect([sql, refused.status]).toEqual([sql, 501]);
    }
    await victimStands();
  });

  it('refuses files, sessions and second statements', async () => {
    for (const sql of [
      `SELECT 1 INTO OUTFILE '/tmp/tollgrid-outfile'`,
      `INSERT INTO victim FROM INFILE '/etc/passwd' FORMAT LineAsString`,
      'SET max_threads = 1',
      'USE system',
    ]) {
      expect((await post('/', sql)).status).toBe(501);
    }
    expect((await post('/', 'SELECT 1; SELECT 2')).status).toBe(400);
    expect(existsSync('/tmp/tollgrid-outfile')).toBe(false);
  });

  it('forgets the settings of a request', async () => {
    const settings = { max_block_size: '777' };
    const set = await ledger.client.query({
      query: `SELECT getSetting('max_block_size') AS n`,
      clickhouse_settings: settings,
      format: 'JSONEachRow',
    });
    expect(await set.json()).toEqual([{ n: 777 }]);
    for (let i = 0; i < 6; i++) {
      expect(
        await query(`SELECT getSetting('max_block_size') != 777 AS fresh, getSetting('async_insert') AS a`),
      ).toEqual([{ fresh: 1, a: false }]);
    }
  });

  it('answers in the format asked for, or TabSeparated', async () => {
    expect(await (await post('/', 'SELECT 1, 2')).text()).toBe('1\t2\n');
    expect(await (await post('/?default_format=CSV', `SELECT 1, 'a'`)).text()).toBe('1,"a"\n');
    expect(await (await post('/?default_format=CSV', 'SELECT 1 FORMAT JSONEachRow')).text()).toBe('{"1":1}\n');
    const whole = await ledger.client.query({ query: 'SELECT number FROM numbers(200000)', format: 'JSON' });
    expect((await whole.json<{ number: string }>()).data).toHaveLength(200_000);
    expect(await (await post('/?database=system', 'SELECT currentDatabase()')).text()).toBe('system\n');
    expect(await (await post('/', 'SELECT currentDatabase()')).text()).toBe('default\n');
  });

  it('quotes what a JavaScript number cannot hold', async () => {
    const rows = await query(`SELECT toInt64(-1) AS i, toDecimal64('12.5', 6) AS d, toInt128('1') AS w`);
    expect(rows).toEqual([{ i: '-1', d: '12.500000', w: '1' }]);
  });

  it("answers errors with ClickHouse's code", async () => {
    const missing = await post('/', 'SELECT * FROM nowhere');
    expect([missing.status, missing.headers.get('X-ClickHouse-Exception-Code')]).toEqual([404, '60']);
    const syntax = await post('/', 'SELECT FROM WHERE');
    expect([syntax.status, syntax.headers.get('X-ClickHouse-Exception-Code')]).toEqual([400, '62']);
    await expect(query('SELECT {a:UInt8}', { a: 'x' })).rejects.toMatchObject({ code: 'LEDGER_QUERY_REFUSED' });
  });

  it('breaks the connection when an error comes after the first rows', async () => {
    const sql = 'SELECT throwIf(number = 3000000) FROM numbers(4000000) SETTINGS max_threads = 1 FORMAT TSV';
    const answer = await post('/', sql);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
    await victimStands();
  });

  it('refuses a body beyond its limit and leaves no file behind', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x\n');
    const body = function* (): Generator<Buffer> {
      for (let i = 0; i < 80; i++) yield chunk;
    };
    const values = Readable.from(body(), { objectMode: false });
    await expect(ledger.client.insert({ table: 'notes', values, format: 'TabSeparated' })).rejects.toThrow();
    expect(await query(`SELECT count() AS n FROM notes WHERE s = 'x'`)).toEqual([{ n: '0' }]);
    await victimStands();
  });

  it('reads while it writes, and reads side by side', async () => {
    const start = performance.now();
    const slow = (): Promise<unknown> => query('SELECT sleep(2)');
    const insert = command(ledger.client, 'INSERT INTO notes SELECT toString(sleep(2)) FROM numbers(1)');
    await Promise.all([slow(), slow(), insert]);
    expect(performance.now() - start).toBeLessThan(5500);
  });

  it('goes on when a client leaves in the middle of an answer', async () => {
    const gone = new AbortController();
    const answer = await fetch(`${ledger.engine!.url}/?query=SELECT+number+FROM+numbers(100000000)+FORMAT+TSV`, {
      headers: { 'X-ClickHouse-Key': ledger.engine!.token },
      signal: gone.signal,
    });
    await answer.body!.getReader().read();
    gone.abort();
    await wait(50);
    await Promise.all(Array.from({ length: 8 }, victimStands));
  });

  it('says so when another process has its folder', async () => {
    await expect(
      startEngine({ path: `${ledger.folder}/engine`, memoryBytes: 1 << 30, maxInsertBytes: 1 << 20, nice: 0 }),
    ).rejects.toMatchObject({ code: 'LEDGER_LOCKED' });
    await victimStands();
  });

  it('ends when its parent lets go, and finds its data again', async () => {
    await ledger.engine!.stop();
    expect(await ledger.engine!.exited).toBe(0);
    await ledger.restart();
    await victimStands();
  });
});
