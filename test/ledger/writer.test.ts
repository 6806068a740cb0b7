import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command, queryRows } from '../../ledger/client.ts';
import {
  createTables,
  encodeRows,
  LedgerWriter,
  mergeBlocks,
  type LedgerBlock,
  type LedgerWrite,
  type TableName,
} from '../../ledger/index.ts';
import { openTestLedger, type TestLedger } from './harness.ts';
import { row } from './rows.ts';

let ledger: TestLedger;
let writer: LedgerWriter;

const journalPath = (): string => path.join(ledger.folder, 'ledger', 'totals');
const openWriter = (): Promise<LedgerWriter> => LedgerWriter.open({ client: ledger.client, path: journalPath() });

beforeEach(async () => {
  ledger = await openTestLedger();
  await createTables(ledger.client);
  writer = await openWriter();
});
afterEach(async () => {
  await writer.close().catch(() => undefined);
  await ledger.close();
});

/** Charges of one entry in two months, and the small tables: four inserts. */
function write(entry: number, charges = 10): LedgerWrite {
  const rows = Array.from({ length: charges }, (_, i) =>
    row('charges', {
      posted_entry: entry,
      entry_no: entry,
      record_no: i,
      start_at: i % 2 === 0 ? '2026-01-31 10:00:00.000' : '2026-02-01 10:00:00.000',
      amount: `${entry}.${i % 10}`,
      quantity: i,
    }),
  );
  const control = row('controls', { posted_entry: entry, entry_no: entry, rows: charges });
  const batch = row('batches', { posted_entry: entry, entry_no: entry, received: charges, rated: charges });
  const blocks = [
    ...encodeRows('charges', rows),
    ...encodeRows('controls', [control]),
    ...encodeRows('batches', [batch]),
  ];
  return { fromEntry: entry, toEntry: entry, blocks };
}

async function countOf(table: TableName): Promise<number> {
  const [found] = await queryRows<{ n: string }>(ledger.client, `SELECT count() AS n FROM ${table}`);
  return Number(found!.n);
}

const verified = { differences: [], detachedParts: [] };

describe('a write', () => {
  it('has its control totals on disk before its first row is in the ledger', async () => {
    await writer.write(write(1));
    const [line] = (await readFile(journalPath(), 'utf8')).trim().split('\n');
    expect(JSON.parse(line!.slice(line!.indexOf(' ') + 1))).toEqual({
      fromEntry: 1,
      toEntry: 1,
      blocks: [
        { table: 'batches', month: 0, rows: 1, amountMicros: '0', quantity: '10' },
        { table: 'charges', month: 202601, rows: 5, amountMicros: '7000000', quantity: '20' },
        { table: 'charges', month: 202602, rows: 5, amountMicros: '7500000', quantity: '25' },
        { table: 'controls', month: 0, rows: 1, amountMicros: '1', quantity: '1' },
      ],
    });
    await ledger.client.close();
    const dead = await LedgerWriter.open({ client: ledger.client, path: `${journalPath()}2` });
    await command(ledger.client, 'DROP TABLE charges').catch(() => undefined);
    await dead.write(write(1)).catch(() => undefined);
    expect((await readFile(`${journalPath()}2`, 'utf8')).length).toBeGreaterThan(100);
    await dead.close();
  });

  it('makes one part per table and month, however many blocks it was encoded in', async () => {
    const blocks: LedgerBlock[] = [];
    for (let i = 0; i < 30; i++) blocks.push(...write(1, 400).blocks.filter(({ table }) => table === 'charges'));
    await writer.write({ fromEntry: 1, toEntry: 1, blocks });
    const parts = await queryRows(
      ledger.client,
      `SELECT partition, level, rows FROM system.parts WHERE active AND table = 'charges' ORDER BY partition`,
    );
    expect(parts).toEqual([
      { partition: '202601', level: 0, rows: '6000' },
      { partition: '202602', level: 0, rows: '6000' },
    ]);
    expect(await writer.verify()).toMatchObject({ ...verified, writes: 1 });
  });

  it('may be repeated without changing anything', async () => {
    for (let round = 0; round < 3; round++) await writer.write(write(1));
    await writer.write(write(2));
    expect([await countOf('charges'), await countOf('batches')]).toEqual([20, 2]);
    expect(await writer.verify()).toMatchObject({ ...verified, writes: 2 });
  });

  it('is refused when a repetition has other totals or other cuts', async () => {
    await writer.write({ ...write(5), toEntry: 7 });
    const differs = { code: 'LEDGER_REPLAY_DIFFERS' };
    await expect(writer.write({ ...write(5, 11), toEntry: 7 })).rejects.toMatchObject(differs);
    await expect(writer.write({ ...write(5), toEntry: 6 })).rejects.toMatchObject(differs);
    await expect(writer.write(write(6))).rejects.toMatchObject(differs);
    await writer.write(write(8));
    expect(await countOf('charges')).toBe(20);
  });

  it('keeps the order in which it was asked for', async () => {
    await Promise.all([writer.write(write(1)), writer.write(write(2)), writer.write(write(3))]);
    expect(writer.lastEntry).toBe(3);
    expect(await writer.verify()).toMatchObject({ ...verified, writes: 3 });
  });
});

describe('recovery', () => {
  const recoverAll = async (writes: LedgerWrite[]): Promise<void> => {
    await writer.close();
    writer = await openWriter();
    const found = await writer.recover(0);
    expect(found.map(({ fromEntry, toEntry }) => [fromEntry, toEntry])).toEqual(
      writes
        .filter(({ fromEntry }) => fromEntry <= writer.lastEntry)
        .map(({ fromEntry, toEntry }) => [fromEntry, toEntry]),
    );
    for (const one of writes) await writer.write(one);
    expect(await writer.verify()).toMatchObject({ ...verified, writes: writes.length });
  };

  it('tells whole blocks from absent and partial ones, and removes what is partial', async () => {
    for (const entry of [1, 2, 3]) await writer.write(write(entry));
    // Entry 2 has lost one block whole, and a part of another.
    await command(ledger.client, `ALTER TABLE controls DELETE WHERE posted_entry = 2 SETTINGS mutations_sync = 2`);
    await command(
      ledger.client,
      `ALTER TABLE charges DELETE WHERE posted_entry = 2 AND record_no = 4 SETTINGS mutations_sync = 2`,
    );
    const before = await writer.verify();
    expect(before.differences.map(({ table, month, fromEntry }) => [table, month, fromEntry])).toEqual([
      ['charges', 202601, 2],
      ['controls', 0, 2],
    ]);
    expect(before.differences[0]).toMatchObject({
      expected: { rows: 5, amount: '12.000000', quantity: '20' },
      found: { rows: 4, amount: '9.600000', quantity: '16' },
    });
    const found = await writer.recover(1);
    expect(found).toEqual([
      {
        fromEntry: 2,
        toEntry: 2,
        blocks: [
          { table: 'batches', month: 0, state: 'whole' },
          { table: 'charges', month: 202601, state: 'absent' },
          { table: 'charges', month: 202602, state: 'whole' },
          { table: 'controls', month: 0, state: 'absent' },
        ],
      },
      expect.objectContaining({ fromEntry: 3 }),
    ]);
    expect(await queryRows(ledger.client, `SELECT count() AS n FROM charges WHERE posted_entry = 2`)).toEqual([
      { n: '5' },
    ]);
    await recoverAll([write(1), write(2), write(3)]);
    // Once more, as after an answer that was lost: what was absent is there now.
    await writer.write(write(2));
    expect(await countOf('charges')).toBe(30);
  });

  it('removes what stands there twice', async () => {
    await writer.write(write(1));
    await command(ledger.client, 'INSERT INTO charges SELECT * FROM charges WHERE record_no = 3');
    expect((await writer.verify()).differences).toHaveLength(1);
    await recoverAll([write(1)]);
    expect(await countOf('charges')).toBe(10);
  });

  it('survives a journal whose last line was torn', async () => {
    await writer.write(write(1));
    await writer.close();
    await appendFile(journalPath(), 'deadbeef {"fromEntry":2,"to');
    writer = await openWriter();
    await recoverAll([write(1), write(2)]);
  });

  // A real server cannot be killed from here.
  it.skipIf(process.env['CLICKHOUSE_URL'])(
    'gives each row exactly once after the engine was killed in the middle of writing',
    async () => {
      const writes = Array.from({ length: 40 }, (_, i) => write(i + 1, 4_000));
      let next = 0;
      for (const killAfterMs of [40, 90, 150]) {
        const { pid, exited } = ledger.engine!;
        const running = (async () => {
          for (; next < writes.length; next++) await writer.write(writes[next]!);
        })();
        const failed = expect(running).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
        await wait(killAfterMs);
        process.kill(pid, 'SIGKILL');
        expect(await exited).toBe('SIGKILL');
        await failed;
        await writer.close();
        await ledger.restart();
        writer = await openWriter();
        await writer.recover(0);
      }
      await recoverAll(writes);
      expect([await countOf('charges'), await countOf('controls')]).toEqual([160_000, 40]);
      const [sums] = await queryRows(ledger.client, 'SELECT uniqExact(entry_no, record_no) AS n FROM charges');
      expect(sums).toEqual({ n: '160000' });
    },
    120_000,
  );
});

describe('verifying', () => {
  it('finds rows that no write explains', async () => {
    await writer.write(write(1));
    await command(
      ledger.client,
      'INSERT INTO charges SELECT * REPLACE (99 AS posted_entry) FROM charges WHERE record_no = 1',
    );
    expect((await writer.verify()).differences).toMatchObject([
      { table: 'charges', fromEntry: 99, expected: { rows: 0 }, found: { rows: 1 } },
    ]);
  });

  it('finds an altered amount even when the number of rows is right', async () => {
    await writer.write(write(1));
    await command(
      ledger.client,
      `ALTER TABLE charges UPDATE amount = amount + 0.000001 WHERE record_no = 1 SETTINGS mutations_sync = 2`,
    );
    const { differences } = await writer.verify();
    expect(differences).toMatchObject([
      { month: 202602, found: { amount: '7.500001' }, expected: { amount: '7.500000' } },
    ]);
  });

  it('names parts that the engine has set aside', async () => {
    await writer.write(write(1));
    await command(ledger.client, 'ALTER TABLE charges DETACH PARTITION 202601');
    const { detachedParts, differences } = await writer.verify();
    expect(detachedParts.map(({ table }) => table)).toEqual(['charges']);
    expect(differences).toHaveLength(1);
  });

  it('starts from nothing after a rebuild was asked for', async () => {
    await writer.write(write(1));
    await writer.truncate();
    expect([await countOf('charges'), writer.lastEntry]).toEqual([0, 0]);
    expect(await writer.verify()).toMatchObject({ ...verified, writes: 0 });
    await writer.write(write(1));
    expect(await writer.verify()).toMatchObject({ ...verified, writes: 1 });
  });
});

describe('joining blocks', () => {
  it('adds their totals by table and month and leaves empty ones out', () => {
    const [january, february] = write(1).blocks;
    const empty: LedgerBlock = { ...january!, rows: 0, chunks: [] };
    const merged = mergeBlocks([january!, empty, february!, january!]);
    expect(merged.map(({ month, rows, amountMicros, chunks }) => [month, rows, amountMicros, chunks.length])).toEqual([
      [202601, 10, 14_000_000n, 2],
      [202602, 5, 7_500_000n, 1],
    ]);
    expect(january!.chunks).toHaveLength(1);
  });
});
