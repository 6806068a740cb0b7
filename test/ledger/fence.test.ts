/** Two writers of one ledger with directories of their own: the older one gets nothing in, however late it arrives. */
import http from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { command, queryRows } from '../../ledger/client.ts';
import {
  createTables,
  encodeRows,
  LedgerWriter,
  takeLedger,
  type JournalLine,
  type LedgerBlock,
  type LedgerWrite,
} from '../../ledger/index.ts';
import { insertQuery } from '../../ledger/fence.ts';
import { openTestLedger, type TestLedger } from './harness.ts';
import { row } from './rows.ts';

const WORD = 'the order';
const FENCED = { code: 'LEDGER_FENCED' };

let ledger: TestLedger;
/** What was announced, by whom. */
let announced: [epoch: number, line: JournalLine][];
let epoch = 0;
const open: LedgerWriter[] = [];

beforeAll(async () => {
  ledger = await openTestLedger();
  await createTables(ledger.client);
});
beforeEach(() => (announced = []));
afterEach(async () => {
  for (const writer of open.splice(0)) await writer.close();
  await command(ledger.client, 'TRUNCATE TABLE charges');
});
afterAll(() => ledger.close());

/** By a rater with a directory of its own. */
async function takenOver(): Promise<LedgerWriter> {
  const mine = ++epoch;
  await takeLedger(ledger.client, WORD, mine);
  const announce = async (line: JournalLine): Promise<void> => void announced.push([mine, line]);
  const file = path.join(ledger.folder, `rater-${mine}`, 'totals');
  const writer = await LedgerWriter.open({ client: ledger.client, path: file, fence: { epoch: mine, announce } });
  open.push(writer);
  return writer;
}

function blocksOf(entry: number): LedgerBlock[] {
  const charge = (i: number) => row('charges', { posted_entry: entry, entry_no: entry, record_no: i, quantity: i });
  return encodeRows(
    'charges',
    Array.from({ length: 10 }, (_, i) => charge(i)),
  );
}

const write = (entry: number): LedgerWrite => ({ fromEntry: entry, toEntry: entry, blocks: blocksOf(entry) });

async function entries(): Promise<number[]> {
  const sql = 'SELECT posted_entry AS entry FROM charges GROUP BY entry HAVING count() = 10 ORDER BY entry';
  return (await queryRows<{ entry: string }>(ledger.client, sql)).map(({ entry }) => Number(entry));
}

describe('a ledger that was taken over', () => {
  it('takes what its newest rater writes, as one part, and nothing of the one before', async () => {
    const old = await takenOver();
    await old.write(write(1));
    expect(announced.map(([by]) => by)).toEqual([epoch]);
    const next = await takenOver();
    await expect(old.write(write(2))).rejects.toMatchObject(FENCED);
    await expect(old.truncate()).rejects.toMatchObject(FENCED);
    await expect(old.truncateBehind(0)).rejects.toMatchObject(FENCED);
    await next.write(write(3));
    expect(await entries()).toEqual([1, 3]);
    const parts = await queryRows(ledger.client, `SELECT rows FROM system.parts WHERE active AND table = 'charges'`);
    expect(parts).toEqual([{ rows: '10' }, { rows: '10' }]);
  });

  it('cannot be taken by an older one, nor by another order', async () => {
    await takenOver();
    await expect(takeLedger(ledger.client, WORD, epoch - 1)).rejects.toMatchObject(FENCED);
    await expect(takeLedger(ledger.client, 'another', epoch + 1)).rejects.toMatchObject({ code: 'LEDGER_FOREIGN' });
  });

  it('is emptied by its newest rater, who says so to those that follow', async () => {
    const writer = await takenOver();
    await writer.write(write(1));
    await writer.truncate();
    expect(await entries()).toEqual([]);
    expect(announced.at(-1)).toEqual([epoch, { behind: 0 }]);
    await writer.write({ ...write(1), toEntry: 5 });
    expect(await entries()).toEqual([1]);
  });

  it('announces a write again only when something of it is missing', async () => {
    const writer = await takenOver();
    await writer.write(write(1));
    await writer.write(write(1));
    expect(announced.length).toBe(1);
    await command(ledger.client, 'TRUNCATE TABLE charges');
    await writer.write(write(1));
    expect(announced.length).toBe(2);
    expect(await entries()).toEqual([1]);
  });

  it('refuses an insert that was half sent when its sender froze', async () => {
    if (ledger.engine === undefined) return;
    await takenOver();
    const body = Buffer.concat(blocksOf(1).flatMap(({ chunks }) => chunks));
    const { url, token } = ledger.engine;
    const query = insertQuery('charges', { epoch, announce: async () => undefined });
    const request = http.request(`${url}/?query=${encodeURIComponent(query)}`, {
      ...{ method: 'POST', headers: { 'content-length': body.length, 'x-clickhouse-key': token } },
    });
    request.write(body.subarray(0, 100));
    await delay(50);
    await takenOver();
    request.end(body.subarray(100));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    expect(response.headers['x-clickhouse-exception-code'] ?? response.statusCode).toBe('395');
    expect(await entries()).toEqual([]);
  });
});
