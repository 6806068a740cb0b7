/** Losses and net import that tiers price; and what does not divide a cycle. */
import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { settle, settleTogether, TariffBook, type MemberInput, type SettledUsage } from '../../../rating/index.ts';
import { shareOf, type Flow } from '../../../rating/settlement/flows.ts';
import { compileText } from '../support/tariffs.ts';

const bookOf = (period: string) =>
  TariffBook.build([
    compileText(`name: t
effective: 2026-01-01
currency: UAH
timeZone: UTC
service: electricity
tax: { percent: 0, included: true }
rounding: { at: line, mode: half-up, decimals: 2 }
rules: [{ component: own, price: { price: 9, per: 1kWh } }]
period: ${period}
`),
  ]);

const usage = (no: number, date: string, quantity: number): SettledUsage => ({
  identity: String(no).padStart(32, '0'),
  ...{ startMs: Date.parse(`${date}Z`), quantity, quantityUp: 0, zone: '', band: '', version: 't@2026-01-01' },
});

const ALWAYS = [{ tariff: 't', fromMs: null, toMs: null }];

describe('a quantity that goes into tiers', () => {
  it('is divided among parts of a cycle in whole units that add up', () => {
    const days = fc.uniqueArray(fc.integer({ min: 101, max: 464 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), days, (quantity, cuts) => {
        const flow = { quantity, part: { first: 100, end: 465, days: 365 } } as Flow;
        const borders = [90, ...cuts.sort((a, b) => a - b), 500];
        const shares = borders.slice(1).map((end, index) => shareOf(flow, { first: borders[index]!, end }));
        expect(shares.every((one) => Number.isSafeInteger(one) && one >= 0)).toBe(true);
        expect(shares.reduce((sum, one) => sum + one, 0)).toBe(quantity);
      }),
    );
  });

  it('has no price where they do not hold: what nobody prices is not free', () => {
    const book = bookOf(
      '{ losses: [{ component: losses, percent: 10, into: blocks }], ' +
        'tiers: [{ component: blocks, when: { category: a }, steps: [{ price: 1, per: 1kWh }] }] }',
    );
    const middle = Date.UTC(2026, 9, 16);
    const attributes = [
      { name: 'category', value: 'a', fromMs: null, toMs: middle },
      { name: 'category', value: 'b', fromMs: middle, toMs: null },
    ];
    const input = { book, period: '2026-10', assignments: ALWAYS, attributes, posted: [] };
    // 15 of 31 days of 100 Wh are 48.
    expect(() => settle({ ...input, usages: [usage(1, '2026-10-05', 1000)] })).toThrow(/52 base units have no price/);
  });

  it('of each subscription is priced with the account that they share', () => {
    const book = bookOf(
      '{ losses: [{ component: losses, percent: 10, into: blocks }], ' +
        'tiers: [{ component: blocks, scope: account, steps: [{ upTo: 200kWh, price: 1, per: 1kWh }, { price: 2, per: 1kWh }] }] }',
    );
    const members = [1, 2].map((subscription): MemberInput => ({
      ...{ subscription, account: 1, assignments: ALWAYS, attributes: [], posted: [] },
      usages: [usage(subscription, '2026-10-05', 100_000)],
    }));
    // 100 kWh and 10 of losses each: 200 kWh at 1.00 and 20 at 2.00.
    const charges = settleTogether({ book, period: '2026-10', currency: 'UAH', members });
    expect(charges.map(({ component, quantity, amountMicros }) => [component, quantity, amountMicros])).toEqual([
      ['blocks', 220_000, 240_000_000],
    ]);
  });
});

describe('a cycle', () => {
  it('is not divided where the same tariff is assigned anew', () => {
    const book = bookOf('{ demand: [{ component: demand, window: 1h, price: 3, per: 1kW }] }');
    const middle = Date.UTC(2026, 9, 16);
    const assignments = [
      { tariff: 't', fromMs: null, toMs: middle },
      { tariff: 't', fromMs: middle, toMs: null },
    ];
    const usages = [usage(1, '2026-10-05', 10_000), usage(2, '2026-10-20', 4_000)];
    const charges = settle({ book, period: '2026-10', assignments, attributes: [], usages, posted: [] });
    const demand = charges.find(({ component }) => component === 'demand')!;
    expect([demand.quantity, demand.amountMicros]).toEqual([10_000, 30_000_000]);
  });
});
