import { describe, expect, it } from 'vitest';
import { compareTariffs, prepareTariff, type TariffDifference } from '../../../rating/index.ts';

const HEAD = `name: phone
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
`;
const BODY = `bands:
  day: [{ from: '08:00', to: '20:00' }]
  night: [{ from: '20:00', to: '08:00' }]
zones: { home: ['380'], abroad: [''] }
rules:
  - { zone: home, band: day, price: { price: 1.00, per: 1min, first: 1s, then: 1s } }
  - { zone: home, band: night, price: { price: 0.50, per: 1min, first: 1s, then: 1s } }
  - { zone: abroad, price: { setup: 0.20, price: 9.90, per: 1min } }
period:
  fees: [{ component: line, amount: 30.00 }]
`;

function diff(before: string, after: string, files: [string, string] = ['', ''], shown?: number): TariffDifference {
  const [one, other] = [before, after].map((text, index) => prepareTariff(text, () => files[index]!));
  return compareTariffs(one!, other!, shown);
}
const texts = ({ parts }: TariffDifference) =>
  Object.fromEntries(parts.map(({ part, shown }) => [part, shown.map(({ text }) => text)]));

describe('the difference of two tariffs', () => {
  it('is none where only the writing differs', () => {
    const rewritten = BODY.replace('price: 1.00, per: 1min', 'price: 1, per: 60s').replace(
      'amount: 30.00',
      'amount: 30',
    );
    expect(diff(HEAD + BODY, HEAD + rewritten)).toEqual({
      from: 'phone@2026-01-01',
      to: 'phone@2026-01-01',
      same: true,
      parts: [],
    });
  });

  it('names prices, bands, zones, components and the head, with old and new value', () => {
    const after = BODY.replace('price: 1.00', 'price: 1.20')
      .replace('setup: 0.20, ', '')
      .replace("'20:00' }]", "'21:00' }]")
      .replace("from: '20:00'", "from: '21:00'")
      .replace("home: ['380']", "home: ['380', '381']")
      .replace('amount: 30.00', 'amount: 35.00');
    const head = HEAD.replace('2026-01-01', '2027-01-01').replace('percent: 20', 'percent: 21');
    const found = diff(HEAD + BODY, head + after);
    expect(found).toMatchObject({ from: 'phone@2026-01-01', to: 'phone@2027-01-01', same: false });
    expect(texts(found)).toEqual({
      tariff: ['effective changed: 2026-01-01 → 2027-01-01'],
      bands: [
        'day changed: (from 08:00, to 20:00) → (from 08:00, to 21:00)',
        'night changed: (from 20:00, to 08:00) → (from 21:00, to 08:00)',
      ],
      tax: ['percent changed: 20 → 21'],
      zones: ['381 added: home'],
      rules: ['to home, in day: price changed: 1.00 per 1min → 1.20 per 1min', 'to abroad: setup removed: 0.20'],
      'period.fees': ['line: amount changed: 30.00 → 35.00'],
    });
  });

  it('names rules that come and go, and another order of those that stay', () => {
    const lines = BODY.split('\n');
    const at = lines.findIndex((line) => line.includes('band: day'));
    const swapped = [...lines];
    [swapped[at], swapped[at + 1]] = [swapped[at + 1]!, swapped[at]!];
    expect(texts(diff(HEAD + BODY, HEAD + swapped.join('\n')))).toEqual({
      rules: ['order of the rules changed: to home, in day first → to home, in night first'],
    });
    const replaced = BODY.replace('zone: abroad,', "zone: abroad, when: { trunkOut: 'T1' },").replace(
      /( {2}- .*abroad.*\n)/,
      '$1  - { price: { price: 3, per: 1min } }\n',
    );
    expect(texts(diff(HEAD + BODY, HEAD + replaced))).toEqual({
      rules: [
        'to abroad removed: 0.20 once, 9.90 per 1min',
        'to abroad, when trunkOut T1 added: 0.20 once, 9.90 per 1min',
        'everything added: 3 per 1min',
      ],
    });
  });

  it('counts all prefixes that changed and lists the first ones', () => {
    const text = HEAD + 'zonesFile: z.csv\nrules: [{ price: { price: 1, per: 1min } }]\n';
    const rows = Array.from({ length: 50_000 }, (_, index) => `${100_000 + index},zone-${index % 7}`);
    const after = rows.filter((_, index) => index % 10 !== 0).map((row) => row.replace(/^(1\d*5),.*/, '$1,zone-9'));
    const moved = rows.filter((row) => /^1\d*5,/.test(row)).length;
    const found = diff(text, text, [rows.join('\n'), [...after, '99,zone-1'].join('\n')], 3);
    expect(found.parts).toMatchObject([{ part: 'zones', added: 1, removed: 5000, changed: moved }]);
    expect(found.parts[0]!.shown.map(({ text: one }) => one)).toEqual([
      '100000 removed: zone-0',
      '100005 changed: zone-5 → zone-9',
      '100010 removed: zone-3',
    ]);
  });

  it('tells prices of a series by the hour', () => {
    const text = `${HEAD.replace('voice', 'electricity').replace('record', 'line')}series: { spot: { file: s.csv, every: 60min, per: 1kWh } }
rules: [{ component: energy, price: { series: spot } }]
`;
    const [before, after] = ['2.10', '2.35'].map((price) => `2026-01-01T00:00Z,1.5\n2026-01-01T01:00Z,${price}\n`);
    expect(texts(diff(text, text, [before!, after!]))).toEqual({
      series: ['spot: 2026-01-01T01:00:00.000Z changed: 2.1 → 2.35'],
    });
  });
});
