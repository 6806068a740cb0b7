import { describe, expect, it } from 'vitest';
import { readRegistryFile } from '../../registry/index.ts';

const mistakesOf = (text: string, name: string): Promise<string[]> =>
  readRegistryFile(text, name).then(
    () => [],
    (error: { code: string; message: string }) => {
      expect(error.code).toBe('REGISTRY_IMPORT_INVALID');
      return error.message.split('\n');
    },
  );

const yaml = `parties:
  - { id: P-1, name: 'Olena Koval' }
accounts:
  - { id: 01001, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv, division: root/north }
subscriptions:
  - id: U-1
    accountId: 01001
    usagePoint: true
    identifiers:
      - { kind: meter, value: 00042, multiplier: 40, digits: 6, from: 2026-01-01 }
    tariffs:
      - { view: retail, service: electricity, tariff: home }
`;

describe('a registry import from YAML', () => {
  it('keeps text as text, so that leading zeros and dates survive without quotes', async () => {
    expect(await readRegistryFile(yaml, '/some/where/town.yaml')).toEqual([
      { at: 'town.yaml:2', input: { kind: 'party', id: 'P-1', name: 'Olena Koval' } },
      {
        at: 'town.yaml:4',
        input: {
          kind: 'account',
          id: '01001',
          partyId: 'P-1',
          currency: 'UAH',
          timeZone: 'Europe/Kyiv',
          division: 'root/north',
        },
      },
      {
        at: 'town.yaml:6',
        input: {
          kind: 'subscription',
          id: 'U-1',
          accountId: '01001',
          usagePoint: true,
          identifiers: [{ kind: 'meter', value: '00042', multiplier: 40, digits: 6, from: '2026-01-01' }],
          tariffs: [{ view: 'retail', service: 'electricity', tariff: 'home' }],
        },
      },
    ]);
  });

  it('tells all mistakes with their lines', async () => {
    const bad = yaml
      .replace('UAH', 'UAHH')
      .replace('digits: 6', 'digits: six')
      .replace("name: 'Olena Koval'", 'nam: Olena')
      .concat('meters: []\n');
    const mistakes = await mistakesOf(bad, 'town.yml');
    expect(mistakes).toEqual([
      'town.yml:13: unknown key `meters`',
      'town.yml:2: party P-1: `name` is missing',
      'town.yml:2: party P-1: unknown key `nam`',
      'town.yml:4: account 01001: currency `UAHH` is not an ISO 4217 code',
      expect.stringContaining('town.yml:6: subscription U-1: /identifiers/0/digits: must be integer'),
    ]);
    expect((await mistakesOf('a: [', 'x.yaml'))[0]).toContain('x.yaml:1: ');
    expect(await mistakesOf('- a', 'x.yaml')).toEqual([
      'x.yaml:1: must be a map with parties, accounts, subscriptions',
    ]);
    expect(await mistakesOf('', 'x.json')).toEqual(['x.json: the name must end in .yaml, .yml, .csv']);
  });
});

const header =
  'party_id,party_name,account_id,currency,time_zone,subscription_id,number,login,meter,digits,tariff:retail:voice,from,to';
const row = (subscription: string, rest: string): string =>
  `P-1,"Koval, ""Olena""",A-1,UAH,Europe/Kyiv,${subscription},${rest}`;

describe('a registry import from CSV', () => {
  it('makes each party and account once, and one subscription of its rows', async () => {
    const text = `\uFEFF${header}\r\n${row('S-1', '0441|0442,,,,calls,2026-01-01,2026-03-01')}\r\n${row('S-1', '0443,ann,,,new-calls,2026-03-01,')}\r\n`;
    const dates = { from: '2026-01-01', to: '2026-03-01' };
    expect(await readRegistryFile(text, 'town.csv')).toEqual([
      { at: 'town.csv:2', input: { kind: 'party', id: 'P-1', name: 'Koval, "Olena"' } },
      {
        at: 'town.csv:2',
        input: { kind: 'account', id: 'A-1', partyId: 'P-1', currency: 'UAH', timeZone: 'Europe/Kyiv' },
      },
      {
        at: 'town.csv:2',
        input: {
          kind: 'subscription',
          id: 'S-1',
          accountId: 'A-1',
          usagePoint: false,
          identifiers: [
            { kind: 'number', value: '0441', ...dates },
            { kind: 'number', value: '0442', ...dates },
            { kind: 'number', value: '0443', from: '2026-03-01' },
            { kind: 'login', value: 'ann', from: '2026-03-01' },
          ],
          tariffs: [
            { view: 'retail', service: 'voice', tariff: 'calls', ...dates },
            { view: 'retail', service: 'voice', tariff: 'new-calls', from: '2026-03-01' },
          ],
        },
      },
    ]);
  });

  it('takes dated attributes from columns of their name', async () => {
    const text = [
      `${header},attribute:persons,attribute:benefit`,
      `${row('S-1', '1,,,,,,')},3,`,
      `${row('S-1', ',,,,,2026-03-01,')},4,hero`,
    ].join('\n');
    const subscription = (await readRegistryFile(text, 't.csv')).at(-1)!.input;
    expect(subscription).toMatchObject({
      attributes: [
        { name: 'persons', value: '3' },
        { name: 'persons', value: '4', from: '2026-03-01' },
        { name: 'benefit', value: 'hero', from: '2026-03-01' },
      ],
    });
  });

  it('takes semicolons, quoted line ends, and counts lines right behind them', async () => {
    const text = `${header.replaceAll(',', ';')}\nP-1;"Koval\nOlena";A-1;UAH;Europe/Kyiv;S-1;+1;;;;;;\n`;
    expect(await mistakesOf(text, 't.csv')).toEqual([
      't.csv:2: subscription S-1: number `+1` must be 1 to 15 digits without plus',
    ]);
    const after = `${text}P-1;x;A-1;UAH;Europe/Kyiv;S-2;2;;;;;;\n`;
    expect((await mistakesOf(after, 't.csv'))[0]).toBe('t.csv:4: party P-1 stands otherwise on line 2');
  });

  it('tells all mistakes with their lines', async () => {
    const text = [header, row('S-1', '1,,,,,,'), row('', '2,,,,,,'), row('S-3', '3,,m,x,,,'), 'P-1', ''].join('\n');
    expect(await mistakesOf(text, 't.csv')).toEqual([
      't.csv:3: subscription_id is empty',
      't.csv:4: digits `x` is not a number',
      't.csv:5: 1 cells where the header has 13',
    ]);
    expect(await mistakesOf('party_id,colour,colour\n', 't.csv')).toEqual([
      't.csv:1: unknown columns: colour, colour',
      't.csv:1: columns are missing: party_name, account_id, currency, time_zone, subscription_id',
      't.csv:1: columns stand twice: colour',
    ]);
  });
});
