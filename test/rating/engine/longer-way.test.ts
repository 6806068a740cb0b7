/** Tiers, caps and cut usages against a model that goes step by step, and what must hold for all of them. */
import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { errorCode } from '../../../platform/errors.ts';
import { Priced, ratePart } from '../../../rating/engine/index.ts';
import { explainRating, rateUsage, TariffBook } from '../../../rating/index.ts';
import { columnsOf, compileText, rate, type UsageInput } from '../support/tariffs.ts';

interface Tier {
  upToSeconds: number | null;
  priceMicros: number;
  perSeconds: number;
  stepSeconds: number;
}
interface Plan {
  setupMicros: number;
  firstSeconds: number;
  capMicros: number | null;
  minimumMicros: number;
  percent: number;
  crossing: 'by-start' | 'by-increment' | 'split';
  /** By band: day from 8 to 20 o'clock, night. */
  bands: [Tier[], Tier[]];
}

const decimal = (micros: number) => (micros / 1e6).toFixed(6);

function yamlOf(plan: Plan): string {
  const rule = (name: string, tiers: readonly Tier[]) => {
    const list = tiers.map(
      ({ upToSeconds, priceMicros, perSeconds, stepSeconds }) =>
        `{ ${upToSeconds === null ? '' : `upTo: ${upToSeconds}s, `}price: ${decimal(priceMicros)}, per: ${perSeconds}s, then: ${stepSeconds}s }`,
    );
    const cap = plan.capMicros === null ? '' : `cap: ${decimal(plan.capMicros + plan.minimumMicros)}, `;
    return `  - { band: ${name}, price: { setup: ${decimal(plan.setupMicros)}, ${plan.firstSeconds === 0 ? '' : `first: ${plan.firstSeconds}s, `}percent: ${plan.percent}, minimum: ${decimal(plan.minimumMicros)}, ${cap}tiers: [${list.join(', ')}] } }`;
  };
  return `name: random
effective: 2000-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 0, included: true }
rounding: { at: record, mode: half-up, decimals: 6 }
bands: { day: [{ from: '08:00', to: '20:00' }], night: [{ from: '20:00', to: '08:00' }] }
crossing: ${plan.crossing}
rules:
${rule('day', plan.bands[0])}
${rule('night', plan.bands[1])}
`;
}

/** One increment after the other, in fractions of 1 / (100 × 7 × 60 × 3600) micro-units: all `per` divide that. */
const UNIT = 100n * 7n * 60n * 3600n;

function slowly(plan: Plan, startMs: number, seconds: number): { micros: bigint; billed: number } {
  const factor = BigInt(100 + plan.percent);
  const bandAt = (second: number) => {
    // Kyiv in July: three hours before UTC.
    const hour = new Date(startMs + second * 1000 + 3 * 3_600_000).getUTCHours();
    return hour >= 8 && hour < 20 ? 0 : 1;
  };
  let sum = BigInt(plan.setupMicros) * (UNIT / 100n) * factor;
  let billed = 0;
  const start = bandAt(0);
  if (seconds > 0) {
    let piece = 0;
    while (piece < seconds) {
      const band = plan.crossing === 'by-start' ? start : bandAt(piece);
      // Where the usage is cut: the next whole second of another band.
      let end = seconds;
      if (plan.crossing === 'split') {
        end = piece + 1;
        while (end < seconds && bandAt(end) === band) end++;
      }
      let at = piece;
      while (at < end) {
        const now = plan.crossing === 'by-increment' ? bandAt(at) : band;
        const tier = plan.bands[now].find((one) => one.upToSeconds === null || billed < one.upToSeconds)!;
        const step = billed === 0 && plan.firstSeconds > 0 ? plan.firstSeconds : tier.stepSeconds;
        sum += (BigInt(tier.priceMicros * step) * (UNIT / 100n) * factor) / BigInt(tier.perSeconds);
        billed += step;
        at += step;
      }
      piece = plan.crossing === 'split' ? end : at;
    }
    const minimum = BigInt(plan.minimumMicros) * UNIT;
    if (sum < minimum) sum = minimum;
  }
  const cap = plan.capMicros === null ? null : BigInt(plan.capMicros + plan.minimumMicros) * UNIT;
  if (cap !== null && sum > cap) sum = cap;
  return { micros: (2n * sum + UNIT) / (2n * UNIT), billed };
}

const tier = fc.record({
  priceMicros: fc.integer({ min: 0, max: 2_000_000 }),
  perSeconds: fc.constantFrom(1, 6, 7, 60, 3600),
  stepSeconds: fc.constantFrom(1, 6, 10, 60),
});
const tiers = fc
  .tuple(fc.array(fc.tuple(tier, fc.integer({ min: 1, max: 400 })), { maxLength: 3 }), tier)
  .map(([lower, last]): Tier[] => {
    let upToSeconds = 0;
    return [
      ...lower.map(([one, width]) => ({ ...one, upToSeconds: (upToSeconds += width) })),
      { ...last, upToSeconds: null },
    ];
  });
const plans: fc.Arbitrary<Plan> = fc.record({
  setupMicros: fc.constantFrom(0, 100_000, 333_333),
  firstSeconds: fc.constantFrom(0, 1, 30, 60),
  capMicros: fc.option(fc.integer({ min: 0, max: 5_000_000 })),
  minimumMicros: fc.constantFrom(0, 0, 700_000),
  percent: fc.constantFrom(0, 15, -25),
  crossing: fc.constantFrom('by-start', 'by-increment', 'split'),
  bands: fc.tuple(tiers, tiers),
});
const EVENING = Date.UTC(2026, 6, 15, 17);
const calls = fc.array(
  fc.record({
    startMs: fc.integer({ min: -900, max: 900 }).map((second) => EVENING + second * 1000),
    seconds: fc.oneof(fc.integer({ min: 0, max: 1200 }), fc.constant(0)),
  }),
  { minLength: 3, maxLength: 8 },
);

describe('the longer way to a price', () => {
  it('gives what a model gives that goes step by step, and explains the same', () => {
    fc.assert(
      fc.property(plans, calls, (plan, inputs) => {
        const usages = inputs.map(({ startMs, seconds }) => ({ startMs, quantity: seconds * 1000 }));
        const { book, binding, usage, records } = rate([compileText(yamlOf(plan))], usages);
        inputs.forEach(({ startMs, seconds }, row) => {
          const expected = slowly(plan, startMs, seconds);
          const actual = { micros: BigInt(usage.amountMicros[row]!), billed: usage.billed[row]! / 1000 };
          expect({ ...actual, code: usage.code[row] }).toEqual({ ...expected, code: 0 });
          expect(explainRating(book, binding, usage, records, row).amountMicros).toBe(usage.amountMicros[row]);
        });
      }),
      { numRuns: Number(process.env.TOLLGRID_RATING_RUNS ?? 300) },
    );
  });

  it('costs no more work for a month in milliseconds than for a minute', () => {
    const text = `name: t
effective: 2000-01-01
currency: UAH
timeZone: UTC
service: voice
tax: { percent: 0, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
rules: [{ price: { tiers: [{ upTo: 1min, price: 1, per: 1min }, { price: 0.5, per: 1min }] } }]
`;
    const startedMs = performance.now();
    const month = Array.from({ length: 1000 }, () => ({ startMs: EVENING, quantity: 30 * 86_400_000 }));
    const { usage } = rate([compileText(text)], month);
    expect(usage.amountMicros[0]).toBe((1 + (30 * 1440 - 1) * 0.5) * 1e6);
    // Walking the steps of one of them would take longer than this.
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('refuses what is too large and never gives a wrong amount', () => {
    const big = fc.bigInt({ min: 1n, max: 10n ** 15n - 1n });
    const quantities = fc.oneof(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.maxSafeNat());
    fc.assert(
      fc.property(big, quantities, fc.boolean(), (price, quantity, tiered) => {
        const amount = tiered ? `tiers: [{ price: ${price}, per: 7B }]` : `price: ${price}, per: 7B`;
        const text = `name: t
effective: 2000-01-01
currency: UAH
timeZone: UTC
service: data
tax: { percent: 20, included: false }
rounding: { at: record, mode: down, decimals: 6 }
rules: [{ price: { ${amount} } }]
`;
        const { usage } = rate([compileText(text)], [{ startMs: EVENING, quantity, service: 'data' }]);
        const net = (price * 1_000_000n * BigInt(quantity)) / 7n;
        const gross = net + net / 5n;
        if (usage.code[0] === 0) expect(BigInt(usage.amountMicros[0]!)).toBe(gross);
        else {
          expect(errorCode(usage.code[0]!)).toBe('RATE_OVERFLOW');
          expect(gross > BigInt(Number.MAX_SAFE_INTEGER)).toBe(true);
        }
      }),
    );
  });

  it('costs more for more, where tiers are graduated', () => {
    fc.assert(
      fc.property(plans, fc.array(fc.integer({ min: 0, max: 2_000_000 }), { minLength: 2 }), (plan, lengths) => {
        const sorted = [...lengths].sort((a, b) => a - b);
        const usages = sorted.map((quantity) => ({ startMs: EVENING, quantity }));
        const { usage } = rate([compileText(yamlOf({ ...plan, crossing: 'by-start' }))], usages);
        const amounts = [...usage.amountMicros.subarray(0, usage.count)];
        expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
      }),
    );
  });

  it('gives the parts of a session the price of the whole, however it is cut', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 1_500_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(plans, cuts, (plan, totals) => {
        const tariff = compileText(
          yamlOf(plan).replace('at: record', 'at: session').replace('decimals: 6', 'decimals: 2'),
        );
        const sorted = [...totals].sort((a, b) => a - b);
        const { usage, records } = columnsOf(sorted.map((quantity) => ({ startMs: EVENING, quantity })));
        let sum = 0;
        let billed = 0;
        sorted.forEach((_, row) => {
          const quantity = row === 0 ? 0 : sorted[row - 1]!;
          const part = new Priced();
          ratePart(tariff, usage, records, row, row === 0 ? null : { endMs: 0, quantity, quantityUp: 0 }, part);
          expect(part.code).toBe(0);
          sum += part.amountMicros;
          billed += part.billed;
        });
        const whole = rate([tariff], [{ startMs: EVENING, quantity: sorted.at(-1)! }]).usage;
        expect([sum, billed]).toEqual([whole.amountMicros[0], whole.billed[0]]);
      }),
    );
  });

  it('does not depend on the order of the rows, nor on how many are rated at once', () => {
    const rows = fc.array(
      fc.record({
        startMs: fc.integer({ min: 0, max: 86_400 }).map((second) => EVENING + second * 1000),
        quantity: fc.integer({ min: 0, max: 5_000_000 }),
        trunkOut: fc.constantFrom('', 'T1', 'T2'),
      }),
      { minLength: 2, maxLength: 40 },
    );
    fc.assert(
      fc.property(plans, rows, fc.integer({ min: 1, max: 20 }), (plan, inputs: UsageInput[], batch) => {
        const special = '  - { when: { trunkOut: T1 }, price: { price: 1, per: 1min } }\n';
        const tariff = compileText(yamlOf(plan).replace('rules:\n', `rules:\n${special}`));
        const once = rate([tariff], inputs).usage;
        const book = TariffBook.build([tariff]);
        const { usage, records } = columnsOf(inputs.toReversed());
        for (let from = 0; from < usage.count; from += batch) {
          rateUsage(book, book.bind(['random']), usage, records, from, Math.min(from + batch, usage.count));
        }
        const list = (column: Float64Array) => [...column.subarray(0, inputs.length)];
        expect(list(usage.amountMicros).toReversed()).toEqual(list(once.amountMicros));
        expect(list(usage.billed).toReversed()).toEqual(list(once.billed));
      }),
      { numRuns: 60 },
    );
  });
});
