import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditBySource, auditMoney, turnover, type LedgerClient, type LedgerRow } from '../../../ledger/index.ts';
import { row } from '../rows.ts';
import { openPostedLedger, type PostedLedger } from './posting.ts';

let ledger: PostedLedger;
let client: LedgerClient;
const post: PostedLedger['post'] = (table, rows) => ledger.post(table, rows);

beforeAll(async () => {
  ledger = await openPostedLedger();
  client = ledger.client;
});
afterAll(() => ledger.close());

describe('audit', () => {
  it('adds dispositions per source', async () => {
    const batch = (changes: LedgerRow): LedgerRow => ({
      ...{ entry_no: 1, file_entry: 20, source: 'exchange', accepted_at: 1_000 },
      ...changes,
    });
    await post('batches', [batch({ received: 10, rated: 7, suspended: 3 })]);
    await post('batches', [
      batch({ rated: 2, suspended: -2 }),
      batch({ entry_no: 2, file_entry: 21, received: 5, filtered: 5, accepted_at: 2_000 }),
    ]);
    expect(await auditBySource(client)).toMatchObject([{ source: 'exchange', files: '2', received: '15', rated: '9' }]);
  });

  beforeAll(async () => {
    const charge = {
      service: 'voice',
      view: 'retail',
      amount: '14',
      tax: '0.12',
      quantity: 60_000,
      posting_period: 202601,
    };
    await post('charges', [
      row('charges', { ...charge, currency: 'EUR' }),
      row('charges', { ...charge, currency: 'UZS', service: 'data', kind: 'valuation' }),
      row('charges', { ...charge, currency: 'UZS', amount: '3', posting_period: 202602 }),
      row('charges', { ...charge, currency: 'UZS', amount: '-3.5', sign: -1, posting_period: 202602 }),
    ]);
  });

  it('sums money from rating, ledger and daily sums in the same form', async () => {
    const key = { view: 'retail', service: 'voice', kind: 'record', currency: 'EUR' };
    const sums = { quantity: 60_000, amount: '14' };
    await post('controls', [row('controls', { ...key, ...sums, rows: 1 })]);
    await post('charges_daily', [row('charges_daily', { ...key, ...sums, records: 1 })]);
    const { controls, charges, daily } = await auditMoney(client);
    const line = { ...key, records: '1', quantity: '60000', amount: '14.000000' };
    expect(controls).toEqual([line]);
    expect(daily).toEqual([line]);
    expect(charges).toContainEqual(line);
  });

  it('tells turnover without valuations', async () => {
    const all = await turnover(client);
    expect(all.find(({ currency }) => currency === 'EUR')).toEqual({
      view: 'retail',
      service: 'voice',
      currency: 'EUR',
      charges: '1',
      quantity: '60000',
      amount: '14.000000',
      tax: '0.120000',
    });
    expect(all.some(({ service }) => service === 'data')).toBe(false);
    expect(await turnover(client, 202602)).toMatchObject([{ amount: '-0.500000' }]);
  });
});
