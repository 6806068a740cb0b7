/** Settlement through the whole program: attributes, shared allowances, payers, owners, failures, explanations. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System } from './system.ts';

const START_MS = 240_000;
const HEAD = `effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
tax: { percent: 20, included: true }
rounding: { at: line, mode: half-up, decimals: 2 }
`;

const TARIFFS: Record<string, string> = {
  'family.yaml': `name: family
service: voice
${HEAD}
rules: [{ price: { price: 1.00, per: 1min, first: 1min, then: 1min } }]
period:
  allowances: [{ component: shared, quantity: 100min, scope: group }]
`,
  'light.yaml': `name: light
service: electricity
${HEAD}
rules: [{ component: energy, price: { price: 2.00, per: 1kWh } }]
period:
  split: days
  benefits:
    - component: benefit
      payer: budget
      attribute: benefit
      categories: { hero: 100 }
      of: energy
      norm: { quantity: 10kWh, each: 5kWh, times: persons }
`,
  'gas.csv': '2026-10-01,north,10.5\n2026-10-02,north,10.6\n',
  'gas.yaml': `name: gas
service: gas
${HEAD}
energy: { calorific: { file: gas.csv, area: gasArea }, correction: { attribute: gasCorrection } }
rules: [{ component: gas, price: { price: 2.00, per: 1kWh } }]
`,
  // The discount is taken of what record charges say: which rule priced a call only its record told.
  'office.yaml': `name: office
service: voice
${HEAD.replace('at: line', 'at: record')}
rules:
  - { component: internal, when: { calledParty: '38044*' }, price: { price: 0.10, per: 1min, first: 1min, then: 1min } }
  - { component: outside, price: { price: 1.00, per: 1min, first: 1min, then: 1min } }
period:
  discounts: [{ component: less, percent: 10, of: outside }]
`,
  // By day nobody asks whom the call is for; the charge says it, for the minutes after eight.
  'shift.yaml': `name: shift
service: voice
${HEAD}
bands: { day: [{ from: '08:00', to: '20:00' }], night: [{ from: '20:00', to: '08:00' }] }
crossing: by-increment
rules:
  - { component: day, band: day, price: { price: 2.00, per: 1min, first: 1min, then: 1min } }
  - { component: mobile, band: night, when: { calledParty: '38067*' }, price: { price: 0.50, per: 1min, then: 1min } }
  - { component: night, band: night, price: { price: 1.00, per: 1min, then: 1min } }
`,
};

const REGISTRY = `parties: [{ id: P-1, name: Family }]
accounts:
  - { id: A-1, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv }
  - { id: A-2, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv }
  - { id: A-3, partyId: P-1, currency: EUR, timeZone: Europe/Kyiv }
subscriptions:
  - id: S-mother
    accountId: A-1
    identifiers: [{ kind: number, value: '380440000001' }]
    tariffs: [{ view: retail, service: voice, tariff: family }]
    attributes: [{ name: group, value: kovalenko }]
  - id: S-son
    accountId: A-1
    identifiers: [{ kind: number, value: '380440000002' }]
    tariffs: [{ view: retail, service: voice, tariff: family }]
    attributes: [{ name: group, value: kovalenko }]
  - id: S-unpublished
    accountId: A-1
    identifiers: [{ kind: number, value: '380440000003' }]
    tariffs: [{ view: retail, service: voice, tariff: nowhere }]
  - id: S-old-owner
    accountId: A-1
    usagePoint: true
    identifiers: [{ kind: meter, value: M1, to: 2026-10-11 }]
    tariffs: [{ view: retail, service: electricity, tariff: light, to: 2026-10-11 }]
  - id: S-new-owner
    accountId: A-2
    usagePoint: true
    identifiers: [{ kind: meter, value: M1, from: 2026-10-11 }]
    tariffs: [{ view: retail, service: electricity, tariff: light, from: 2026-10-11 }]
    attributes:
      - { name: benefit, value: hero }
      - { name: persons, value: '3' }
  - id: S-gas
    accountId: A-1
    usagePoint: true
    identifiers: [{ kind: meter, value: G1 }]
    tariffs: [{ view: retail, service: gas, tariff: gas }]
    attributes: [{ name: gasArea, value: north }, { name: gasCorrection, value: '0.975' }]
  - id: S-office
    accountId: A-1
    identifiers: [{ kind: number, value: '380440000005' }]
    tariffs: [{ view: retail, service: voice, tariff: office }]
  - id: S-shift
    accountId: A-1
    identifiers: [{ kind: number, value: '380440000006' }]
    tariffs: [{ view: retail, service: voice, tariff: shift }]
  - id: S-euro
    accountId: A-3
    identifiers: [{ kind: number, value: '380440000004' }]
    tariffs: [{ view: retail, service: voice, tariff: family }]
`;

const GUIDING = `guiding: test
rules:
  - { class: call.originating, views: [{ view: retail, by: [callingParty] }] }
  - { class: 'electricity.*', views: [{ view: retail, by: [meter] }] }
  - { class: 'gas.*', views: [{ view: retail, by: [meter] }] }
`;

let system: System;
let folder: string;
let definitions: Record<string, unknown>;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-settlement-'));
  const write = (name: string, text: string): string => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  for (const [name, text] of Object.entries(TARIFFS)) write(`tariffs/${name}`, text);
  definitions = {
    tariffs: [path.join(folder, 'tariffs')],
    guiding: write('guiding.yaml', GUIDING),
    registry: [write('registry.yaml', REGISTRY)],
  };
  system = await System.start({ definitions });
  const readings = [
    'meter,register,readAt,value,unit,quality',
    'M1,1.8.0,2026-10-01T00:00:00,1000,kWh,actual',
    'M1,1.8.0,2026-10-21T00:00:00,1040,kWh,actual',
    'G1,7-0:3.0.0,2026-10-01T00:00:00,1000,m3,actual',
    'G1,7-0:3.0.0,2026-10-03T00:00:00,1100,m3,actual',
  ];
  await push(call(1, '380440000001', 80), call(2, '380440000002', 50), call(3, '380440000004', 10));
  await push(call(5, '380440000005', 10, '380441111111'), call(6, '380440000005', 7));
  await push(call(7, '380440000006', 2, '380671234567', '16:59'), call(8, '380440000006', 2, '380501234567', '16:59'));
  await system.feed('meters', 'readings.csv', 'meter-register-csv', `${readings.join('\n')}\n`);
}, START_MS);

afterAll(async () => {
  await system.remove();
  fs.rmSync(folder, { recursive: true, force: true });
});

function call(no: number, from: string, minutes: number, to = '380671234567', at = '09:00'): Uint8Array {
  const time = `2026-10-0${no}T${at}:00Z`;
  const data = { from, to, startAt: time, durationMs: minutes * 60_000 };
  return Buffer.from(
    JSON.stringify({ specversion: '1.0', id: `e-${no}`, source: '/test', type: 'tollgrid.usage.voice', time, data }),
  );
}

async function push(...events: Uint8Array[]): Promise<void> {
  const { entryNo } = await system.services.pushUsage({ source: 'pbx', events, requestSha256: '' });
  await system.processed(entryNo);
}

async function settle(postingPeriod?: string) {
  const { entry } = await system.services.settle({ period: '2026-10', postingPeriod, by: 'test' });
  await system.processed(entry);
  return (await system.services.settlement(entry))!;
}

const lines = async () =>
  (await system.charges())
    .filter(({ kind }) => kind === 'settlement')
    .map((one) => [one.subscription, one.view, one.component, one.quantity, one.amount, one.postingPeriod]);

describe('settling a month', () => {
  it('refuses to bill it with a month before', async () => {
    await expect(settle('2026-09')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('says what it posted, and for whom and why it could not', async () => {
    const result = await settle();
    expect(result).toMatchObject({ period: '2026-10', postingPeriod: '2026-10', settled: 7, failed: 2, lines: 10 });
    // 30 minutes; half of 40 kWh each; the benefit is off one bill and on another; 2057.25, -0.70, 2.50 and 3.00.
    expect(result.money).toEqual([{ currency: 'UAH', amount: '2172.050000', tax: '362.020000' }]);
    expect(result.failures.map(({ code, count, subscriptions }) => [code, count, subscriptions])).toEqual([
      ['RATE_NO_TARIFF', 1, ['S-unpublished']],
      ['SETTLE_CURRENCY', 1, ['S-euro']],
    ]);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        ['S-mother', 'retail', 'shared', 4_800_000, '0.000000', '2026-10'],
        ['S-son', 'retail', 'shared', 1_200_000, '0.000000', '2026-10'],
        ['S-son', 'retail', 'usage', 1_800_000, '30.000000', '2026-10'],
        ['S-old-owner', 'retail', 'energy', 20_000, '40.000000', '2026-10'],
        ['S-new-owner', 'retail', 'energy', 20_000, '40.000000', '2026-10'],
        // 20 kWh for three persons, 21 of 31 days: 13.548 of 20 kWh are inside the norm.
        ['S-new-owner', 'retail', 'benefit', 0, '-27.100000', '2026-10'],
        ['S-new-owner', 'retail:budget', 'benefit', 0, '27.100000', '2026-10'],
        // 100 m3 × 0.975 × 10.55, the mean of two days.
        ['S-gas', 'retail', 'gas', 1_028_625, '2057.250000', '2026-10'],
        // 10 % of 7.00, not of the 1.00 for ten minutes inside.
        ['S-office', 'retail', 'less', 0, '-0.700000', '2026-10'],
        // A minute by day, and one of night for 0.50 or 1.00.
        ['S-shift', 'retail', 'day', 240_000, '5.500000', '2026-10'],
      ]),
    );
    expect((await system.audit()).closes).toBe(true);
  });

  it('takes what record charges say, and finds the rules of other bands by their names', async () => {
    const calls = (await system.charges()).filter(({ kind }) => kind !== 'settlement');
    const of = (subscription: string) =>
      calls.filter((one) => one.subscription === subscription).map((one) => [one.kind, one.component, one.amount]);
    expect(of('S-office').sort()).toEqual([
      ['record', 'internal', '1.000000'],
      ['record', 'outside', '7.000000'],
    ]);
    expect(of('S-shift').sort()).toEqual([
      ['valuation', 'day#0', '3.000000'],
      ['valuation', 'day#2', '2.500000'],
    ]);
  });

  it('posts nothing the second time, and late usage with the month that is open', async () => {
    const before = await lines();
    expect(await settle()).toMatchObject({ settled: 7, failed: 2, lines: 0, money: [] });
    expect(await lines()).toEqual(before);
    await push(call(4, '380440000001', 7));
    expect(await settle('2026-12')).toMatchObject({ lines: 1, money: [{ currency: 'UAH', amount: '7.000000' }] });
    const late = (await lines()).filter((line) => !before.some((one) => String(one) === String(line)));
    expect(late).toEqual([['S-mother', 'retail', 'usage', 420_000, '7.000000', '2026-12']]);
  });

  it('tells of an older settlement what it told then, after a restart', async () => {
    const told = await settle();
    await system.stop();
    system = await System.start({ folder: system.folder, definitions });
    await system.processed();
    expect(await system.services.settlement(told.entry)).toEqual(told);
    expect(await system.services.settlement(1)).toBeNull();
  });

  it('explains each line: version, allowance used and left, quantity, price, tax, usages', async () => {
    const all = (await system.charges()).filter(({ kind }) => kind === 'settlement');
    const textOf = async (component: string, view = 'retail') => {
      const { id } = all.find((one) => one.component === component && one.view === view)!;
      const told = (await system.services.explainCharge(id))!;
      return { text: told.steps.map(({ text }) => text).join('\n'), covers: told.covers };
    };
    const shared = await textOf('shared');
    expect(shared.text).toContain('Tariff family@2026-01-01');
    expect(shared.text).toContain('Allowance shared: 100min');
    expect(shared.text).toMatch(/100min used, 0ms left/);
    expect(shared.covers).toHaveLength(1);
    const benefit = await textOf('benefit', 'retail:budget');
    expect(benefit.text).toContain('hero: 100 % of 40.00');
    const { id } = (await system.charges()).find((one) => one.subscription === 'S-gas' && one.kind === 'valuation')!;
    const gas = (await system.services.explainCharge(id))!.steps.map(({ text }) => text).join('\n');
    expect(gas).toContain('100m3 × correction 0.975 × 10.55 kWh per m3 in north, the mean of 2 days = 1028625Wh.');
    const call = (await system.charges()).find((one) => one.subscription === 'S-son' && one.kind === 'valuation')!;
    const provisional = (await system.services.explainCharge(call.id))!.steps.filter(
      ({ step }) => step === 'provisional',
    );
    expect(provisional.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Provisional: settled now, .* of it would stand in the line shared/),
      expect.stringMatching(/^Provisional: Allowance shared: 100min .* 100min used, 0ms left/),
      expect.stringMatching(/^Provisional: settled now, .* of it would stand in the line /),
    ]);
    const energy = await textOf('energy');
    expect(energy.text).toContain('20kWh × 2.00 UAH per 1kWh');
    expect(energy.covers.map(({ quantity }) => quantity)).toEqual([20_000]);
  });
});
