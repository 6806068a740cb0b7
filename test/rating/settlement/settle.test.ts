import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import {
  settle,
  TariffBook,
  type SettledUsage,
  type SettlementCharge,
  type TariffSpanInput,
} from '../../../rating/index.ts';
import { callTariff, compileText } from '../support/tariffs.ts';

const PERIOD = `period:
  fees: [{ component: rental, amount: 31.00 }]
  allowances: [{ component: free, quantity: 100min }]
`;
const price = '{ price: 0.10, per: 1min, first: 60s, then: 60s }';
const tariff = compileText(callTariff(price, { rest: PERIOD, rounding: '{ at: line, mode: half-up, decimals: 2 }' }));
const book = TariffBook.build([tariff]);
const always: TariffSpanInput[] = [{ tariff: 'calls', fromMs: null, toMs: null }];
const MINUTE = 60_000;

function call(no: number, day: number, minutes: number, version = 'calls@2020-01-01'): SettledUsage {
  return {
    identity: no.toString(16).padStart(32, '0'),
    startMs: Date.UTC(2026, 9, day, 9),
    quantity: minutes * MINUTE,
    quantityUp: 0,
    zone: '',
    band: '',
    version,
  };
}

const settleOctober = (usages: SettledUsage[], posted: SettlementCharge[] = [], of = book, assignments = always) =>
  settle({ book: of, period: '2026-10', assignments, usages, posted });
const brief = (charges: SettlementCharge[]) =>
  charges.map((charge) => [charge.component, charge.quantity / MINUTE, charge.amountMicros / 1e6]);
const sumOf = (charges: SettlementCharge[]) => charges.reduce((sum, charge) => sum + charge.amountMicros, 0);

describe('settling a month', () => {
  it('posts the fee, the minutes that are free and those that are not', () => {
    const charges = settleOctober([call(1, 5, 60), call(2, 6, 60), call(3, 7, 60)]);
    expect(brief(charges)).toEqual([
      ['rental', 0, 31],
      ['free', 100, 0],
      ['usage', 80, 8],
    ]);
    expect(charges.map((charge) => charge.taxMicros / 1e6)).toEqual([5.17, 0, 1.33]);
    expect(charges[1]!.covers.list.map(({ quantity }) => quantity / MINUTE)).toEqual([60, 40]);
    expect(charges[2]!.covers.list.map(({ quantity }) => quantity / MINUTE)).toEqual([20, 60]);
    expect(charges[2]!.covers).toMatchObject({ count: 2 });
    expect(charges[2]!.steps.map((step) => step.text).join(' ')).toContain('Exact sum 8.00 UAH');
  });

  it('posts nothing the second time', () => {
    const usages = [call(1, 5, 60), call(2, 6, 60)];
    expect(settleOctober(usages, settleOctober(usages))).toEqual([]);
  });

  it('posts the difference that late usage makes, and moves the free minutes to it', () => {
    const [early, late] = [call(2, 6, 120), call(1, 5, 30)];
    const first = settleOctober([early]);
    expect(brief(first)).toEqual([
      ['rental', 0, 31],
      ['free', 100, 0],
      ['usage', 20, 2],
    ]);
    const second = settleOctober([early, late], first);
    expect(brief(second)).toEqual([['usage', 30, 3]]);
    expect(second[0]!.total).toEqual({ quantity: 50 * MINUTE, amountMicros: 5_000_000, taxMicros: 830_000 });
    expect(second[0]!.covers.list).toEqual([{ identity: early.identity, quantity: 50 * MINUTE }]);
    expect(sumOf([...first, ...second])).toBe(sumOf(settleOctober([late, early])));
    expect(settleOctober([early, late], [...first, ...second])).toEqual([]);
  });

  it('takes back what nothing supports any more', () => {
    const posted = settleOctober([call(1, 5, 130)]);
    expect(brief(settleOctober([], posted))).toEqual([
      ['free', -100, 0],
      ['usage', -30, -3],
    ]);
  });

  it('rounds the line once, or each record, as the tariff says', () => {
    const calls = Array.from({ length: 10 }, (_, no) => call(no, 5, 1));
    const usageOf = (at: string) => {
      const text = callTariff('{ price: 0.014, per: 1min }', {
        rounding: `{ at: ${at}, mode: half-up, decimals: 2 }`,
        rest: at === 'record' ? 'period: { allowances: [{ component: free, quantity: 1s }] }' : '',
      });
      return settleOctober(calls, [], TariffBook.build([compileText(text)])).find(
        ({ component }) => component === 'usage',
      )!;
    };
    expect(usageOf('line').amountMicros).toBe(140_000);
    // 59 s of the first call and nine whole ones: each is 0.014 or less, and rounds to 0.01.
    expect(usageOf('record').amountMicros).toBe(100_000);
  });

  it('charges setup and minimum only where nothing is free', () => {
    const text = callTariff('{ price: 0.10, per: 1min, setup: 0.50, minimum: 2.00 }', {
      rounding: '{ at: line, mode: half-up, decimals: 2 }',
      rest: 'period: { allowances: [{ component: free, quantity: 10min }] }',
    });
    const of = TariffBook.build([compileText(text)]);
    const amounts = (usages: SettledUsage[]) => brief(settleOctober(usages, [], of));
    expect(amounts([call(1, 5, 10)])).toEqual([['free', 10, 0]]);
    expect(amounts([call(1, 5, 12)])).toEqual([
      ['free', 10, 0],
      ['usage', 2, 0.2],
    ]);
    expect(amounts([call(1, 5, 10), call(2, 6, 2)])).toEqual([
      ['free', 10, 0],
      ['usage', 2, 2],
    ]);
    expect(amounts([call(1, 5, 10), call(2, 6, 0)])).toEqual([
      ['free', 10, 0],
      ['usage', 0, 0.5],
    ]);
  });

  it('refuses what is no month and tariffs it does not know', () => {
    expect(() => settle({ book, period: '2026-13', assignments: [], usages: [], posted: [] })).toThrow('no month');
    expect(() => settleOctober([call(1, 1, 1, 'calls@1999-01-01')])).toThrow('not published');
    expect(() => settleOctober([], [], book, [{ tariff: 'other', fromMs: null, toMs: null }])).toThrow('not published');
  });
});

describe('a part of a month', () => {
  const kyiv = (day: number, hour = 0) => Date.UTC(2026, 9, day, hour) - 3 * 3_600_000;

  it('has its share of the fee and of the allowance, by days', () => {
    const from = [{ tariff: 'calls', fromMs: kyiv(22, 15), toMs: null }];
    expect(brief(settleOctober([call(1, 25, 60)], [], book, from))).toEqual([
      ['rental', 0, 10],
      // 10 of 31 days of 100 minutes, to the millisecond.
      ['free', 1_935_484 / MINUTE, 0],
      ['usage', (60 * MINUTE - 1_935_484) / MINUTE, 2.77],
    ]);
    expect(brief(settleOctober([], [], book, [{ tariff: 'calls', fromMs: null, toMs: kyiv(1, 15) }]))).toEqual([]);
  });

  it('counts each day once, whatever the parts', () => {
    const noon = fc.uniqueArray(fc.integer({ min: 1, max: 31 }), { maxLength: 6 });
    fc.assert(
      fc.property(noon, (days) => {
        const borders = [null, ...[...days].sort((a, b) => a - b).map((day) => kyiv(day, 12)), null];
        const parts = borders.slice(1).map((toMs, index) => ({ tariff: 'calls', fromMs: borders[index]!, toMs }));
        return sumOf(settleOctober([], [], book, parts)) === 31_000_000;
      }),
    );
  });

  it('is divided where a new version begins', () => {
    const next = callTariff(price.replace('0.10', '0.20'), {
      effective: '2026-10-16',
      rest: PERIOD.replace('31.00', '62.00').replace('100min', '131min'),
      rounding: '{ at: line, mode: half-up, decimals: 2 }',
    });
    const both = TariffBook.build([compileText(next), tariff]);
    const usages = [call(1, 5, 40), call(2, 20, 100, 'calls@2026-10-16')];
    const charges = settleOctober(usages, [], both);
    // 15 days of 31.00, 16 days of 62.00; 15/31 × 100 + 16/31 × 131 = 116 minutes, 40 of them used by the first call.
    expect(brief(charges)).toEqual([
      ['rental', 0, 15],
      ['rental', 0, 32],
      ['free', 40, 0],
      ['free', 76, 0],
      ['usage', 24, 4.8],
    ]);
    expect(charges.map((charge) => charge.version.slice(6))).toEqual([
      '2020-01-01',
      '2026-10-16',
      '2020-01-01',
      '2026-10-16',
      '2026-10-16',
    ]);
  });

  it('costs a whole fee once when the tariff says so', () => {
    const text = callTariff(price, { rest: PERIOD.replaceAll(' }]', ', prorate: none }]') });
    const of = TariffBook.build([compileText(text)]);
    const parts = [
      { tariff: 'calls', fromMs: kyiv(20), toMs: kyiv(22) },
      { tariff: 'calls', fromMs: kyiv(25), toMs: null },
    ];
    expect(brief(settleOctober([call(1, 21, 60), call(2, 26, 60)], [], of, parts))).toEqual([
      ['rental', 0, 31],
      ['free', 100, 0],
      ['usage', 20, 2],
    ]);
  });
});

describe('the order of arrival', () => {
  const usages = fc.array(fc.tuple(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 0, max: 90 })), {
    maxLength: 12,
  });

  it('has no say in the net of what is posted', () => {
    fc.assert(
      fc.property(usages, fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), (list, cuts) => {
        const calls = list.map(([day, minutes], no) => call(no * 7919, day, minutes));
        const inOne = settleOctober(calls);
        const posted: SettlementCharge[] = [];
        const shuffled = [...calls].reverse();
        for (const end of [...cuts.sort((a, b) => a - b), shuffled.length]) {
          posted.push(...settleOctober(shuffled.slice(0, end), posted));
        }
        const net = new Map<string, number[]>();
        for (const { component, quantity, amountMicros, taxMicros } of posted) {
          const before = net.get(component) ?? [0, 0, 0];
          net.set(component, [before[0]! + quantity, before[1]! + amountMicros, before[2]! + taxMicros]);
        }
        const wanted = new Map(inOne.map((one) => [one.component, [one.quantity, one.amountMicros, one.taxMicros]]));
        for (const [component, totals] of net) expect(totals).toEqual(wanted.get(component) ?? [0, 0, 0]);
        const billed = list.reduce((sum, [, minutes]) => sum + minutes * MINUTE, 0);
        expect(inOne.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(billed);
        const last = settleOctober(shuffled, posted);
        expect(last).toEqual([]);
      }),
    );
  });
});
