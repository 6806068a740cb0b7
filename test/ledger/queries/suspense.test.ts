import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  countSuspense,
  listReadings,
  listSuspense,
  openSuspense,
  suspenseBytes,
  type LedgerClient,
  type LedgerRow,
} from '../../../ledger/index.ts';
import { row } from '../rows.ts';
import { openPostedLedger, collect, type PostedLedger } from './posting.ts';

let ledger: PostedLedger;
let client: LedgerClient;
const post: PostedLedger['post'] = (table, rows) => ledger.post(table, rows);

beforeAll(async () => {
  ledger = await openPostedLedger();
  client = ledger.client;
});
afterAll(() => ledger.close());

describe('suspense', () => {
  const raw = Buffer.from([0, 255, 10, 10, 39, 92, 0xd0]);
  const waiting = (record: number, changes: LedgerRow = {}): LedgerRow =>
    row('suspense', { entry_no: 5, record_no: record, code: 'NO_ACCOUNT', resolution: '', bytes: raw, ...changes });

  let resolvedBy = 0;

  beforeAll(async () => {
    await post('suspense', [waiting(1), waiting(2, { code: 'BAD_DATE' }), waiting(3), waiting(4, { source: 'other' })]);
    // 2 was resolved; 3 was tried again and waits for another reason now.
    resolvedBy = await post('suspense', [
      waiting(2, { state: 'resolved', resolution: 'rated', code: '', bytes: '' }),
      waiting(3, { code: 'NO_TARIFF' }),
    ]);
  });

  it('lists what waits now, with the reason it waits for now', async () => {
    const first = await listSuspense(client, { limit: 2 });
    expect(first.items.map(({ address, code }) => [address, code])).toEqual([
      ['5.1', 'NO_ACCOUNT'],
      ['5.3', 'NO_TARIFF'],
    ]);
    const rest = await listSuspense(client, { limit: 2, cursor: first.next! });
    expect(rest).toMatchObject({ items: [{ address: '5.4', lengthBytes: raw.length, byteOffset: '1' }] });
    expect(rest.next).toBeUndefined();
    const codes = async (code: string): Promise<number> =>
      (await listSuspense(client, { code, limit: 9 })).items.length;
    expect([await codes('NO_ACCOUNT'), await codes('NO_TARIFF'), await codes('BAD_DATE')]).toEqual([2, 1, 0]);
    expect(await countSuspense(client)).toEqual([
      { code: 'NO_ACCOUNT', source: 'a source', records: '1' },
      { code: 'NO_ACCOUNT', source: 'other', records: '1' },
      { code: 'NO_TARIFF', source: 'a source', records: '1' },
    ]);
  });

  it('gives the bytes back as they arrived', async () => {
    expect(await suspenseBytes(client, '5.2')).toEqual(raw);
    expect(await suspenseBytes(client, '5.9')).toBeUndefined();
    const [one] = await collect(openSuspense(client, { address: '5.3' }));
    expect([one!.bytes, one!.code]).toEqual([raw, 'NO_TARIFF']);
    expect(await collect(openSuspense(client, { code: 'NO_ACCOUNT' }))).toHaveLength(2);
  });

  it('computed again as of an earlier entry is what it was then', async () => {
    const then = await collect(openSuspense(client, { beforeEntry: resolvedBy }));
    expect(then.map(({ address }) => address)).toEqual(['5.1', '5.2', '5.3', '5.4']);
  });
});

describe('readings', () => {
  it('come by meter, register and time, revisions behind what they revise', async () => {
    const reading = (day: number, changes: LedgerRow = {}): LedgerRow =>
      row('readings', { subscription_no: 9, read_at: Date.UTC(2026, 0, day), digits: day * 10, ...changes });
    await post('readings', [
      reading(2),
      reading(1),
      reading(1, { register: 'night' }),
      reading(3, { subscription_no: 10 }),
    ]);
    await post('readings', [reading(1, { digits: -9007199254740993n, quality: 'actual' })]);
    const found = await listReadings(client, {
      subscriptionNo: 9,
      fromMs: Date.UTC(2026, 0, 1),
      toMs: Date.UTC(2026, 0, 31),
      limit: 10,
    });
    expect(found.map(({ register, readMs, digits }) => [register, new Date(readMs).getUTCDate(), digits])).toEqual([
      ['a register', 1, '10'],
      ['a register', 1, '-9007199254740993'],
      ['a register', 2, '20'],
      ['night', 1, '10'],
    ]);
  });
});
