import { describe, it, expect } from 'vitest';
import { checkTariff, formatMistake } from '../../../rating/index.ts';
import { noSideFile } from '../support/tariffs.ts';

const head = (service: string, rest: string, rounding = 'record') => `name: t
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: ${service}
tax: { percent: 20, included: true }
rounding: { at: ${rounding}, mode: half-up, decimals: 2 }
${rest}
`;
const first = 8;

/** Mistakes as `line: text`; the line counted from the first one after the head. */
function mistakes(service: string, rest: string, files: Record<string, string> = {}, rounding = 'record'): string[] {
  const read = (name: string) => (Object.hasOwn(files, name) ? files[name]! : noSideFile(name));
  return checkTariff(head(service, rest, rounding), read, 't.yaml').map((mistake) =>
    formatMistake({ ...mistake, line: mistake.file === 't.yaml' ? mistake.line - first + 1 : mistake.line }),
  );
}

const rules = 'rules: [{ price: { price: 1, per: 1min } }]';
const energy = 'rules: [{ price: { price: 1, per: 1kWh } }]';
const priced = (price: string) => `rules: [{ price: ${price} }]`;

describe('checking the record side of a tariff', () => {
  it('finds what does not go together in a price', () => {
    const table: [string, string, string][] = [
      [
        'voice',
        '{ price: 1, tiers: [{ price: 1, per: 1min }] }',
        '1: rules.0.price.tiers: `tiers` stands in place of `price`.',
      ],
      [
        'voice',
        '{ tiers: [{ upTo: 1min, price: 1, per: 1min }] }',
        '1: rules.0.price.tiers.0.upTo: The last tier ends',
      ],
      [
        'voice',
        '{ tiers: [{ price: 1, per: 1min }, { price: 1, per: 1min }] }',
        '1: rules.0.price.tiers.0.upTo: Only the last tier has no end.',
      ],
      [
        'voice',
        '{ tiers: [{ upTo: 5min, price: 1, per: 1min }, { upTo: 3min, price: 1, per: 1min }, { price: 1, per: 1min }] }',
        '1: rules.0.price.tiers.1.upTo: It is not above the tier before.',
      ],
      [
        'voice',
        '{ tiers: [{ upTo: 5MB, price: 1, per: 1min }, { price: 1, per: 1min }] }',
        '`5MB` is not a quantity in ms',
      ],
      ['data', '{ tiers: [{ price: 1, per: 1MB, then: 1MB }] }', '1: rules.0.price.tiers.0.then: `then` is for time.'],
      [
        'data',
        '{ unit: full, tiers: [{ price: 1, per: 1MB }] }',
        '1: rules.0.price.unit: With `tiers` there is no `per`',
      ],
      ['voice', '{ price: 1, per: 1min, whole: true }', '1: rules.0.price.whole: `whole` is for `tiers`'],
      ['voice', '{ price: 1, per: 1min, atCap: free }', '1: rules.0.price.atCap: `atCap` is for `cap`'],
      ['voice', '{ price: 1, per: 1min, minimum: 2, cap: 1 }', '1: rules.0.price.cap: The cap is below the minimum.'],
      [
        'voice',
        '{ price: 1, per: 1min, percent: -101 }',
        '1: rules.0.price.percent: A discount takes off 100 % at most.',
      ],
      ['voice', '{ series: spot }', '1: rules.0.price.series: There is no series `spot`.'],
    ];
    for (const [service, price, start] of table) {
      const found = mistakes(service, priced(price));
      expect(
        found.some((one) => one.includes(start)),
        `${price}\n${found.join('\n')}`,
      ).toBe(true);
    }
  });

  it('finds what is wrong with days, seasons and clocks', () => {
    const bands = "bands: { all: [{ from: '00:00', to: '24:00' }] }";
    const table: [string, string][] = [
      ['clock: standard', '`clock` has no meaning without `bands`'],
      ['seasons: { all: [{ from: 01-01, to: 12-31 }] }', '`seasons` has no meaning without `bands`'],
      [`${bands}\nclock: summer`, 'Write `local`, `standard` or an offset'],
      [
        `${bands}\nseasons: { s: [{ from: 04-01, to: 09-30 }], w: [{ from: 10-01, to: 03-30 }] }`,
        'No season has 03-31.',
      ],
      [
        `${bands}\nseasons: { s: [{ from: 04-01, to: 10-01 }], w: [{ from: 10-01, to: 03-31 }] }`,
        '10-01 to 03-31 is already taken by `s`',
      ],
      [`${bands}\nseasons: { s: [{ from: 02-30, to: 12-31 }] }`, 'There is no such day.'],
      [`${bands}\ndaySets: { a: [2026-05-01], b: [2026-05-01] }`, '2: daySets.b.0: This day also stands in `a`.'],
      [`${bands}\ndaySets: { a: [2026-13-01] }`, '`2026-13-01` is no day of the calendar.'],
      [`${bands}\ncountry: PL\nworkdays: [2026-11-12]`, '3: workdays.0: This day is no public holiday of `country`.'],
      [`${bands}\ncountry: DE`, 'Use one of: BA, CZ, PL, UA, UZ'],
      [
        "bands: { all: [{ season: summer, from: '00:00', to: '24:00' }] }",
        'There is no season `summer`. Add `seasons`',
      ],
      [
        "daySets: { fair: [2026-05-02] }\nbands: { all: [{ days: [workday, weekend], from: '00:00', to: '24:00' }] }",
        'No band covers fair 00:00-24:00.',
      ],
      [
        'seasons: { s: [{ from: 04-01, to: 09-30 }], w: [{ from: 10-01, to: 03-31 }] }\nbands: { all: [{ season: s }, { season: w, days: [workday] }] }',
        'No band covers sat sun 00:00-24:00 in w.',
      ],
    ];
    for (const [text, start] of table) {
      const found = mistakes('voice', `${text}\n${rules}`);
      expect(
        found.some((one) => one.includes(start)),
        `${text}\n${found.join('\n')}`,
      ).toBe(true);
    }
    expect(mistakes('voice', `country: UA\n${rules}`)).toEqual([]);
  });

  it('finds what is wrong with conditions', () => {
    const two = (when: string, again: string) => `rules:
  - { when: ${when}, price: { price: 1, per: 1min } }
  - { when: ${again}, price: { price: 1, per: 1min } }
  - { price: { price: 1, per: 1min } }`;
    const table: [string, string][] = [
      [
        two('{ calledParty: hotline }', '{ direction: in }'),
        '2: rules.0.when.calledParty: There is no set of numbers `hotline`.',
      ],
      [two('{ trunkOut: T1 }', '{ trunkOut: T1 }'), '3: rules.1: Earlier rules match everything that this one could.'],
      [two('{}', '{ trunkOut: T1 }'), '2: rules.0.when: Nothing is asked in it.'],
      [two('{ direction: both }', '{ trunkOut: T1 }'), 'Use one of: out, in'],
      [two('{ colour: red }', '{ trunkOut: T1 }'), '`colour` is not known here. Known: class, direction'],
      [`numbers: { '1st': ['1'] }\n${rules}`, 'The name of a set begins with a letter.'],
      [`numbersFile: sets.csv\n${rules}`, '1: numbersFile: `sets.csv` cannot be read'],
    ];
    for (const [text, start] of table) {
      const found = mistakes('voice', text);
      expect(
        found.some((one) => one.includes(start)),
        `${text}\n${found.join('\n')}`,
      ).toBe(true);
    }
    expect(mistakes('voice', two('{ trunkOut: T1 }', '{ trunkOut: T2 }'))).toEqual([]);
  });

  it('wants components of their own for settled rules that only conditions tell apart', () => {
    const text = (component: string) => `rules:
  - { when: { trunkOut: T1 }, ${component}price: { price: 1, per: 1min } }
  - { price: { price: 2, per: 1min } }`;
    expect(mistakes('voice', text(''), {}, 'line')).toEqual([
      't.yaml:3: rules.1: Its line has the same `component` as that of rule 1: settlement could not tell them apart. ' +
        'Give rules with `when` components of their own, or round on the record.',
    ]);
    expect(mistakes('voice', text('component: trunk, '), {}, 'line')).toEqual([]);
    expect(mistakes('voice', text(''))).toEqual([]);
  });

  it('finds what is wrong with a series', () => {
    const text = (every = '60min') =>
      `series: { spot: { file: s.csv, every: ${every}, per: 1MWh } }\n${priced('{ series: spot }')}`;
    const of = (csv: string, every?: string) => mistakes('electricity', text(every), { 's.csv': csv });
    expect(of('2026-01-01T00:00Z,85.31\n2026-01-01T01:00Z,-3\n')).toEqual([]);
    expect(mistakes('electricity', text())[0]).toContain('`s.csv` cannot be read');
    expect(of('2026-01-01T00:00Z;x\n')[0]).toContain('s.csv:1: `2026-01-01T00:00Z;x` is not a moment and a price.');
    expect(of('2026-01-01T01:00Z,1\n2026-01-01T00:00Z,1\n')[0]).toContain('s.csv:2: `2026-01-01T00:00Z` is not after');
    expect(of('2026-01-01T01:00Z,1\n2026-01-01T01:30Z,1\n')[0]).toContain('is not on the grid');
    expect(of('\n')[0]).toContain('There is no price in it.');
    expect(of('2026-01-01T00:00Z,1\n', '10s')[0]).toContain('Each price holds for a minute at least.');
    expect(of('2026-01-01T00:00Z,1\n', '60kWh')[0]).toContain('Each price holds for a minute at least.');
  });

  it('finds what is wrong with gas as energy', () => {
    const gas = (energy: string) => `energy: ${energy}\nrules: [{ price: { price: 1, per: 1kWh } }]`;
    const byArea = gas('{ calorific: { file: c.csv, area: gasArea } }');
    const of = (csv: string) => mistakes('gas', byArea, { 'c.csv': csv });
    expect(of('# a remark\nday,area,kWh\n2026-01-02,n,10.5\n2026-01-01;n;10.6\n')).toEqual([]);
    const table: [string[], string][] = [
      [
        of('2026-01-01,10.5\n'),
        'c.csv:1: `2026-01-01,10.5` is not a day, an area and a value. Write one line for each day',
      ],
      [of('2026-02-30,n,10.5\n'), 'c.csv:1: `2026-02-30,n,10.5` is not a day'],
      [of('2026-01-01,n,10.5\n2026-01-01,n,10.6\n'), 'c.csv:2: `2026-01-01,n,10.6` is there twice.'],
      [of('2026-01-01,n,0.0\n'), 'c.csv:1: `2026-01-01,n,0.0` has a value of zero.'],
      [of('\n'), 'c.csv:1: There is no value in it.'],
      [of('1026-01-01,n,10\n2026-01-01,n,10\n'), 'c.csv:1: Its days are too far apart.'],
      [mistakes('gas', byArea), '1: energy.calorific.file: `c.csv` cannot be read'],
      [mistakes('gas', gas('{ calorific: 0 }')), '1: energy.calorific: Nothing would be sold.'],
      [mistakes('gas', gas('{ calorific: 10, round: 1m3 }')), '1: energy.round: `1m3` is not a quantity in Wh'],
      [mistakes('gas', gas('{ correction: 1 }')), '`calorific` is missing'],
      [mistakes('gas', gas('{ calorific: 10 }').replace('1kWh', '1m3')), '`1m3` is not a quantity in Wh'],
      [mistakes('water', gas('{ calorific: 10 }')), '1: energy: Only gas is metered as volume and sold as energy.'],
      [mistakes('gas', gas('{ calorific: 10 }'), {}, 'session'), 'With `energy` there are no sessions.'],
    ];
    for (const [found, start] of table) {
      expect(
        found.some((one) => one.includes(start)),
        `${start}\n${found.join('\n')}`,
      ).toBe(true);
    }
  });

  it('says which crossing goes with what', () => {
    const table: [string, string, string][] = [
      ['electricity', `crossing: split\n${energy}`, 'Only time can be cut at a border'],
      ['electricity', `crossing: by-increment\n${energy}`, 'or write `prorate`'],
      ['voice', `crossing: prorate\n${rules}`, 'Time has its own border'],
      ['sms', 'crossing: prorate\nrules: [{ price: { price: 1, per: 1event } }]', 'Events cannot be divided.'],
      [
        'electricity',
        "crossing: prorate\nbands: { a: [{ from: '00:00', to: '12:00' }], b: [{ from: '12:00', to: '00:00' }] }\n" +
          'rules: [{ price: { whole: true, tiers: [{ upTo: 5kWh, price: 1, per: 1kWh }, { price: 2, per: 1kWh }] } }]',
        'does not go with a usage that is divided',
      ],
    ];
    for (const [service, text, start] of table) {
      const found = mistakes(service, text);
      expect(
        found.some((one) => one.includes(start)),
        `${text}\n${found.join('\n')}`,
      ).toBe(true);
    }
  });
});
