import { describe, it, expect } from 'vitest';
import { checkTariff } from '../../../rating/index.ts';
import { noSideFile } from '../support/tariffs.ts';

const head = (service = 'voice') => `name: t
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: ${service}
tax: { percent: 20, included: true }
rounding: { at: line, mode: half-up, decimals: 2 }
`;
const rules = 'rules: [{ price: { price: 1, per: 1min } }]';
const test = '{ name: x, given: { start: 2026-01-02T10:00, duration: 60s }, expect: { amount: 1 }, source: computed }';

/** What is wrong, the file from its eighth line on, files beside it: file and line, what is said of it, what to do. */
const BAD: [string, string, Record<string, string>, string, string, string][] = [
  [
    'overlapping bands',
    `bands: { a: [{ to: '20:00' }], b: [{ from: '19:00' }] }\n${rules}`,
    {},
    't.yaml:8',
    '19:00 to 24:00 is already taken by `a`',
    'Each minute of a day belongs to one band.',
  ],
  [
    'a gap in the day',
    `bands:\n  a: [{ from: '08:00', to: '20:00' }]\n${rules}`,
    {},
    't.yaml:8',
    'No band covers mon tue wed thu fri sat sun 00:00-08:00',
    'Add these hours to a band',
  ],
  [
    'a rule that is never reached',
    `rules:\n  - { price: { price: 1, per: 1min } }\n  - { price: { price: 2, per: 1min } }`,
    {},
    't.yaml:10',
    'Earlier rules match everything',
    'Put it before them or remove it.',
  ],
  [
    'a zone that nobody described',
    "zones: { a: ['1'] }\nrules: [{ zone: b, price: { price: 1, per: 1min } }]",
    {},
    't.yaml:9',
    'There is no zone `b`',
    'Known: a.',
  ],
  [
    'a zone without a price',
    "zones: { a: ['1'], b: ['2'] }\nrules: [{ zone: a, price: { price: 1, per: 1min } }]",
    {},
    't.yaml:9',
    'No rule prices zone `b`',
    'Add a rule for it',
  ],
  [
    'a unit of another service',
    'rules: [{ price: { price: 1, per: 1kWh } }]',
    {},
    't.yaml:8',
    '`1kWh` is not a quantity in ms, s, min, h',
    'Write a number and a unit of the service, for example `1min`.',
  ],
  ['a key that is not known', `${rules}\nprice: 3`, {}, 't.yaml:9', '`price` is not known here', 'Known: name'],
  ['a key twice', `${rules}\nrules: []`, {}, 't.yaml:9', 'Map keys must be unique', 'Correct the YAML.'],
  ['an alias of nothing', 'rules: [{ price: *night }]', {}, 't.yaml:8', 'Unresolved alias', 'Correct the YAML.'],
  [
    'a name twice',
    `${rules}\nperiod:\n  fees:\n    - { component: a, amount: 1 }\n    - { component: a, amount: 1 }`,
    {},
    't.yaml:12',
    '`a` is already the component of `fees`',
    'Choose another name.',
  ],
  [
    'a test twice',
    `${rules}\ntests:\n  - ${test}\n  - ${test}`,
    {},
    't.yaml:11',
    'Test 1 is called so too',
    'Choose another name.',
  ],
  ['no test', `${rules}\ntests: []`, {}, 't.yaml:9', 'There is nothing in it', 'leave it out'],
  [
    'a day that is none',
    `holidays: [2026-02-30]\n${rules}`,
    {},
    't.yaml:8',
    '`2026-02-30` is no day of the calendar',
    'Correct the date.',
  ],
  [
    'a day of a test that is none',
    `${rules}\ntests: [${test.replace('-01-02', '-13-02')}]`,
    {},
    't.yaml:9',
    'is no day of the calendar',
    'Correct the date.',
  ],
  [
    'a component that nobody described',
    `${rules}\nperiod: { discounts: [{ component: d, percent: 10, of: calls }] }`,
    {},
    't.yaml:9',
    'There is no component `calls`',
    'Known: usage, d.',
  ],
  [
    'a prefix twice, in a file',
    `zonesFile: z.csv\n${rules}`,
    { 'z.csv': '380,a\n# x\n38044,b\n\n380,b\n' },
    'z.csv:5',
    'Prefix `380` already stands in zone `a`',
    'Keep it once.',
  ],
  [
    'a prefix here and in a file',
    `zones: { here: ['380'] }\nzonesFile: z.csv\n${rules}`,
    { 'z.csv': '38044,b\n380,b\n' },
    'z.csv:2',
    'already stands in zone `here`',
    'Keep it once.',
  ],
  [
    'a long prefix twice',
    `zones: { a: ['${'12345'.repeat(6)}'], b: ['${'12345'.repeat(6)}'] }\n${rules}`,
    {},
    't.yaml:8',
    'already stands in zone `a`',
    'Keep it once.',
  ],
  [
    'a file that is not there',
    `zonesFile: z.csv\n${rules}`,
    {},
    't.yaml:8',
    '`z.csv` cannot be read',
    'Put the file beside the tariff',
  ],
];

describe('a bad tariff', () => {
  it.each(BAD)('is told with place and cure: %s', (_what, text, files, place, problem, cure) => {
    const read = (name: string) => (Object.hasOwn(files, name) ? files[name] : noSideFile(name));
    const found = checkTariff(head() + text, read, 't.yaml');
    const said = found.map((one) => `${one.file}:${one.line} ${one.problem} ${one.cure}`);
    const right = found.find((one) => `${one.file}:${one.line}` === place && one.problem.includes(problem));
    expect(right, said.join('\n')).toBeDefined();
    expect(right!.cure).toContain(cure);
  });

  it('is no tariff at all', () => {
    for (const text of ['', 'hello', '- a']) {
      expect(checkTariff(text, noSideFile, 't.yaml')).toMatchObject([{ line: 1, problem: 'This is no tariff.' }]);
    }
  });

  it('has a series that an hour is missing in: it waits there, and the file is no mistake', () => {
    const text = `${head('electricity')}series: { s: { file: s.csv, every: 60min, per: 1MWh } }\nrules: [{ price: { series: s } }]`;
    const file = '2026-01-01T00:00Z,1\n2026-01-01T03:00Z,1\n';
    expect(checkTariff(text, () => file, 't.yaml')).toEqual([]);
  });
});
