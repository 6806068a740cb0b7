import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accountedEntries,
  auditRecords,
  periodRecords,
  periodSums,
  ratedAgainstCharges,
  suspendedAgainstSuspense,
  waitingAsOf,
  type LedgerRow,
} from '../../../ledger/index.ts';
import { row } from '../rows.ts';
import { openPostedLedger, type PostedLedger } from './posting.ts';

let ledger: PostedLedger;
const HOUR = 3_600_000;
const TEN = Date.UTC(2026, 0, 15, 10);
const none = {
  ...{ received: 0, rated: 0, absorbed: 0, duplicate: 0, superseded: 0, filtered: 0, rejected: 0, suspended: 0 },
  written_off: 0,
};
const batch = (entry: number, changes: LedgerRow): LedgerRow => ({
  ...none,
  ...{ entry_no: entry, file_entry: 1, source: 'exchange', accepted_at: TEN },
  ...changes,
});
const suspended = (entry: number, record: number, changes: LedgerRow = {}): LedgerRow =>
  row('suspense', { entry_no: entry, record_no: record, source: 'exchange', state: 'suspended', ...changes });
const charge = (entry: number, record: number, changes: LedgerRow = {}): LedgerRow =>
  row('charges', {
    ...{ entry_no: entry, record_no: record, charge_no: 0, view: 'retail', service: 'voice', kind: 'record' },
    ...{ currency: 'UAH', amount: '2.5', quantity: 60 },
    ...changes,
  });

// Entries 1 to 7 are posted in this order; the numbers below are theirs.
beforeAll(async () => {
  ledger = await openPostedLedger();
  await ledger.post('batches', [batch(1, { received: 4, rated: 2, suspended: 2 })]);
  await ledger.post('batches', [
    batch(2, { received: 3, duplicate: 3, source: 'meters', file_entry: 2, accepted_at: TEN + HOUR }),
  ]);
  await ledger.post('batches', [batch(1, { rated: 1, suspended: -1 })]);
  await ledger.post('suspense', [suspended(1, 0), suspended(1, 1)]);
  await ledger.post('suspense', [suspended(1, 0, { state: 'resolved', resolution: 'rated' })]);
  await ledger.post('charges', [
    charge(1, 2),
    charge(1, 2, { charge_no: 1, view: 'cost', amount: '1' }),
    charge(1, 3),
    charge(1, 3, { sign: -1, amount: '-2.5', quantity: -60 }),
    charge(1, 3, { charge_no: 64, amount: '3', quantity: 70 }),
  ]);
  await ledger.post('charges', [charge(1, 0), charge(9, 0, { kind: 'settlement' })]);
});
afterAll(() => ledger.close());

describe('records by where and when they came', () => {
  it('are summed by file, source, and hour of acceptance', async () => {
    const { client } = ledger;
    expect(await auditRecords(client, 'file')).toMatchObject([
      { source: 'exchange', fileEntry: 1, hourMs: 0, received: '4', rated: '3', suspended: '1' },
      { source: 'meters', fileEntry: 2, received: '3', duplicate: '3' },
    ]);
    expect(await auditRecords(client, 'hour')).toMatchObject([
      { source: 'exchange', fileEntry: 0, hourMs: TEN, received: '4' },
      { source: 'meters', hourMs: TEN + HOUR, received: '3' },
    ]);
    expect((await auditRecords(client, 'source')).map(({ source }) => source)).toEqual(['exchange', 'meters']);
  });

  it('can be limited to a source and to hours', async () => {
    const { client } = ledger;
    const sources = async (filter: Parameters<typeof auditRecords>[2]) =>
      (await auditRecords(client, 'source', filter)).map(({ source }) => source);
    expect(await sources({ source: 'meters' })).toEqual(['meters']);
    expect(await sources({ fromMs: TEN, toMs: TEN + HOUR })).toEqual(['exchange']);
    expect(await sources({ fromMs: TEN + 1 })).toEqual(['meters']);
  });
});

describe('cross-checks between tables', () => {
  it('tell which entries have accounted for their records, bit by bit', async () => {
    expect(await accountedEntries(ledger.client, 9)).toEqual([{ bucket: 0, entries: 0b110n, rows: 2 }]);
    expect(await accountedEntries(ledger.client, 1)).toEqual([{ bucket: 0, entries: 0b10n, rows: 1 }]);
  });

  it('close when rated records have standing charges and suspended ones wait', async () => {
    expect(await ratedAgainstCharges(ledger.client)).toEqual({ total: 0, examples: [] });
    expect(await suspendedAgainstSuspense(ledger.client)).toEqual({ total: 0, examples: [] });
  });

  it('name the entries whose tables disagree', async () => {
    await ledger.post('charges', [charge(3, 0), charge(1, 1)]);
    await ledger.post('batches', [batch(5, { suspended: 2, received: 2 })]);
    expect(await ratedAgainstCharges(ledger.client)).toEqual({
      total: 2,
      examples: [
        { entryNo: 1, difference: -1 },
        { entryNo: 3, difference: -1 },
      ],
    });
    expect(await suspendedAgainstSuspense(ledger.client)).toEqual({
      total: 2,
      examples: [{ entryNo: 5, difference: 2 }],
    });
  });
});

describe('a run of entries', () => {
  it('has movements, and what waited before it', async () => {
    const { client } = ledger;
    expect(await periodRecords(client, 1, 2)).toMatchObject([
      { source: 'exchange', opening: '0', received: '4', rated: '2', suspended: '2' },
      { source: 'meters', opening: '0', received: '3', duplicate: '3' },
    ]);
    expect(await periodRecords(client, 3, 3)).toMatchObject([
      { source: 'exchange', opening: '2', received: '0', rated: '1', suspended: '-1' },
      { source: 'meters', opening: '0', received: '0' },
    ]);
  });

  it('has a number of records that wait at its end, told by the suspense table', async () => {
    const at = async (entry: number) => Object.fromEntries(await waitingAsOf(ledger.client, entry));
    expect([await at(3), await at(4), await at(5)]).toEqual([{}, { exchange: 2 }, { exchange: 1 }]);
  });

  it('has units and money before and in it', async () => {
    const sums = await periodSums(ledger.client, 7, 7);
    const retail = { view: 'retail', service: 'voice', kind: 'record', currency: 'UAH' };
    expect(sums).toContainEqual({
      ...retail,
      ...{ openingCharges: '2', charges: '1', openingQuantity: '130', quantity: '60' },
      ...{ openingAmount: '5.500000', amount: '2.500000' },
    });
    expect(sums.find(({ view }) => view === 'cost')).toMatchObject({
      openingCharges: '1',
      charges: '0',
      amount: '0.000000',
    });
  });
});
