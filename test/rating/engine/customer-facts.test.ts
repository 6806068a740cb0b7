/** Rules that ask for the customer, answered by the registry's look-up. */
import { describe, it, expect } from 'vitest';
import { Lookup, type Account, type Attribute, type Subscription } from '../../../registry/index.ts';
import { rateUsage, TariffBook } from '../../../rating/index.ts';
import { columnsOf, compileText } from '../support/tariffs.ts';

const open = { fromMs: null, toMs: null };
const number = (value: string) => ({ kind: 'number' as const, value, ...open });
const attribute = (
  name: string,
  value: string,
  fromMs: number | null = null,
  toMs: number | null = null,
): Attribute => ({
  name,
  value,
  fromMs,
  toMs,
});
const subscription = (no: number, value: string, accountNo: number, attributes: Attribute[]): Subscription => ({
  kind: 'subscription',
  id: `S-${no}`,
  no,
  accountNo,
  usagePoint: false,
  division: 'root',
  identifiers: [number(value)],
  tariffs: [],
  attributes,
});
const account = (no: number, attributes: Attribute[]): Account => ({
  kind: 'account',
  id: `A-${no}`,
  no,
  partyId: 'P',
  currency: 'UAH',
  timeZone: 'Europe/Kyiv',
  division: 'root',
  attributes,
});

const tariff = compileText(`name: t
effective: 2020-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 0, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
rules:
  - { when: { listed: family }, price: { price: 1, per: 1min } }
  - { when: { shares: group }, price: { price: 2, per: 1min } }
  - { when: { attribute: { segment: [gold] } }, price: { price: 3, per: 1min } }
  - { when: { class: call.transit }, price: { price: 4, per: 1min } }
  - { price: { price: 9, per: 1min } }
`);

const JUNE = Date.UTC(2026, 5, 1);
const JULY = Date.UTC(2026, 6, 1);

/** Prices of a minute, in whole units of money. */
function prices(lookup: Lookup, calls: { from: number; to: string; atMs?: number; classNo?: number }[]): number[] {
  const { usage, records } = columnsOf(calls.map(({ to, atMs = JUNE }) => ({ startMs: atMs, quantity: 60_000, to })));
  calls.forEach(({ from, classNo = 0 }, row) => {
    usage.subscriptionNo[row] = from;
    records.classNo[row] = classNo;
  });
  const book = TariffBook.build([tariff]);
  const facts = { classes: ['call.local', 'call.transit'], customers: lookup };
  rateUsage(book, book.bind(['t']), usage, records, 0, usage.count, facts);
  return calls.map((_, row) => usage.amountMicros[row]! / 1e6);
}

describe('rules that ask for the customer', () => {
  const lookup = new Lookup();
  lookup.apply([
    account(1, [attribute('segment', 'gold')]),
    subscription(1, '111', 1, [attribute('family', '555 666', null, JULY), attribute('group', 'g7')]),
    subscription(2, '222', 2, [attribute('group', 'g7 g8')]),
    subscription(3, '333', 1, [attribute('segment', 'basic')]),
    subscription(4, '444', 4, [attribute('group', 'g9')]),
  ]);

  it('knows numbers on a list, for as long as it holds', () => {
    const calls = [
      { from: 1, to: '555' },
      { from: 1, to: '666' },
      { from: 1, to: '5556' },
      { from: 1, to: '555', atMs: JULY - 1 },
      { from: 1, to: '555', atMs: JULY },
    ];
    expect(prices(lookup, calls)).toEqual([1, 1, 3, 1, 3]);
  });

  it('knows who is in the same group', () => {
    const calls = [
      { from: 1, to: '222' },
      { from: 2, to: '111' },
      { from: 1, to: '444' },
      { from: 4, to: '111' },
      { from: 4, to: '999' },
    ];
    expect(prices(lookup, calls)).toEqual([2, 2, 3, 9, 9]);
  });

  it('takes an attribute of the account where the subscription has none of that name', () => {
    expect(
      prices(
        lookup,
        [1, 3, 2].map((from) => ({ from, to: '999' })),
      ),
    ).toEqual([3, 9, 9]);
  });

  it('knows the class of the record', () => {
    expect(prices(lookup, [{ from: 4, to: '999', classNo: 1 }])).toEqual([4]);
  });

  it('forgets what a change took away', () => {
    const changing = new Lookup();
    changing.apply([subscription(1, '111', 1, [attribute('family', '555')])]);
    expect(prices(changing, [{ from: 1, to: '555' }])).toEqual([1]);
    changing.apply([subscription(1, '111', 1, [])]);
    expect(prices(changing, [{ from: 1, to: '555' }])).toEqual([9]);
  });
});
