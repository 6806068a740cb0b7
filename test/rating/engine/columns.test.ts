import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { TariffBook, explainRating, rateUsage } from '../../../rating/index.ts';
import { callTariff, columnsOf, compileText, rate, type UsageInput } from '../support/tariffs.ts';

const MINUTE = 60_000;
const price = (amount: string) => `{ price: ${amount}, per: 1min, first: 6s, then: 1s }`;
const zoned = callTariff(price('0.37'), {
  name: 'zoned',
  rest: "zones: { near: ['38'], far: ['3'] }\nperiod: { allowances: [{ component: free, quantity: 1min, zones: [near] }] }",
});
const tariffs = [
  compileText(callTariff(price('1.00'))),
  compileText(callTariff(price('2.00'), { effective: '2026-10-01' })),
  compileText(zoned),
];
const input: fc.Arbitrary<UsageInput> = fc.record({
  startMs: fc.integer({ min: Date.UTC(2019, 11), max: Date.UTC(2027, 0) }),
  quantity: fc.integer({ min: 0, max: 10_000_000 }),
  to: fc.stringMatching(/^[34]?8?[0-9]{0,4}$/),
  tariffNo: fc.integer({ min: 0, max: 2 }),
});
const OUTPUTS = [
  'amountMicros',
  'taxMicros',
  'billed',
  'zoneNo',
  'bandNo',
  'versionNo',
  'currencyNo',
  'kind',
  'servicePeriod',
  'code',
] as const;

describe('columns', () => {
  it('give the same in one go, in pieces and one by one', () => {
    fc.assert(
      fc.property(fc.array(input, { minLength: 1, maxLength: 30 }), fc.nat(30), (inputs, cut) => {
        const { book, binding, usage } = rate(tariffs, inputs);
        const whole = OUTPUTS.map((name) => [...usage[name].subarray(0, inputs.length)]);
        const pieces = columnsOf(inputs);
        const middle = Math.min(cut, inputs.length);
        // The second piece first: rows do not know of each other.
        rateUsage(book, binding, pieces.usage, pieces.records, middle, inputs.length);
        rateUsage(book, binding, pieces.usage, pieces.records, 0, middle);
        expect(OUTPUTS.map((name) => [...pieces.usage[name].subarray(0, inputs.length)])).toEqual(whole);
        inputs.forEach((one, row) => {
          const alone = columnsOf([one]);
          rateUsage(book, binding, alone.usage, alone.records, 0, 1);
          expect(OUTPUTS.map((name) => alone.usage[name][0])).toEqual(whole.map((column) => column[row]));
        });
      }),
    );
  });

  it('cost by step what the whole costs, when the parts end at steps', () => {
    const exact = compileText(
      callTariff('{ price: 0.07, per: 1min, then: 1s }', { rounding: '{ at: record, mode: half-up, decimals: 6 }' }),
    );
    const parts = fc.array(
      fc.integer({ min: 1, max: 600 }).map((units) => units * 6000),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(
      // 6 s × 0.07/60 s is a whole number of micro-units: nothing is lost to rounding.
      fc.property(parts, (list) => {
        const startMs = Date.UTC(2026, 9, 14);
        const { usage } = rate(
          [exact],
          [...list, list.reduce((a, b) => a + b)].map((quantity) => ({ startMs, quantity })),
        );
        const amounts = [...usage.amountMicros.subarray(0, list.length + 1)];
        expect(amounts.slice(0, -1).reduce((a, b) => a + b)).toBe(amounts.at(-1));
      }),
    );
  });

  it('take the version that was effective at the start', () => {
    const startOfOctober = Date.UTC(2026, 8, 30, 21);
    const { book, usage } = rate(tariffs, [
      { startMs: startOfOctober - 1, quantity: MINUTE },
      { startMs: startOfOctober, quantity: MINUTE },
    ]);
    expect([0, 1].map((row) => book.versions[usage.versionNo[row]!])).toEqual(['calls@2020-01-01', 'calls@2026-10-01']);
    expect([...usage.amountMicros.subarray(0, 2)]).toEqual([1_000_000, 2_000_000]);
  });

  it('mark what settlement will post, by zone', () => {
    const startMs = Date.UTC(2026, 9, 14);
    const { book, usage } = rate(tariffs, [
      { startMs, quantity: MINUTE, to: '380', tariffNo: 1 },
      { startMs, quantity: MINUTE, to: '39', tariffNo: 1 },
    ]);
    expect([0, 1].map((row) => [book.zones[usage.zoneNo[row]!], usage.kind[row], usage.amountMicros[row]])).toEqual([
      ['near', 2, 370_000],
      ['far', 1, 370_000],
    ]);
  });
});

describe('the book', () => {
  it('lets a later publication of a version replace it, and knows what it does not know', () => {
    const again = compileText(callTariff(price('3.00'), { effective: '2026-10-01' }));
    const book = TariffBook.build([...tariffs, again]);
    expect([...book.bind(['zoned', 'nothing', 'calls'])]).toEqual([1, -1, 0]);
    expect(book.version('calls@2026-10-01')!.tariff).toBe(again);
    expect(book.versionsOf('calls').map(({ tariff }) => tariff.version)).toEqual([
      'calls@2020-01-01',
      'calls@2026-10-01',
    ]);
    expect(book.zones[0]).toBe('');
  });
});

describe('an explanation', () => {
  it('says each step, and ends at the amount of the column', () => {
    const { book, binding, usage, records } = rate(tariffs, [
      { startMs: Date.UTC(2026, 9, 14), quantity: 61_500, to: '380441', tariffNo: 1 },
    ]);
    const explained = explainRating(book, binding, usage, records, 0);
    expect(explained.amountMicros).toBe(usage.amountMicros[0]);
    expect(explained.steps.map((step) => step.text)).toEqual([
      'Tariff zoned@2020-01-01 (zoned), in force since 2020-01-01 in Europe/Kyiv.',
      '380441 begins with 38: zone near.',
      'Rule 1: 0.37 UAH per 1min.',
      '61500ms is billed as 62s.',
      '62s (57 steps) × 0.37 per 1min = 0.382333333333… UAH.',
      'Exact sum 0.382333333333… UAH.',
      'Rounded half-even to 6 decimals: 0.382333 UAH. This is a valuation: the money is posted when the month is settled.',
      'Tax 20 % is in it: 0.063722; amount 0.382333 UAH.',
    ]);
  });

  it('ends at the error when there is no price', () => {
    const { book, binding, usage, records } = rate(tariffs, [
      { startMs: Date.UTC(2026, 9, 14), quantity: 1, to: '48', tariffNo: 1 },
    ]);
    const explained = explainRating(book, binding, usage, records, 0);
    expect(explained.code).toBe('RATE_NO_ZONE');
    expect(explained.steps.at(-1)!.text).toContain('RATE_NO_ZONE');
  });
});
