import { describe, it, expect } from 'vitest';
import { System } from 'typebox/system';
import { checkTariff, formatMistake, prepareTariff } from '../../../rating/index.ts';
import { noSideFile } from '../support/tariffs.ts';

const lines = [
  'name: phone',
  'effective: 2026-01-01',
  'currency: UAH',
  'timeZone: Europe/Kyiv',
  'service: voice',
  'tax: { percent: 20, included: true }',
  'rounding: { at: record, mode: half-up, decimals: 2 }',
  'holidays: [2026-01-01]',
  'bands:',
  "  day: [{ days: [workday], from: '08:00', to: '20:00' }]",
  "  night: [{ days: [workday], from: '20:00', to: '08:00' }, { days: [weekend, holiday], from: '00:00', to: '24:00' }]",
  'zones:',
  "  local: ['38044']",
  "  ukraine: ['380']",
  'rules:',
  '  - { zone: local, price: { price: 0.10, per: 1min, first: 60s, then: 1s } }',
  '  - { band: day, price: { price: 0.50, per: 1min, first: 60s, then: 1s } }',
  '  - { price: { price: 0.30, per: 1min, first: 60s, then: 1s } }',
  'period:',
  '  fees: [{ component: rental, amount: 20 }]',
  '  allowances: [{ component: free, quantity: 100min, zones: [local] }]',
  'tests:',
  "  - { given: { start: '2026-10-14T12:00', duration: 60s, to: 38044 }, expect: { amount: 0.10 }, source: computed }",
];

/** Mistakes of the file with one line replaced (1-based), as `line: problem cure`. */
function mistakesWith(line: number, text: string, files: Record<string, string> = {}): string[] {
  const changed = lines.map((old, index) => (index === line - 1 ? text : old)).join('\n');
  const read = (name: string) => (Object.hasOwn(files, name) ? files[name]! : noSideFile(name));
  return checkTariff(changed, read, 'phone.yaml').map((mistake) => formatMistake(mistake).replace('phone.yaml:', ''));
}

describe('checking a tariff file', () => {
  it('finds nothing wrong with a right one', () => {
    expect(mistakesWith(1, lines[0]!)).toEqual([]);
  });

  it('names line, place, problem and cure', () => {
    const table: [number, string, string][] = [
      [1, 'name: my phone', '1: name: This is not written as expected. Write a name'],
      [2, 'effective: 2026-02-30', '2: effective: `2026-02-30` is no day of the calendar.'],
      [3, 'currency: hryvnia', '3: currency: This is not written as expected. Write an ISO 4217 code: UAH'],
      [4, 'timeZone: Kiev', '4: timeZone: `Kiev` is no time zone.'],
      [5, 'service: telepathy', '5: service: This word is not known here. Use one of: voice, sms, data'],
      [5, 'service: data', '16: rules.0.price.first: `first` has no meaning for data. Remove it.'],
      [6, 'tax: { percent: 20 }', '6: tax: `included` is missing. Add it.'],
      [
        7,
        'rounding: { at: record, mode: halfup, decimals: 2 }',
        '7: rounding.mode: This word is not known here. Use one of: half-up',
      ],
      [7, 'rounding: { at: record, mode: half-up, decimals: 7 }', '7: rounding.decimals: This must be <= 6.'],
      [8, 'holidays: [2026-01-41]', '8: holidays.0: `2026-01-41` is no day of the calendar.'],
      [
        10,
        "  day: [{ days: [workday], from: '07:00', to: '20:00' }]",
        '11: bands.night.0: 20:00 to 08:00 is already taken by `day`.',
      ],
      [
        10,
        "  day: [{ days: [workday], from: '09:00', to: '20:00' }]",
        '9: bands: No band covers mon tue wed thu fri 08:00-09:00.',
      ],
      [
        10,
        "  day: [{ days: [workdays], from: '08:00', to: '20:00' }]",
        '10: bands.day.0.days.0: This word is not known here. Use one of: mon',
      ],
      [
        10,
        "  day: [{ days: [workday], from: '8:00', to: '20:00' }]",
        '10: bands.day.0.from: This is not written as expected. Write a time of day: hh:mm',
      ],
      [14, "  ukraine: ['38044']", '14: zones.ukraine.0: Prefix `38044` already stands in zone `local`. Keep it once.'],
      [14, "  ukraine: ['+380']", '14: zones.ukraine.0: This is not written as expected. Write a prefix: digits only'],
      [
        16,
        '  - { zone: lokal, price: { price: 0.10, per: 1min } }',
        '16: rules.0.zone: There is no zone `lokal`. Known: local, ukraine.',
      ],
      [
        16,
        '  - { zone: local, price: { price: 0.10, per: 1MB } }',
        '16: rules.0.price.per: `1MB` is not a quantity in ms, s, min, h.',
      ],
      [16, '  - { zone: local, price: { price: 0.10, per: 0s } }', '16: rules.0.price.per: It must be more than zero.'],
      [
        16,
        '  - { zone: local, price: { price: -0.10, per: 1min } }',
        '16: rules.0.price.price: This is not written as expected. Write an amount',
      ],
      [
        16,
        '  - { zone: local, price: { price: 1e3, per: 1min } }',
        '16: rules.0.price.price: This is not written as expected. Write an amount',
      ],
      [
        16,
        '  - { zone: local, price: { cost: 0.10, per: 1min } }',
        '16: rules.0.price.cost: `cost` is not known here.',
      ],
      [16, '  - { zone: local, price: { per: 1min } }', '16: rules.0.price: `price` is missing. Add it.'],
      [16, '  - { zone: local, price: { price: 0.10 } }', '16: rules.0.price: `per` is missing. Add it.'],
      [
        16,
        '  - { price: { price: 0.10, per: 1min } }',
        '17: rules.1: Earlier rules match everything that this one could.',
      ],
      [
        18,
        '  - { zone: local, price: { price: 0.30, per: 1min } }',
        '15: rules: No rule prices zone `ukraine`, band `night`.',
      ],
      [
        20,
        '  fees: [{ component: usage, amount: 20 }]',
        '20: period.fees.0.component: `usage` is already the component of a rule.',
      ],
      [
        21,
        '  allowances: [{ component: free, quantity: 100, zones: [local] }]',
        '21: period.allowances.0.quantity: `100` is not a quantity in ms, s, min, h.',
      ],
      [22, 'test:', '22: test: `test` is not known here. Known: name, title, effective'],
      [
        23,
        '  - { given: { duration: 60s }, expect: { amount: 1 }, source: computed }',
        '23: tests.0.given: Neither `start` nor `period` is given.',
      ],
      [
        23,
        "  - { given: { start: '2026-10-14', duration: 60s }, expect: {}, source: computed }",
        '23: tests.0.expect: Exactly one of `amount` and `error` is expected.',
      ],
      [
        23,
        "  - { given: { start: '2026-10-14', quantity: 60s }, expect: { amount: 1 }, source: computed }",
        '23: tests.0.given: This service is measured by `duration`.',
      ],
      [9, 'bands: [', '11: Missing , between flow sequence items. Correct the YAML.'],
    ];
    for (const [line, text, start] of table) {
      const found = mistakesWith(line, text);
      expect(
        found.some((mistake) => mistake.startsWith(start)),
        `${text}\n${found.join('\n')}`,
      ).toBe(true);
    }
  });

  it('shows mistakes of all parts together', () => {
    const text = lines
      .join('\n')
      .replace('UAH', 'hryvnia')
      .replace('Europe/Kyiv', 'Kiev')
      .replace('zone: local, price', 'zone: lokal, price')
      .replace('100min', '100kg');
    expect(checkTariff(text, noSideFile).map((mistake) => mistake.line)).toEqual([3, 4, 16, 21]);
  });

  it('shows more than a handful of the same kind, and leaves the settings of others alone', () => {
    const { maxErrors } = System.Settings.Get();
    const rules = Array.from({ length: 40 }, () => '  - { price: { price: x, per: 1min } }').join('\n');
    expect(mistakesWith(18, rules).length).toBeGreaterThanOrEqual(40);
    expect(System.Settings.Get().maxErrors).toBe(maxErrors);
  });

  it('reads prefixes from a file beside it, and finds its mistakes', () => {
    const right = 'prefix,zone\r\n3805,mobile\n# a comment\n\n38067,mobile\n';
    const rule = '  - { price: { price: 0.30, per: 1min } }\nzonesFile: prefixes.csv';
    expect(mistakesWith(18, rule, { 'prefixes.csv': right })).toEqual([]);
    expect(mistakesWith(18, rule, { 'prefixes.csv': '3805,mobile\n3805,other\n38a,x\n' })).toEqual([
      'prefixes.csv:2: Prefix `3805` already stands in zone `mobile`. Keep it once.',
      'prefixes.csv:3: `38a,x` is not a prefix and a zone. Write lines like `38044,kyiv`.',
    ]);
    expect(mistakesWith(18, rule)[0]).toContain('19: zonesFile: `prefixes.csv` cannot be read');
  });

  it('throws them all when it prepares a publication', () => {
    expect(() => prepareTariff('name: x', noSideFile)).toThrow(/`effective` is missing/);
  });
});

describe('a prepared tariff', () => {
  it('carries everything it rests on', () => {
    const text = `${lines.join('\n')}\nzonesFile: prefixes.csv\n`;
    const { document, data } = prepareTariff(text, () => '3805,local\n');
    expect(document).toBe(text);
    expect(data.files).toEqual({ 'prefixes.csv': '3805,local\n' });
    expect(data.zones['Europe/Kyiv']!.length).toBeGreaterThan(50);
    expect(JSON.parse(JSON.stringify({ document, data }))).toEqual({ document, data });
  });
});
