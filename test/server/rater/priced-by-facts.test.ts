/** From bytes to charges: what the registry and the record say reaches the rules of a tariff. */
import { describe, it, expect } from 'vitest';
import { prepareFormat } from '../../../mediation/formats/index.ts';
import { Duplicates } from '../../../mediation/duplicates/index.ts';
import { prepareGuiding } from '../../../mediation/guiding/index.ts';
import { prepareTariff } from '../../../rating/index.ts';
import type { RegistryChange } from '../../../registry/index.ts';
import { EntryType, type Publication } from '../../../schemas/log-entries.ts';
import { ReferenceData } from '../../../server/rater/reference-data.ts';
import { SliceEncoder } from '../../../server/rater/slice-encoder.ts';
import { ColumnPool, runStageA } from '../../../server/rater/stage-a.ts';
import { newState, runStageB } from '../../../server/rater/stage-b.ts';
import { runStageC } from '../../../server/rater/stage-c.ts';
import { noSideFile } from '../../rating/support/tariffs.ts';

const FORMAT = `
format: calls
family: delimited
separator: ';'
columns: 8
timeZone: Europe/Kyiv
fields:
  - { name: kind, column: 1 }
  - { name: from, column: 2 }
  - { name: to, column: 3 }
  - { name: via, column: 4 }
  - { name: at, column: 5, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }
  - { name: till, column: 6, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }
  - { name: length, column: 7, type: duration, unit: s }
  - { name: amount, column: 8, type: number, unit: B }
classes:
  - { class: call.forwarded, kind: usage, service: voice, when: { kind: F } }
  - { class: call.plain, kind: usage, service: voice, when: { kind: C } }
  - { class: session, kind: usage, service: data, when: { kind: D }, record: { login: from, quantity: amount } }
record: { start: at, end: till, quantity: length, callingParty: from, calledParty: to, redirectingParty: via }
identity: occurrence
`;
const GUIDING = `
guiding: test
rules:
  - { class: call.forwarded, views: [{ view: retail, by: [redirectingParty] }] }
  - { class: session, views: [{ view: retail, by: [login] }] }
  - { class: '*', views: [{ view: retail, by: [callingParty] }] }
`;
const head = (name: string, service: string, at: string) => `name: ${name}
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: ${service}
tax: { percent: 0, included: true }
rounding: { at: ${at}, mode: half-up, decimals: 2 }
`;
const VOICE = `${head('voice', 'voice', 'record')}
rules:
  - { when: { class: call.forwarded, forwarded: true }, price: { price: 3, per: 1min } }
  - { when: { listed: family }, price: { price: 1, per: 1min } }
  - { when: { attribute: { segment: gold } }, price: { price: 2, per: 1min } }
  - { price: { price: 9, per: 1min } }
`;
const DATA = `${head('data', 'data', 'line')}
crossing: prorate
bands: { day: [{ from: '08:00', to: '23:00' }], night: [{ from: '23:00', to: '08:00' }] }
rules:
  - { when: { realm: office.ua }, component: office, band: day, price: { price: 1, per: 1kB } }
  - { when: { realm: office.ua }, component: office, band: night, price: { price: 0.5, per: 1kB } }
  - { price: { price: 9, per: 1kB } }
`;

const open = { fromMs: null, toMs: null };
const subscription = (no: number, number: string, login: string, attributes: [string, string][]): RegistryChange => ({
  kind: 'subscription',
  id: `S-${no}`,
  no,
  accountNo: no,
  usagePoint: false,
  division: 'root',
  identifiers: [
    { kind: 'number', value: number, ...open },
    { kind: 'login', value: login, ...open },
  ],
  tariffs: [
    { view: 'retail', service: 'voice', tariff: 'voice', ...open },
    { view: 'retail', service: 'data', tariff: 'data', ...open },
  ],
  attributes: attributes.map(([name, value]) => ({ name, value, ...open })),
});

function reference(): ReferenceData {
  const data = new ReferenceData();
  let entryNo = 0;
  const publish = (kind: string, name: string, publication: Publication, effective?: string) =>
    data.apply({
      entryNo: ++entryNo,
      type: EntryType.publication,
      head: { kind, name, effective },
      body: Buffer.from(JSON.stringify(publication)),
    });
  publish('format', 'calls', prepareFormat(FORMAT, 'calls.yaml'));
  publish('guiding', 'test', prepareGuiding(GUIDING));
  publish('tariff', 'voice', prepareTariff(VOICE, noSideFile), '2026-01-01');
  publish('tariff', 'data', prepareTariff(DATA, noSideFile), '2026-01-01');
  const changes = [
    subscription(1, '380441111111', 'ann@office.ua', [['family', '380442222222 380443333333']]),
    subscription(2, '380442222222', 'bob@home.ua', [['segment', 'gold']]),
  ];
  data.apply({ entryNo: ++entryNo, type: EntryType.registry, head: {}, body: Buffer.from(JSON.stringify(changes)) });
  return data;
}

function charge(line: string) {
  const data = reference();
  const place = {
    ...{ entryNo: 50, fileEntry: 50, source: 'test', format: 'calls', acceptedAtMs: Date.UTC(2026, 11, 1) },
    ...{ sourceOffset: 0, first: true, last: true },
  };
  const work = runStageA(data, new ColumnPool(), place, { bytes: Buffer.from(`${line}\n`) });
  const state = newState(new Duplicates());
  const recycled = { entryNo: 50, recordNo: 0, holdsIdentity: false };
  const owner = { thread: 0, threads: 1 };
  const result = runStageB(state, work, data.format('calls'), data, owner, recycled);
  return runStageC(data, new SliceEncoder(), work, result, 60, recycled).chargeRows.map((row) => ({
    subscription: row['subscription_no'],
    charge: row['charge_no'],
    kind: row['kind'],
    quantity: row['quantity'],
    component: row['component'],
    period: row['service_period'],
    amount: Number(row['amount']),
  }));
}

const MINUTE = '2026-10-14 12:00:00;2026-10-14 12:01:00;60;';

describe('what the registry and the record say', () => {
  it('decides the rule of a call', () => {
    const amount = (line: string) => charge(line).map(({ subscription: of, amount: money }) => [of, money]);
    expect(amount(`C;380441111111;380443333333;;${MINUTE}`)).toEqual([[1, 1]]);
    expect(amount(`C;380441111111;380449999999;;${MINUTE}`)).toEqual([[1, 9]]);
    expect(amount(`C;380442222222;380443333333;;${MINUTE}`)).toEqual([[2, 2]]);
    expect(amount(`F;380449999999;380443333333;380442222222;${MINUTE}`)).toEqual([[2, 3]]);
  });

  it('names the component of a valuation that conditions chose, and divides it at the end of the month', () => {
    const line = 'D;ann@office.ua;;;2026-10-31 22:00:00;2026-11-01 02:00:00;;4000';
    expect(charge(line)).toEqual([
      // An hour by day and one by night, and two hours in November.
      {
        ...{ subscription: 1, charge: 0, kind: 'valuation', quantity: 2000 },
        component: 'office',
        period: 202610,
        amount: 1.5,
      },
      {
        ...{ subscription: 1, charge: 1, kind: 'valuation', quantity: 2000 },
        component: 'office',
        period: 202611,
        amount: 1,
      },
    ]);
    expect(
      charge(line.replace('ann@office.ua', 'bob@home.ua')).map(({ component, amount }) => [component, amount]),
    ).toEqual([
      ['usage', 18],
      ['usage', 18],
    ]);
  });
});
