import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { errorCode } from '../../../platform/errors.ts';
import { explainRating } from '../../../rating/index.ts';
import { compileText, rate } from '../support/tariffs.ts';
import { modelPrice, type ModelRule, type ModelTariff } from './rational-model.ts';

const ZONES = ['near', 'far', 'abroad'];
const BANDS = ['low', 'peak'];

const decimal = (micros: bigint) => `${micros / 1_000_000n}.${(micros % 1_000_000n).toString().padStart(6, '0')}`;

function yamlOf(tariff: ModelTariff): string {
  const [from, to] = [tariff.peakFrom, tariff.peakTo].map((hour) => `'${String(hour).padStart(2, '0')}:00'`);
  const zones = ZONES.map((name, zone) => {
    const prefixes = tariff.prefixes.filter((one) => one.zone === zone).map((one) => `'${one.prefix}'`);
    return prefixes.length === 0 ? '' : `  ${name}: [${prefixes.join(', ')}]`;
  });
  const rules = tariff.rules.map((rule) => {
    const where = [
      rule.zone === null ? '' : `zone: ${ZONES[rule.zone]}, `,
      rule.band === null ? '' : `band: ${BANDS[rule.band]}, `,
    ].join('');
    const price = [
      `price: ${decimal(rule.priceMicros)}, per: ${rule.perSeconds}s, setup: ${decimal(rule.setupMicros)}`,
      `minimum: ${decimal(rule.minimumMicros)}, first: ${rule.firstSeconds}s, then: ${rule.thenSeconds}s`,
      `freeUnder: ${rule.freeUnderSeconds}s${rule.firstPriceMicros === null ? '' : `, firstPrice: ${decimal(rule.firstPriceMicros)}`}`,
    ].join(', ');
    return `  - { ${where}price: { ${price} } }`;
  });
  return `name: random
effective: 2000-01-01
currency: UAH
timeZone: ${tariff.timeZone}
service: voice
tax: { percent: ${tariff.taxPercent}, included: ${tariff.taxIncluded} }
rounding: { at: record, mode: ${tariff.mode}, decimals: ${tariff.decimals} }
holidays: [${tariff.holidays.join(', ')}]
bands:
  peak: [{ days: [workday${tariff.weekendPeak ? ', weekend' : ''}], from: ${from}, to: ${to} }]
  low:
    - { days: [workday${tariff.weekendPeak ? ', weekend' : ''}], from: ${to}, to: ${from} }
    - { days: [${tariff.weekendPeak ? '' : 'weekend, '}holiday], from: '00:00', to: '24:00' }
zones:
${zones.filter(Boolean).join('\n')}
crossing: ${tariff.byIncrement ? 'by-increment' : 'by-start'}
rules:
${rules.join('\n')}
`;
}

const micros = fc.bigInt({ min: 0n, max: 9_999_999n });
const sometimes = (value: fc.Arbitrary<bigint>) => fc.oneof(fc.constant(0n), value);
const price: fc.Arbitrary<Omit<ModelRule, 'zone' | 'band'>> = fc.record({
  priceMicros: micros,
  perSeconds: fc.constantFrom(1, 6, 7, 60, 3600),
  setupMicros: sometimes(micros),
  minimumMicros: sometimes(micros),
  firstSeconds: fc.constantFrom(1, 6, 30, 60, 180),
  firstPriceMicros: fc.option(micros),
  thenSeconds: fc.constantFrom(1, 6, 10, 60),
  freeUnderSeconds: fc.constantFrom(0, 0, 0, 3),
});
const prefixes = fc.uniqueArray(fc.stringMatching(/^[1-3]{1,3}$/), { minLength: 3, maxLength: 12 });

/** The last rule matches everything; before it there may be one for each band of the first zone. */
const tariffs: fc.Arbitrary<ModelTariff> = fc.record({
  timeZone: fc.constantFrom('Europe/Kyiv', 'UTC', 'America/New_York', 'Australia/Lord_Howe'),
  peakFrom: fc.oneof(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 11 })),
  peakTo: fc.integer({ min: 12, max: 23 }),
  weekendPeak: fc.boolean(),
  holidays: fc.constant(['2026-03-09', '2026-12-25']),
  prefixes: prefixes.map((list) => list.map((prefix, index) => ({ prefix, zone: index % 3 }))),
  rules: fc.tuple(price, price, price, price).map(([a, b, c, d]) => [
    { ...a, zone: 0, band: 1 },
    { ...b, zone: null, band: 1 },
    { ...c, zone: 1, band: 0 },
    { ...d, zone: null, band: null },
  ]),
  byIncrement: fc.boolean(),
  mode: fc.constantFrom('half-up', 'half-even', 'up', 'down'),
  decimals: fc.integer({ min: 0, max: 6 }),
  taxPercent: fc.constantFrom(0n, 17n, 20n),
  taxIncluded: fc.boolean(),
});

const HOUR_MS = 3_600_000;
/** Where each zone's clock changes in 2026; Lord Howe's by half an hour. */
const JUMPS: Record<string, string[]> = {
  'Europe/Kyiv': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'America/New_York': ['2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  'Australia/Lord_Howe': ['2026-04-04T15:00Z', '2026-10-03T15:30Z'],
  UTC: ['2026-01-01T00:00Z'],
};
const beforeJumps = (zone: string) =>
  fc
    .tuple(fc.constantFrom(...JUMPS[zone]!), fc.integer({ min: 0, max: 1800 }))
    .map(([jump, seconds]) => Date.parse(jump) - seconds * 1000);

/** Near the hours, on days around clock changes and holidays: where bands meet. */
const nearBorders = fc
  .tuple(
    fc.constantFrom(
      Date.UTC(2026, 2, 28),
      Date.UTC(2026, 9, 24),
      Date.UTC(2026, 2, 7),
      Date.UTC(2026, 3, 4),
      Date.UTC(2026, 11, 24),
    ),
    fc.integer({ min: 0, max: 71 }),
    fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 0, max: 3599 })),
  )
  .map(([dayMs, hour, seconds]) => dayMs + hour * HOUR_MS + seconds * 1000);
const durations = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 400_000 }),
  fc.integer({ min: 0, max: 1800 }).map((s) => s * 1000),
);
const calls = (zone: string) =>
  fc.array(
    fc.record({
      to: fc.stringMatching(/^[1-4]{0,5}$/),
      startMs: fc.oneof(nearBorders, beforeJumps(zone)),
      quantity: durations,
    }),
    { minLength: 4, maxLength: 12 },
  );
const cases = tariffs.chain((tariff) => fc.tuple(fc.constant(tariff), calls(tariff.timeZone)));

describe('the engine against the rational model', () => {
  it('gives the same amounts, taxes, billed quantities and errors', () => {
    fc.assert(
      fc.property(cases, ([tariff, inputs]) => {
        const { book, binding, usage, records } = rate([compileText(yamlOf(tariff))], inputs);
        inputs.forEach(({ to, startMs, quantity }, row) => {
          const expected = modelPrice(tariff, to, startMs, quantity);
          const actual =
            usage.code[row] !== 0
              ? { error: errorCode(usage.code[row]!) }
              : {
                  amountMicros: BigInt(usage.amountMicros[row]!),
                  taxMicros: BigInt(usage.taxMicros[row]!),
                  billedMs: BigInt(usage.billed[row]!),
                };
          expect(actual).toEqual(expected);
          const explained = explainRating(book, binding, usage, records, row);
          expect([explained.amountMicros, explained.taxMicros]).toEqual([
            usage.amountMicros[row],
            usage.taxMicros[row],
          ]);
        });
      }),
      { numRuns: Number(process.env.TOLLGRID_RATING_RUNS ?? 400) },
    );
  });
});
