import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import {
  multiplierFactor,
  settleTogether,
  TariffBook,
  type MemberInput,
  type SettledUsage,
  type SettlementCharge,
} from '../../../rating/index.ts';
import { compileText } from '../support/tariffs.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const day = (month: number, of: number) => Date.UTC(2026, month - 1, of);

interface Kind {
  effective?: string;
  price?: string;
  tax?: string;
  period?: string;
  name?: string;
}

function gas({ effective = '2026-01-01', price = '10', tax = '20', period = 'split: days', name = 'gas' }: Kind = {}) {
  return compileText(`name: ${name}
effective: ${effective}
currency: UAH
timeZone: UTC
service: gas
tax: { percent: ${tax}, included: false }
rounding: { at: line, mode: half-up, decimals: 2 }
rules: [{ price: { price: ${price}, per: 1m3 } }]
period: { ${period} }
`);
}

function reading(from: number, to: number, litres: number, more: Partial<SettledUsage> = {}): SettledUsage {
  return {
    identity: '1'.padStart(32, '0'),
    startMs: from,
    endMs: to,
    quantity: litres,
    quantityUp: 0,
    zone: '',
    band: '',
    version: 'gas@2026-01-01',
    ...more,
  };
}

function member(usages: SettledUsage[], more: Partial<MemberInput> = {}): MemberInput {
  return {
    subscription: 1,
    account: 1,
    assignments: [{ tariff: 'gas', fromMs: null, toMs: null }],
    attributes: [],
    usages,
    posted: [],
    ...more,
  };
}

const settle = (tariffs: Parameters<typeof TariffBook.build>[0], period: string, ...members: MemberInput[]) =>
  settleTogether({ book: TariffBook.build(tariffs), period, currency: null, members });
const brief = (charges: SettlementCharge[]) =>
  charges.map((one) => [one.version.slice(4), one.quantity, one.amountMicros / 1e6, one.taxMicros / 1e6]);

describe('usage over a border that no reading divides', () => {
  it('has each part at its own price and its own tax when the tariff changes in the middle', () => {
    const tariffs = [gas(), gas({ effective: '2026-10-11', price: '20', tax: '10' })];
    const charges = settle(tariffs, '2026-10', member([reading(day(10, 1), day(10, 31), 3000)]));
    expect(brief(charges)).toEqual([
      ['2026-01-01', 1000, 12, 2],
      ['2026-10-11', 2000, 44, 4],
    ]);
  });

  it('stays whole, at the price of its start, when the tariff does not divide it', () => {
    const whole = 'split: none';
    const tariffs = [gas({ period: whole }), gas({ effective: '2026-10-11', price: '20', period: whole })];
    const charges = settle(tariffs, '2026-10', member([reading(day(10, 1), day(10, 31), 3000)]));
    expect(brief(charges)).toEqual([['2026-01-01', 3000, 36, 6]]);
  });

  it('is divided by the readings at the border where there are any', () => {
    const tariffs = [gas(), gas({ effective: '2026-10-11', price: '20' })];
    const usages = [
      reading(day(10, 1), day(10, 11), 2500),
      reading(day(10, 11), day(10, 31), 500, { version: 'gas@2026-10-11', identity: '2'.padStart(32, '0') }),
    ];
    expect(brief(settle(tariffs, '2026-10', member(usages)))).toEqual([
      ['2026-01-01', 2500, 30, 5],
      ['2026-10-11', 500, 12, 2],
    ]);
  });

  it('is divided by its intervals where there are any', () => {
    const tariffs = [gas(), gas({ effective: '2026-10-11', price: '20' })];
    const usages = Array.from({ length: 48 }, (_, hour) =>
      reading(day(10, 10) + hour * HOUR, day(10, 10) + (hour + 1) * HOUR, hour < 24 ? 100 : 10, {
        identity: hour.toString(16).padStart(32, '0'),
        version: hour < 24 ? 'gas@2026-01-01' : 'gas@2026-10-11',
      }),
    );
    expect(brief(settle(tariffs, '2026-10', member(usages))).map(([, quantity]) => quantity)).toEqual([2400, 240]);
  });

  it('belongs to the tariff that the subscription had on each day', () => {
    const tariffs = [gas(), gas({ name: 'new', price: '1' })];
    const assignments = [
      { tariff: 'gas', fromMs: null, toMs: day(10, 11) },
      { tariff: 'new', fromMs: day(10, 11), toMs: null },
    ];
    const charges = settle(tariffs, '2026-10', member([reading(day(10, 1), day(10, 31), 3000)], { assignments }));
    expect(charges.map(({ version, quantity }) => [version, quantity])).toEqual([
      ['gas@2026-01-01', 1000],
      ['new@2026-01-01', 2000],
    ]);
  });

  it('belongs to both owners of the meter, and to both multipliers', () => {
    const [whole, border] = [{ from: day(10, 1), to: day(10, 31) }, day(10, 11)];
    const one = multiplierFactor(1, 1);
    const parts = (factors: [typeof one, typeof one]) =>
      [
        { fromMs: whole.from, toMs: border, factor: factors[0] },
        { fromMs: border, toMs: whole.to, factor: factors[1] },
      ].map((within, index) =>
        member([reading(whole.from, whole.to, 3000, { within })], { subscription: index + 1, account: index + 1 }),
      );
    const quantities = (members: MemberInput[]) => settle([gas()], '2026-10', ...members).map((one) => one.quantity);
    expect(quantities(parts([one, one]))).toEqual([1000, 2000]);
    // 3000 were made with the multiplier 40; before the 11th it was 20.
    expect(quantities(parts([multiplierFactor(20, 40), one]))).toEqual([500, 2000]);
  });

  it('adds up to the whole over months, owners and versions, to the last litre', () => {
    const tariffs = [
      gas(),
      gas({ effective: '2026-11-05', price: '20' }),
      gas({ effective: '2026-12-01', price: '5' }),
    ];
    const span = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 80 }));
    fc.assert(
      fc.property(span, fc.nat({ max: 10_000_000 }), fc.integer({ min: 1, max: 50 * 24 }), (days, litres, border) => {
        const from = day(10, 1) + days[0] * DAY + 7 * HOUR;
        const to = from + days[1] * DAY + 5 * HOUR;
        const change = day(10, 5) + border * HOUR;
        const one = multiplierFactor(1, 1);
        const members = [
          { fromMs: -Infinity, toMs: change, factor: one },
          { fromMs: change, toMs: Infinity, factor: one },
        ].map((within, index) =>
          member([reading(from, to, litres, { within })], { subscription: index + 1, account: index + 1 }),
        );
        const months = ['2026-10', '2026-11', '2026-12', '2027-01', '2027-02'];
        const charges = months.flatMap((month) => settle(tariffs, month, ...members));
        expect(charges.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(litres);
      }),
      { numRuns: 60 },
    );
  });
});
