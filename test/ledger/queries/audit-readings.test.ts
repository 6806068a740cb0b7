import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meterSteps, type MeterSteps } from '../../../ledger/index.ts';
import { row } from '../rows.ts';
import { collect, openPostedLedger, type PostedLedger } from './posting.ts';

let ledger: PostedLedger;
const at = (day: number): number => Date.UTC(2026, 0, day);
const E18 = 10n ** 18n;

beforeAll(async () => {
  ledger = await openPostedLedger();
  const reading = (record: number, day: number, digits: number, changes = {}) =>
    row('readings', {
      entry_no: 1,
      record_no: record,
      meter: 'M-1',
      register: '1.8.0',
      kind: 'register',
      start_at: at(day),
      read_at: at(day),
      digits,
      scale: 0,
      ...changes,
    });
  const usage = (entry: number, record: number, quantity: number, changes = {}) =>
    row('charges', { entry_no: entry, record_no: record, view: 'retail', kind: 'valuation', quantity, ...changes });
  await ledger.post('readings', [
    reading(0, 1, 100),
    reading(1, 2, 107),
    reading(2, 3, 99_999),
    reading(3, 4, 3),
    // One decimal more, on another meter, out of order.
    reading(4, 9, 255, { meter: 'M-2', scale: 1 }),
    reading(5, 8, 20, { meter: 'M-2' }),
    reading(6, 2, 7, { meter: 'M-3', kind: 'interval', start_at: at(1) }),
    reading(7, 3, 8, { meter: 'M-3', kind: 'interval', start_at: at(2) }),
  ]);
  // A revision of the second value of M-1.
  await ledger.post('readings', [reading(0, 2, 108, { entry_no: 2 })]);
  await ledger.post('charges', [
    usage(1, 1, 7_000),
    usage(1, 1, -7_000, { sign: -1 }),
    usage(2, 0, 8_000),
    usage(2, 0, 8_000, { view: 'cost' }),
    usage(1, 2, 99_891_000),
    usage(1, 3, 4_000),
    usage(1, 4, 5_500),
    usage(1, 6, 7),
    usage(1, 7, 8),
    usage(1, 7, 1_000_000, { kind: 'settlement' }),
  ]);
});
afterAll(() => ledger.close());

const steps = async (changing: string[] = [], atOnce?: number): Promise<MeterSteps[]> =>
  collect(meterSteps(ledger.client, changing, atOnce));

describe('what meters showed against their usage', () => {
  it('is summed by register and view, with steps that went backwards apart', async () => {
    const plain = { meter: 'M-1', register: '1.8.0', kind: 'register', atMs: 0, scale: 0 };
    expect(await steps()).toEqual([
      // The second value has usage in two views: its step counts in each.
      { ...plain, view: 'cost', steps: 1, shown: 8n * E18, backwards: 0n, usage: 8_000n },
      { ...plain, view: 'retail', steps: 1, shown: -99_996n * E18, backwards: -99_996n * E18, usage: 4_000n },
      { ...plain, view: 'retail', steps: 2, shown: (8n + 99_891n) * E18, backwards: 0n, usage: 99_899_000n },
      {
        ...plain,
        meter: 'M-2',
        view: 'retail',
        steps: 1,
        shown: (11n * E18) / 2n,
        backwards: 0n,
        scale: 1,
        usage: 5_500n,
      },
      {
        ...plain,
        meter: 'M-3',
        kind: 'interval',
        view: 'retail',
        steps: 2,
        shown: 15n * E18,
        backwards: 0n,
        usage: 15n,
      },
    ]);
  });

  it('keeps moments apart for meters whose facts changed', async () => {
    const found = (await steps(['M-2', 'M-3'])).filter(({ meter }) => meter !== 'M-1');
    expect(found.map(({ meter, atMs, shown }) => [meter, atMs, shown])).toEqual([
      ['M-2', at(9), (11n * E18) / 2n],
      ['M-3', at(2), 7n * E18],
      ['M-3', at(3), 8n * E18],
    ]);
  });

  it('is the same in several queries', async () => {
    const order = (rows: MeterSteps[]) => rows.map((one) => Object.values(one).join()).sort();
    expect(order(await steps([], 2))).toEqual(order(await steps()));
  });
});
