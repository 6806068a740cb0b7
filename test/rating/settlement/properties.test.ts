import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import {
  settleTogether,
  TariffBook,
  type MemberInput,
  type PostedLine,
  type SettledUsage,
  type SettlementCharge,
} from '../../../rating/index.ts';
import { compileText } from '../support/tariffs.ts';

/** A tariff with something of everything, for two lines of one account. */
const tariff = compileText(`name: all
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: electricity
tax: { percent: 20, included: false }
rounding: { at: line, mode: half-even, decimals: 2 }
registers: { a: ['a'], b: ['b'], in: ['in'], out: ['out'] }
rules: [{ component: own, price: { price: 0.333, per: 1kWh } }]
period:
  fees: [{ component: fee, amount: 10.00 }, { component: shared-fee, amount: 7.77, scope: account }]
  allowances:
    - { component: pool, quantity: 30kWh, bands: [a, b], scope: account, rollover: { cycles: 1 } }
  tiers:
    - component: blocks
      bands: b
      scope: account
      steps: [{ upTo: 20kWh, price: 1, per: 1kWh }, { upTo: 50kWh, price: 2, per: 1kWh }, { price: 4, per: 1kWh }]
    - { component: excise, adds: true, steps: [{ price: 0.0283, per: 1kWh }] }
  net: [{ component: net, import: in, export: out, price: 0.5, per: 1kWh }]
  demand: [{ component: demand, bands: a, price: 3, per: 1kW }]
  discounts: [{ component: less, percent: 12.5, of: [own, blocks] }]
  benefits: [{ component: help, payer: budget, attribute: help, categories: { full: 100 }, of: own }]
  commitments: [{ component: most, maximum: 500 }]
`);
const book = TariffBook.build([tariff]);
const BANDS = ['a', 'b', 'in', 'out'];

type Drawn = [member: number, day: number, band: number, watthours: number];
const drawn = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 1, max: 61 }),
    fc.integer({ min: 0, max: 3 }),
    fc.nat({ max: 60_000 }),
  ),
  { maxLength: 14 },
);

function usageOf([, day, band, quantity]: Drawn, no: number): SettledUsage {
  const startMs = Date.UTC(2026, 8, day, (no * 7) % 20);
  const identity = ((no * 7919) % 1009).toString(16).padStart(32, '0');
  return { identity, startMs, quantity, quantityUp: 0, zone: '', band: BANDS[band]!, version: 'all@2026-01-01' };
}

/** `null`: has not arrived yet. */
function settle(list: readonly (Drawn | null)[], posted: readonly SettlementCharge[] = []): SettlementCharge[] {
  const members = [1, 2].map((subscription): MemberInput => ({
    subscription,
    account: 1,
    assignments: [{ tariff: 'all', fromMs: null, toMs: null }],
    attributes: subscription === 1 ? [{ name: 'help', value: 'full', fromMs: null, toMs: null }] : [],
    usages: list.flatMap((one, no) => (one !== null && one[0] === subscription ? [usageOf(one, no)] : [])),
    posted: posted.filter((one) => one.subscription === subscription) as PostedLine[],
  }));
  return settleTogether({ book, period: '2026-10', currency: 'UAH', members });
}

const keyOf = (one: SettlementCharge) =>
  [one.subscription, one.component, one.zone, one.band, one.payer, one.cycle].join('/');

/** What stands, by line; lines that cancel out are gone. */
function net(charges: readonly SettlementCharge[]): Map<string, number[]> {
  const sums = new Map<string, number[]>();
  for (const one of charges) {
    const before = sums.get(keyOf(one)) ?? [0, 0, 0];
    const more = [one.quantity, one.amountMicros, one.taxMicros];
    sums.set(
      keyOf(one),
      before.map((value, index) => value + more[index]!),
    );
  }
  return new Map([...sums].filter(([, values]) => values.some((value) => value !== 0)));
}

describe('whatever was used', () => {
  it('settling twice posts nothing', () => {
    fc.assert(
      fc.property(drawn, (list) => settle(list, settle(list)).length === 0),
      { numRuns: 60 },
    );
  });

  it('order and batches of arrival do not change what stands in the end', () => {
    const cuts = fc.array(fc.nat({ max: 14 }), { maxLength: 3 });
    fc.assert(
      fc.property(drawn, cuts, fc.boolean(), (list, borders, backwards) => {
        const numbered = list.map((one, no) => [one, no] as const);
        const posted: SettlementCharge[] = [];
        const arrival = backwards ? [...numbered].reverse() : numbered;
        for (const end of [...borders.sort((a, b) => a - b), arrival.length]) {
          const known = new Set(arrival.slice(0, end).map(([, no]) => no));
          const here = list.map((one, no): Drawn | null => (known.has(no) ? one : null));
          posted.push(...settle(here, posted));
        }
        expect(net(posted)).toEqual(net(settle(list)));
      }),
      { numRuns: 60 },
    );
  });

  it('what is taken back altogether cancels to nothing but what does not depend on usage', () => {
    fc.assert(
      fc.property(drawn, (list) => {
        const posted = settle(list);
        const standing = net([...posted, ...settle([], posted)]);
        expect(standing).toEqual(net(settle([])));
      }),
      { numRuns: 60 },
    );
  });

  it('no allowance gives more than it has, and what it gives and what is paid are all that was used', () => {
    fc.assert(
      fc.property(drawn, (list) => {
        const charges = settle(list);
        const of = (...names: string[]) =>
          charges.filter((one) => names.includes(one.component)).reduce((sum, one) => sum + one.quantity, 0);
        const october = list.filter(([, day, band]) => day > 30 && band < 2);
        const used = october.reduce((sum, [, , , quantity]) => sum + quantity, 0);
        expect(of('pool')).toBeGreaterThanOrEqual(0);
        // Its own 30 kWh, and what September left of as many.
        expect(of('pool')).toBeLessThanOrEqual(60_000);
        expect(of('pool') + of('own') + of('blocks')).toBe(used);
      }),
      { numRuns: 60 },
    );
  });

  it('what the budget pays is what the subscriber does not', () => {
    fc.assert(
      fc.property(drawn, (list) => {
        const help = settle(list).filter(({ component }) => component === 'help');
        expect(help.reduce((sum, one) => sum + one.amountMicros, 0)).toBe(0);
        expect(help.reduce((sum, one) => sum + one.taxMicros, 0)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('each amount is a multiple of what it is rounded to', () => {
    fc.assert(
      fc.property(drawn, (list) =>
        settle(list).every(({ amountMicros, taxMicros }) => amountMicros % 10_000 === 0 && taxMicros % 10_000 === 0),
      ),
      { numRuns: 40 },
    );
  });
});
