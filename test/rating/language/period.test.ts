import { describe, it, expect } from 'vitest';
import { checkTariff } from '../../../rating/index.ts';
import { noSideFile } from '../support/tariffs.ts';

/** Mistakes of a tariff with this `period`, as `path: problem cure`. */
function mistakes(period: string, service = 'electricity'): string[] {
  const text = `name: t
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: ${service}
tax: { percent: 20, included: true }
rounding: { at: line, mode: half-up, decimals: 2 }
${service === 'electricity' ? "registers: { day: ['1'], night: ['2'] }" : ''}
rules: [{ component: energy, price: { price: 1, per: ${service === 'electricity' ? '1kWh' : '1MB'} } }]
period: ${period}
`;
  return checkTariff(text, noSideFile).map(({ path, problem, cure }) => `${path}: ${problem} ${cure}`);
}

describe('checking what is settled for a period', () => {
  it('names the place, what is wrong and what to do', () => {
    const table: [string, string][] = [
      ['{ fees: [{ component: energy, amount: 1 }] }', 'period.fees.0.component: `energy` is already the component of'],
      ['{ fees: [{ component: a, amount: 1, cycle: weekly }] }', 'period.fees.0.cycle: This word is not known here.'],
      ["{ cycle: { starts: ['02-29'] } }", 'period.cycle.starts: `02-29` is not a day of every year.'],
      ['{ cycle: { days: 7, from: 2026-02-30 } }', 'period.cycle.from: `2026-02-30` is no day of the calendar.'],
      [
        '{ tiers: [{ component: a, steps: [{ upTo: 5kWh, price: 1, per: 1kWh }] }] }',
        'period.tiers.0.steps.0: The last step has an end',
      ],
      [
        '{ tiers: [{ component: a, steps: [{ upTo: 5kWh, price: 1, per: 1kWh }, { upTo: 4kWh, price: 1, per: 1kWh }, { price: 1, per: 1kWh }] }] }',
        'period.tiers.0.steps.1: It ends before it begins.',
      ],
      ['{ tiers: [{ component: a, steps: [{ price: 1 }] }] }', 'period.tiers.0.steps.0: `per` is missing'],
      ['{ tiers: [{ component: a, steps: [{}] }] }', 'period.tiers.0.steps.0: The step has no price.'],
      [
        '{ tiers: [{ component: a, fill: together, coefficients: { night: 0.5 }, steps: [{ price: 1, per: 1kWh }] }] }',
        'period.tiers.0.fill: Prices by band need a line for each band.',
      ],
      [
        '{ tiers: [{ component: a, coefficients: { dusk: 0.5 }, steps: [{ price: 1, per: 1kWh }] }] }',
        'period.tiers.0.coefficients: There is no band or register `dusk`.',
      ],
      [
        "{ tiers: [{ component: a, limits: days, countsFrom: ['01-01'], steps: [{ price: 1, per: 1kWh }] }] }",
        'period.tiers.0.limits: Steps that go on from cycle to cycle are not divided by days.',
      ],
      ['{ demand: [{ component: a, price: 1, per: 1kWh }] }', 'period.demand.0.per: `1kWh` is not a quantity in W, kW'],
      ['{ demand: [{ component: a, atLeast: 50, price: 1, per: 1kW }] }', 'period.demand.0: `contracted` is missing'],
      ['{ demand: [{ component: a, window: 7min, price: 1, per: 1kW }] }', 'does not divide the hour.'],
      ['{ percentile: [{ component: a, price: 1, per: 1Mbps }] }', 'A percentile has no meaning for this service.'],
      ['{ losses: [{ component: a, price: 1, per: 1kWh }] }', 'Exactly one of `percent`, `percentOf`, `transformer`'],
      ['{ losses: [{ component: a, percent: 2 }] }', 'period.losses.0: It has either `price` and `per`, or `into`.'],
      ['{ losses: [{ component: a, percent: 2, into: b }] }', 'period.losses.0.into: There are no `tiers` named `b`.'],
      [
        '{ losses: [{ component: a, percent: 2, into: b }], tiers: [{ component: b, cycle: year, steps: [{ price: 1, per: 1kWh }] }] }',
        'period.losses.0.into: `b` has another cycle',
      ],
      [
        "{ net: [{ component: a, import: day, export: night, into: b }], tiers: [{ component: b, countsFrom: ['01-01'], limits: none, steps: [{ price: 1, per: 1kWh }] }] }",
        'period.net.0.into: `b` has another cycle, or counts from another day.',
      ],
      [
        '{ discounts: [{ component: a, percent: 5, of: rent }] }',
        'period.discounts.0.of: There is no component `rent`.',
      ],
      ['{ discounts: [{ component: a, percent: -5 }] }', 'period.discounts.0.percent: It is negative.'],
      ['{ discounts: [{ component: a, percent: 5, mode: rest }] }', '`mode` says nothing without `above`.'],
      [
        '{ benefits: [{ component: a, payer: budget, attribute: b, categories: { hero: 120 } }] }',
        'period.benefits.0.categories.hero: It is not from 0 to 100 percent.',
      ],
      ['{ commitments: [{ component: a }] }', 'It has neither `minimum` nor `maximum`.'],
      ['{ commitments: [{ component: a, minimum: 5, maximum: 4 }] }', 'period.commitments.0.maximum: It is less than'],
      [
        '{ allowances: [{ component: a, quantity: 5min }] }',
        'period.allowances.0.quantity: `5min` is not a quantity in',
      ],
      ['{ split: { profile: [1, 2, 3] } }', 'period.split'],
      ['{ rebates: [] }', 'period.rebates: `rebates` is not known here.'],
    ];
    for (const [period, expected] of table) {
      expect(
        mistakes(period).some((mistake) => mistake.includes(expected)),
        `${period}: ${mistakes(period).join('\n')}`,
      ).toBe(true);
    }
  });

  it('finds nothing wrong with what is right', () => {
    expect(
      mistakes(`
  cycle: account
  split: { profile: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }
  fees: [{ component: fee, amount: 1, cycle: { starts: ['04-15', '10-15'] }, billed: start, times: m2, when: { a: b } }]
  losses: [{ component: losses, percent: 2.5, into: blocks }]
  tiers: [{ component: blocks, bands: [day], steps: [{ price: 1, per: 1kWh }] }]`),
    ).toEqual([]);
  });
});
