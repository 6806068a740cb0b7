import { createHash } from 'node:crypto';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queryRows } from '../../ledger/client.ts';
import {
  CANONICAL_COLUMNS,
  createTables,
  encodeRows,
  exportCanonically,
  LedgerWriter,
  reversalOf,
  standingCharges,
  type CanonicalExport,
  type LedgerRow,
} from '../../ledger/index.ts';
import { openTestLedger, type TestLedger } from './harness.ts';
import { row } from './rows.ts';

let ledger: TestLedger;
let writer: LedgerWriter;

beforeEach(async () => {
  ledger = await openTestLedger();
  await createTables(ledger.client);
  writer = await LedgerWriter.open({ client: ledger.client, path: path.join(ledger.folder, 'totals') });
});
afterEach(async () => {
  await writer.close();
  await ledger.close();
});

const id = (n: number): string => n.toString(16).padStart(32, '0');

async function post(entry: number, rows: readonly LedgerRow[]): Promise<void> {
  const posted = rows.map((one) => ({ ...one, posted_entry: entry, entry_no: one['entry_no'] ?? entry }));
  await writer.write({ fromEntry: entry, toEntry: entry, blocks: encodeRows('charges', posted) });
}

/** Charge n as an installation sees it that numbers accounts from `firstAccount`. */
const charge = (n: number, firstAccount: number, changes: LedgerRow = {}): LedgerRow => {
  const all = row('charges', {
    record_no: n * 3,
    account_no: firstAccount + (n % 3),
    subscription_no: firstAccount + 10 + (n % 3),
    start_at: Date.UTC(2026, n % 2, 10) + n,
    identity: id(n),
    amount: `${n}.5`,
    party: `p\t${n}\n`,
    ...changes,
  });
  delete (all as Record<string, unknown>)['entry_no'];
  return all;
};

const idsFrom = (firstAccount: number): Parameters<typeof exportCanonically>[1] => ({
  accounts: [0, 1, 2].map((i) => [firstAccount + i, `A-${9 - i}`] as const),
  subscriptions: [0, 1, 2].map((i) => [firstAccount + 10 + i, `S-${i}`] as const),
});

async function exported(firstAccount: number): Promise<CanonicalExport & { lines: string[][] }> {
  const output = new PassThrough();
  const read = text(output);
  const result = await exportCanonically(ledger.client, idsFrom(firstAccount), output);
  output.end();
  const content = await read;
  expect(createHash('sha256').update(content).digest('hex')).toBe(result.sha256);
  expect(Buffer.byteLength(content)).toBe(result.bytes);
  const lines = content.split('\n').slice(0, -1);
  return { ...result, lines: lines.map((line) => line.split('\t')) };
}

describe('the canonical export', () => {
  it('is the same for the same charges in another order, other entries and other dense numbers', async () => {
    const numbers = Array.from({ length: 60 }, (_, i) => i);
    await post(
      1,
      numbers.map((n) => charge(n, 5)),
    );
    const first = await exported(5);
    await writer.truncate();
    const shuffled = [...numbers].sort((a, b) => ((a * 37) % 61) - ((b * 37) % 61));
    for (let i = 0; i < 60; i += 13)
      await post(
        100 + i,
        shuffled.slice(i, i + 13).map((n) => charge(n, 400, { record_no: n })),
      );
    const second = await exported(400);
    expect([second.sha256, second.rows]).toEqual([first.sha256, 60]);
  });

  it('differs when any business column differs', async () => {
    await post(1, [charge(1, 5)]);
    const hashes = new Set([(await exported(5)).sha256]);
    const other: LedgerRow[] = [
      ...[{ amount: '1.500001' }, { tax: '7' }, { quantity: 9 }, { quantity_up: 9 }, { billed: 9 }, { charge_no: 9 }],
      ...[{ zone: 'x' }, { band: 'x' }, { tariff: 'x' }, { component: 'x' }, { currency: 'x' }, { party: 'x' }],
      ...[{ other_party: 'x' }, { view: 'x' }, { service: 'x' }, { kind: 'valuation' }, { identity: id(9) }],
      ...[{ start_at: 1 }, { end_at: 1 }, { service_period: 9 }, { posting_period: 9 }, { account_no: 5 }],
      { subscription_no: 15 },
    ];
    for (const changes of other) {
      await writer.truncate();
      await post(1, [charge(1, 5, changes)]);
      hashes.add((await exported(5)).sha256);
    }
    expect(hashes.size).toBe(other.length + 1);
  });

  it('stands in order of outside account, start, identity and charge, with fixed forms', async () => {
    await post(1, [
      charge(4, 5),
      charge(2, 5),
      charge(3, 5),
      charge(1, 5, { charge_no: 2 }),
      charge(1, 5, { charge_no: 1 }),
    ]);
    const { lines } = await exported(5);
    expect(lines.map((line) => [line[0], line[2], line[3]])).toEqual([
      ['A-7', id(2), '1'],
      ['A-8', id(4), '1'],
      ['A-8', id(1), '1'],
      ['A-8', id(1), '2'],
      ['A-9', id(3), '1'],
    ]);
    const fields = Object.fromEntries(CANONICAL_COLUMNS.map((name, i) => [name, lines[0]![i]]));
    expect(fields).toMatchObject({
      account: 'A-7',
      subscription: 'S-2',
      start_ms: String(Date.UTC(2026, 0, 10) + 2),
      amount: '2.500000',
      party: 'p\\t2\\n',
      count: '1',
    });
  });

  it('shows what stands: a reversed charge is gone, a corrected one is there once', async () => {
    await post(1, [charge(1, 5), charge(2, 5), charge(3, 5)]);
    const [one, two] = await standingCharges(ledger.client, [id(1), id(2)], 10);
    const [first, second] = one!['identity'] === id(1) ? [one!, two!] : [two!, one!];
    await post(2, [reversalOf(first, 0, 209901), reversalOf(second, 0, 209901), { ...second, amount: '9' }]);
    const corrected = await exported(5);
    expect(corrected.lines.map((line) => [line[2], line[19], line.at(-1)])).toEqual([
      [id(2), '9.000000', '1'],
      [id(3), '3.500000', '1'],
    ]);
    await writer.truncate();
    await post(7, [charge(3, 5), charge(2, 5, { amount: '9' })]);
    expect((await exported(5)).sha256).toBe(corrected.sha256);
  });

  it('leaves no table behind, and says nothing for an empty ledger', async () => {
    expect(await exported(5)).toMatchObject({ rows: 0, bytes: 0 });
    const tables = await queryRows(ledger.client, `SELECT name FROM system.tables WHERE name LIKE 'canonical%'`);
    expect(tables).toEqual([]);
  });
});
