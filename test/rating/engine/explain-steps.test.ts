import { describe, it, expect } from 'vitest';
import { explainRating, TariffBook } from '../../../rating/index.ts';
import { columnsOf, compileText, type UsageInput } from '../support/tariffs.ts';

const START = Date.UTC(2026, 9, 14, 9);

function stepsOf(service: 'voice' | 'electricity', rest: string, input: Partial<UsageInput>, files = {}) {
  const tariff = compileText(
    `name: t
effective: 2020-01-01
currency: UAH
timeZone: Europe/Kyiv
service: ${service}
tax: { percent: 0, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
${rest}
`,
    files,
  );
  const book = TariffBook.build([tariff]);
  const { usage, records } = columnsOf([{ startMs: START, quantity: 60_000, service, ...input }]);
  return explainRating(book, book.bind(['t']), usage, records, 0).steps;
}

describe('explaining the longer way', () => {
  it('tells tiers, the surcharge and the cap, in words and as data', () => {
    const steps = stepsOf(
      'voice',
      'rules: [{ price: { percent: 10, cap: 2, tiers: [{ upTo: 2min, price: 1, per: 1min }, { price: 0.5, per: 1min }] } }]',
      { quantity: 180_000 },
    );
    expect(steps.map(({ text }) => text)).toEqual([
      'Tariff t@2020-01-01 (t), in force since 2020-01-01 in Europe/Kyiv.',
      'Rule 1: up to 2min 1 per 1min, above 0.5 per 1min (UAH).',
      '3min is billed as 3min.',
      'Surcharge of 10 % on prices and setup fee.',
      '2min × 1 per 1min = 2.20 UAH.',
      '1min × 0.5 per 1min = 0.55 UAH.',
      'Capped: 2.00 UAH in place of 2.75.',
      'Exact sum 2.00 UAH.',
      'Rounded half-up to 2 decimals: 2.00 UAH.',
      'Tax 0 % is in it: 0.00; amount 2.00 UAH.',
    ]);
    expect(steps.find(({ step }) => step === 'cap')?.data).toEqual({ cap: '2.00', atCap: 'free', uncapped: '2.75' });
    expect(
      steps.filter(({ step }) => step === 'segment').map(({ data }) => [data['tier'], data['from'], data['billed']]),
    ).toEqual([
      [1, 0, 120_000],
      [2, 120_000, 60_000],
    ]);
  });

  it('tells the price of the time', () => {
    const steps = stepsOf(
      'electricity',
      'series: { spot: { file: spot.csv, every: 60min, per: 1MWh } }\nrules: [{ price: { series: spot, price: 5, per: 1MWh } }]',
      { quantity: 2000 },
      { 'spot.csv': '2026-10-14T09:00Z,-80\n' },
    );
    expect(steps.map(({ text }) => text)).toContain(
      'Rule 1: price of the time from spot, per 1000kWh and 5 UAH per 1MWh.',
    );
    expect(steps.map(({ text }) => text)).toContain('from 2026-10-14T12:00:00: 2kWh × -75.00 per 1000kWh = -0.15 UAH.');
    expect(steps.at(-1)?.text).toBe('Tax 0 % is in it: 0.00; amount -0.15 UAH.');
  });

  it('tells which conditions held', () => {
    const rules = `numbers: { hot: ['900'] }
rules:
  - { when: { calledParty: [hot, '112'], trunkOut: '' }, price: { price: 1, per: 1min } }
  - { price: { price: 2, per: 1min } }`;
    const steps = stepsOf('voice', rules, { to: '900123' });
    expect(steps.filter(({ step }) => step === 'condition')).toEqual([
      {
        step: 'condition',
        text: 'calledParty is one of 112, hot.',
        data: { key: 'field', field: 'calledParty', values: '112, hot' },
      },
      {
        step: 'condition',
        text: 'trunkOut is one of absent.',
        data: { key: 'field', field: 'trunkOut', values: 'absent' },
      },
    ]);
    expect(stepsOf('voice', rules, { to: '113' }).filter(({ step }) => step === 'condition')).toEqual([]);
  });
});
