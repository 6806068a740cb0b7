/** A draft tried on real usage: record charges and settlement beside what is active, against figures worked out by hand. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CanaryReport, CanaryRequest } from '../../../schemas/api/canaries.ts';
import { System } from './system.ts';

const START_MS = 180_000;
const head = (name: string, service: string, effective: string, at: string) => `name: ${name}
effective: ${effective}
currency: UAH
timeZone: Europe/Kyiv
service: ${service}
tax: { percent: 20, included: true }
rounding: { at: ${at}, mode: half-up, decimals: 2 }
`;
/** Calls by zone and by trunk: what the trunk was stands in the record only. */
const phone = (home: string, trunk: string, effective = '2026-01-01', zones = "home: ['380'], abroad: ['4']") =>
  `${head('phone', 'voice', effective, 'record')}zones: { ${zones} }
rules:
  - { zone: home, when: { trunkOut: gold }, price: { price: ${trunk}, per: 1min } }
  - { zone: home, price: { price: ${home}, per: 1min } }
${zones.includes('abroad') ? '  - { zone: abroad, price: { price: 10.00, per: 1min } }\n' : ''}`;
/** A fee and blocks of a month, shared by nobody. */
const power = (low: string, fee: string, effective = '2026-01-01') =>
  `${head('power', 'electricity', effective, 'line')}rules: [{ component: energy, price: { price: ${low}, per: 1kWh } }]
period:
  fees: [{ component: standing, amount: ${fee}, prorate: none }]
  tiers:
    - component: blocks
      steps: [{ upTo: 100kWh, price: ${low}, per: 1kWh }, { price: 5.00, per: 1kWh }]
`;

const account = (no: number) => `A-${no}`;
const REGISTRY = `parties: [{ id: P-1, name: Somebody }]
accounts:
${[1, 2, 3].map((no) => `  - { id: A-${no}, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv${no === 1 ? ', attributes: [{ name: segment, value: firms }]' : ''} }`).join('\n')}
subscriptions:
${[1, 2, 3]
  .map(
    (no) => `  - id: S-${no}
    accountId: A-${no}
    identifiers: [{ kind: number, value: '38044000000${no}' }]
    tariffs: [{ view: retail, service: voice, tariff: ${no === 3 ? 'other' : 'phone'} }]
  - id: M-${no}
    accountId: A-${no}
    usagePoint: true
    identifiers: [{ kind: meter, value: M${no} }]
    tariffs: [{ view: retail, service: electricity, tariff: power }]`,
  )
  .join('\n')}
`;
const GUIDING = `guiding: test
rules:
  - { class: call.originating, views: [{ view: retail, by: [callingParty] }] }
  - { class: 'electricity.*', views: [{ view: retail, by: [meter] }] }
`;

let system: System;
let folder: string;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-canary-'));
  const write = (name: string, text: string): string => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  write('tariffs/phone.yaml', phone('1.00', '0.50'));
  write('tariffs/other.yaml', phone('1.00', '0.50').replace('name: phone', 'name: other'));
  write('tariffs/power.yaml', power('2.00', '30.00'));
  const definitions = {
    tariffs: [path.join(folder, 'tariffs')],
    guiding: write('guiding.yaml', GUIDING),
    registry: [write('registry.yaml', REGISTRY)],
  };
  system = await System.start({ definitions });
  // Account 1: 10 + 20 minutes home, 5 by the golden trunk. Account 2: 4 minutes abroad, 30 home. Account 3: another tariff.
  await push(
    call(1, '2026-10-05', '380671234567', 10),
    call(1, '2026-10-06', '380671234567', 20),
    call(1, '2026-10-07', '380671234567', 5, 'gold'),
    call(2, '2026-10-08', '49301234', 4),
    call(2, '2026-10-09', '380671234567', 30),
    call(3, '2026-10-09', '380671234567', 100),
    call(1, '2026-11-02', '380671234567', 7),
    // Of nobody yet: it is recycled below.
    event('c-late', '380440000009', '2026-10-10', '380671234567', 3),
  );
  const readings = [
    'meter,register,readAt,value,unit,quality',
    ...[1, 2, 3].flatMap((no) => [
      `M${no},1.8.0,2026-10-01T00:00:00,1000,kWh,actual`,
      `M${no},1.8.0,2026-10-31T00:00:00,${1000 + 60 * no},kWh,actual`,
    ]),
  ];
  await system.feed('meters', 'readings.csv', 'meter-register-csv', `${readings.join('\n')}\n`);
  const late = `subscriptions:
  - id: S-9
    accountId: A-2
    identifiers: [{ kind: number, value: '380440000009' }]
    tariffs: [{ view: retail, service: voice, tariff: phone }]
`;
  await system.services.registryImport({ name: 'late.yaml', text: late, by: 'test' });
  await system.processed((await system.services.recycle({ by: 'test' })).entry);
}, START_MS);
afterAll(async () => {
  await system.remove();
  fs.rmSync(folder, { recursive: true, force: true });
});

let calls = 0;
const call = (no: number, day: string, to: string, minutes: number, trunkOut?: string): Uint8Array =>
  event(`c-${++calls}`, `38044000000${no}`, day, to, minutes, trunkOut);
function event(id: string, from: string, day: string, to: string, minutes: number, trunkOut?: string): Uint8Array {
  const time = `${day}T09:00:00Z`;
  const data = { from, to, startAt: time, durationMs: minutes * 60_000, ...(trunkOut !== undefined && { trunkOut }) };
  return Buffer.from(
    JSON.stringify({ specversion: '1.0', id, source: '/test', type: 'tollgrid.usage.voice', time, data }),
  );
}

async function push(...events: Uint8Array[]): Promise<void> {
  const { entryNo } = await system.services.pushUsage({ source: 'pbx', events, requestSha256: '' });
  await system.processed(entryNo);
}

async function canary(request: Partial<CanaryRequest> & Pick<CanaryRequest, 'tariff'>): Promise<CanaryReport> {
  let state = await system.services.startCanary({ from: '2026-10-01', to: '2026-11-01', ...request });
  while (state.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    state = system.services.canary(state.id)!;
  }
  if (state.report === null) throw new Error(`${state.failure?.code}: ${state.failure?.message}`);
  return state.report;
}
const document = (text: string) => ({ document: text, files: {} });
const money = ({ active, draft, difference }: { active: string; draft: string; difference: string }) =>
  [active, draft, difference].map(Number);

describe('a canary', { timeout: START_MS }, () => {
  it('rates the records of the tariff again under both, and posts nothing', async () => {
    const before = [system.services.status().logHead, await system.charges()];
    const report = await canary({ tariff: document(phone('1.20', '0.40', '2027-01-01')) });
    // Home 63 minutes for 1.20 in place of 1.00, golden 5 for 0.40 in place of 0.50, abroad as before.
    expect(report).toMatchObject({
      ...{ draft: 'phone@2027-01-01', inPlaceOf: 'phone', assumed: true, settledMonths: [], usages: 6, unread: 0 },
      ...{ unpriceable: [], activeUnpriceable: [], accounts: { cheaper: 0, dearer: 2, same: 0 } },
    });
    expect(report.totals.map(money)).toEqual([[105.5, 117.6, 12.1]]);
    expect(report.services).toMatchObject([{ view: 'retail', service: 'voice', usages: 6 }]);
    expect(report.places.map(({ zone, ...one }) => [zone, ...money(one)])).toEqual([
      ['home', 65.5, 77.6, 12.1],
      ['abroad', 40, 40, 0],
    ]);
    expect(report.losers.map((one) => [one.account, ...money(one)])).toEqual([
      [account(2), 73, 79.6, 6.6],
      [account(1), 32.5, 38, 5.5],
    ]);
    expect(report.segments.map((one) => [one.value, one.accounts, ...money(one)])).toEqual([
      ['', 1, 73, 79.6, 6.6],
      ['firms', 1, 32.5, 38, 5.5],
    ]);
    expect([system.services.status().logHead, await system.charges()]).toEqual(before);
  });

  it('finds what is active again when nothing is changed, to the last micro-unit', async () => {
    const report = await canary({ tariff: 'phone@2026-01-01', to: '2026-12-01' });
    const posted = (await system.charges())
      .filter(({ tariff, kind }) => tariff === 'phone@2026-01-01' && kind === 'record')
      .reduce((sum, { amount }) => sum + Number(amount), 0);
    expect(report.totals.map(money)).toEqual([[posted, posted, 0]]);
    expect(report).toMatchObject({ usages: 7, assumed: false, accounts: { cheaper: 0, dearer: 0, same: 2 } });
  });

  it('prices by the date of the draft when it lies inside the time', async () => {
    const report = await canary({ tariff: document(phone('2.00', '0.50', '2026-10-08')) });
    // Account 1 is before it; account 2 has 33 minutes behind it.
    expect(report).toMatchObject({ assumed: false, accounts: { cheaper: 0, dearer: 1, same: 1 } });
    expect(report.totals.map(money)).toEqual([[105.5, 138.5, 33]]);
  });

  it('counts what has no price under the draft, and names it', async () => {
    const report = await canary({ tariff: document(phone('1.00', '0.50', '2027-01-01', "home: ['380']")) });
    expect(report.unpriceable).toMatchObject([{ code: 'RATE_NO_ZONE', count: 1 }]);
    const abroad = (await system.charges()).find(({ zone }) => zone === 'abroad')!;
    expect(report.unpriceable[0]!.examples).toEqual([abroad.id.split('.').slice(0, 2).join('.')]);
    expect(report.totals.map(money)).toEqual([[105.5, 65.5, -40]]);
    expect(report.winners.map((one) => [one.account, Number(one.difference)])).toEqual([[account(2), -40]]);
  });

  it('settles whole months under both with the same code: fees, tiers, all usage points', async () => {
    const draft = document(power('1.50', '40.00', '2027-01-01'));
    const report = await canary({ tariff: draft });
    // 60, 120 and 180 kWh: 2.00 up to 100 and 5.00 beyond, and 30.00 each; then 1.50 and 40.00.
    const active = 60 * 2 + (100 * 2 + 20 * 5) + (100 * 2 + 80 * 5) + 3 * 30;
    const drafted = 60 * 1.5 + (100 * 1.5 + 20 * 5) + (100 * 1.5 + 80 * 5) + 3 * 40;
    expect(report).toMatchObject({
      settledMonths: ['2026-10'],
      usages: 3,
      accounts: { cheaper: 3, dearer: 0, same: 0 },
    });
    expect(report.totals.map(money)).toEqual([[active, drafted, drafted - active]]);
    expect(report.places.map(({ kind, component, ...one }) => [kind, component, ...money(one)])).toEqual([
      ['settlement', 'blocks', active - 90, drafted - 120, drafted - active - 30],
      ['settlement', 'standing', 90, 120, 30],
    ]);
    // What a settlement posts now is what the canary said.
    await system.settle('2026-10');
    const lines = (await system.charges()).filter(
      ({ kind, service }) => kind === 'settlement' && service === 'electricity',
    );
    expect(lines.reduce((sum, { amount }) => sum + Number(amount), 0)).toBe(active);
    expect((await canary({ tariff: draft })).totals).toEqual(report.totals);
  });

  it('leaves the settlement of a month out that it sees a part of, and keeps to the accounts that were named', async () => {
    const cut = await canary({ tariff: document(power('1.50', '40.00')), to: '2026-10-20' });
    expect(cut).toMatchObject({ settledMonths: [], totals: [] });
    const one = await canary({ tariff: document(power('1.50', '40.00', '2027-01-01')), accounts: [account(1)] });
    expect(one.totals.map(money)).toEqual([[150, 130, -20]]);
    const unknown = canary({ tariff: document(power('1.50', '40.00')), accounts: ['A-77'] });
    await expect(unknown).rejects.toThrow('NOT_FOUND');
  });

  it('tries a new tariff on the users of another', async () => {
    const draft = document(phone('0.10', '0.10', '2027-01-01').replace('name: phone', 'name: cheap'));
    await expect(canary({ tariff: draft })).rejects.toThrow('TARIFF_UNKNOWN');
    const report = await canary({ tariff: draft, inPlaceOf: 'other' });
    expect(report).toMatchObject({ draft: 'cheap@2027-01-01', inPlaceOf: 'other', usages: 1 });
    expect(report.totals.map(money)).toEqual([[100, 10, -90]]);
  });

  it('is one at a time, can be cancelled, and leaves nothing behind', async () => {
    const request = { tariff: document(phone('1.20', '0.40')), from: '2026-10-01', to: '2026-11-01' };
    const state = await system.services.startCanary(request);
    await expect(system.services.startCanary(request)).rejects.toMatchObject({ code: 'CANARY_BUSY' });
    expect(system.services.cancelCanary(state.id)).toMatchObject({ state: 'cancelled' });
    const scratch = path.join(system.folder, 'data', 'run', 'canary');
    const left = () => (fs.existsSync(scratch) ? fs.readdirSync(scratch) : []);
    for (let wait = 0; left().length > 0 && wait < 200; wait++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(left()).toEqual([]);
    expect(system.services.canary('unknown')).toBeNull();
  });
});
