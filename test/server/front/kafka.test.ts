/** Calls that another system writes to Kafka: charged once each, and each charge written back, whatever dies meanwhile. */
import { type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../../cli/client.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { OutputItem } from '../../../schemas/api/outputs.ts';
import type { RerateItem } from '../../../schemas/api/rerates.ts';
import type { SourceItem } from '../../../schemas/api/sources.ts';
import { until } from '../../support/until.ts';
import { apiOf, ended, killGroup, runTollgrid } from './command-line.ts';
import { memberSuite } from '../../collectors/kafka/member-suite.ts';
import { orderSuite } from '../../platform/order/order-suite.ts';
import { scaledSuite } from '../scaled/scaled-suite.ts';
import { BROKER, createTopic, readAll, Sender, startBroker, whyNoBroker, type Broker } from './kafka-broker.ts';
import { TOWN } from './system.ts';

const missing = whyNoBroker() !== null;
const PARTITIONS = 3;
const ROUNDS = 40;
const PER_ROUND = 50;
const CALLER = '380442200001';

let folder: string;
let broker: Broker;
let child: ChildProcess;
let api: Api;
let sender: Sender;
let sent = 0;

const startedAt = (no: number): string => new Date(Date.UTC(2026, 9, 20, 10) + no * 1000).toISOString();

function sendCall(no: number): void {
  const call = { from: CALLER, to: '380442200004', startedAt: startedAt(no), seconds: 60 };
  sender.send('calls', no % PARTITIONS, JSON.stringify(call));
  sent++;
}

/** Two lines in one message, without anything of Kafka in them. */
function sendEvents(no: number): void {
  const line = (half: string): string =>
    JSON.stringify({
      specversion: '1.0',
      id: `${no}-${half}`,
      source: '/pbx',
      type: 'tollgrid.usage.voice',
      data: { from: CALLER, to: '380442200004', startAt: startedAt(no), durationMs: 60_000 },
    });
  sender.send('events', null, `${line('a')}\n${line('b')}\n`);
  sent += 2;
}

async function source(name: string): Promise<SourceItem | undefined> {
  const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 100 });
  return items.find((one) => one.name === name);
}

async function output(): Promise<OutputItem> {
  const { items }: Page<OutputItem> = await api.get('/v1/outputs', { limit: 100 });
  return items[0];
}

/** Resolves when it holds of the output. */
async function outputIs(holds: (item: OutputItem) => boolean): Promise<OutputItem> {
  for (;;) {
    const item = await output();
    if (holds(item)) return item;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function allCharges(): Promise<ChargeItem[]> {
  const charges: ChargeItem[] = [];
  let cursor: string | null | undefined;
  do {
    const { items, next }: Page<ChargeItem> = await api.get('/v1/charges', { limit: 1000, ...(cursor && { cursor }) });
    charges.push(...items);
    cursor = next;
  } while (cursor !== null);
  return charges;
}

interface Event {
  id: string;
  type: string;
  data: ChargeItem;
}

async function started(): Promise<void> {
  child = runTollgrid('start', '--config', path.join(folder, 'tollgrid.yaml'));
  child.stdout!.resume();
  child.stderr!.resume();
  api = await apiOf(child, path.join(folder, 'data'));
  for (const name of ['calls', 'events'])
    while ((await source(name).catch(() => undefined))?.state !== 'taking')
      await new Promise((resolve) => setTimeout(resolve, 50));
}

async function killed(): Promise<void> {
  killGroup(child);
  await new Promise((resolve) => child.once('close', resolve));
}

async function audited(isAll: (report: AuditReport) => boolean): Promise<AuditReport> {
  for (;;) {
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    if (isAll(report)) return report;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

beforeAll(async () => {
  if (missing) return;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-kafka-'));
  broker = await startBroker(folder);
});
afterAll(async () => {
  if (missing) return;
  await (broker as Broker | undefined)?.kill();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Tollgrid between two topics and one that it writes to. */
async function startAll(): Promise<void> {
  await createTopic(broker.address, 'calls', PARTITIONS);
  await createTopic(broker.address, 'events', PARTITIONS);
  await createTopic(broker.address, 'charges', PARTITIONS);
  sender = new Sender(broker.address);
  await sender.connect();
  const kafka = { brokers: [broker.address] };
  const values = {
    dataDir: path.join(folder, 'data'),
    server: { port: 0 },
    duplicates: { windowMonths: 120 },
    logging: { level: 'silent' },
    definitions: {
      tariffs: [path.join(TOWN, 'tariffs')],
      guiding: path.join(TOWN, 'guiding.yaml'),
      registry: [path.join(TOWN, 'registry.yaml')],
    },
    sources: [
      { name: 'calls', kind: 'kafka', format: 'kafka-calls', kafka: { ...kafka, topics: ['calls'] } },
      {
        name: 'events',
        kind: 'kafka',
        format: 'cloudevents',
        kafka: { ...kafka, topics: ['events'], values: 'lines' },
      },
    ],
    outputs: [{ name: 'lake', kafka: { ...kafka, topic: 'charges' } }],
  };
  fs.writeFileSync(path.join(folder, 'tollgrid.yaml'), JSON.stringify(values));
  await started();
}

describe.skipIf(missing)(`a consumer of ${BROKER} (needs the compiled Kafka client)`, () => memberSuite(() => broker));

describe.skipIf(missing)(`a log on ${BROKER} (needs the compiled Kafka client)`, () => orderSuite(() => broker));

describe.skipIf(missing)(`roles on a log on ${BROKER}`, () => scaledSuite(() => broker));

describe.skipIf(missing)(`calls from ${BROKER} (needs the compiled Kafka client)`, () => {
  beforeAll(startAll);
  afterAll(async () => {
    killGroup(child);
    await sender.close();
  });

  it('become charges, of messages and of lines', async () => {
    sendCall(0);
    sendEvents(1);
    await sender.flush();
    const report = await audited(({ total }) => total.rated >= sent);
    expect([report.closes, report.total.rated, report.total.received]).toEqual([true, 3, 3]);
    const { items }: Page<ChargeItem> = await api.get('/v1/charges', { limit: 10 });
    expect(items.map(({ quantity }) => Number(quantity))).toEqual([60_000, 60_000, 60_000]);
  });

  it('are charged once each, although Tollgrid is killed in the middle', async () => {
    const sending = (async () => {
      for (let round = 0; round < ROUNDS; round++) {
        for (let i = 0; i < PER_ROUND; i++) {
          sendCall(10 + round * PER_ROUND + i);
          sendEvents(10 + round * PER_ROUND + i);
        }
        await sender.flush();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await killed();
    await sending;
    await started();
    const report = await audited(({ total }) => total.rated + total.suspended >= sent);
    expect(report.closes).toBe(true);
    // Lines have no offset in them: that none came twice, the positions beside the batches see to.
    expect(report.total).toMatchObject({ received: sent, rated: sent, duplicate: 0, suspended: 0 });
  });

  it('show their lag, and can be tried while they are taken', async () => {
    while ((await source('calls'))?.lag === null) await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await source('calls'))?.lag).toEqual({ amount: 0, unit: 'messages' });
    const config = path.join(folder, 'tollgrid.yaml');
    const { code, out } = await ended(runTollgrid('source', 'test', 'calls', '--config', config));
    expect([code, out]).toEqual([0, expect.stringContaining('topic calls has')]);
  });

  it('come back as events of their charges: each one, although Tollgrid was killed', async () => {
    const head = await api.get<{ processedEntry: number }>('/v1/status', {});
    const { sent: acknowledged } = await outputIs(({ entry }) => entry !== null && entry >= head.processedEntry);
    const charges = await allCharges();
    const records = await readAll(
      broker.address,
      'charges',
      (events) => new Set(events.map(idOf)).size >= charges.length,
    );
    const events = new Map(records.map(({ value }) => [idOf({ value }), JSON.parse(value) as Event]));
    expect([...events.keys()].sort()).toEqual(charges.map(({ postedEntry, id }) => `${postedEntry}/${id}`).sort());
    const byId = new Map(charges.map((charge) => [charge.id, charge]));
    for (const { type, data } of events.values()) expect([type, data]).toEqual(['tollgrid.charge', byId.get(data.id)]);
    // What came twice is the same to the byte, and the counter knows it once.
    expect(new Set(records.map(({ value }) => value)).size).toBe(charges.length);
    expect(acknowledged).toBe(charges.length);
    // In the order of the log, the first time that each arrived.
    const last = new Map<number, number>();
    const seen = new Set<string>();
    for (const { partition, value } of records) {
      const { id, data } = JSON.parse(value) as Event;
      if (seen.has(id)) continue;
      seen.add(id);
      expect(data.postedEntry).toBeGreaterThanOrEqual(last.get(partition) ?? 0);
      last.set(partition, data.postedEntry);
    }
  });

  it('come back taken back and charged anew when they are rated again: exactly the rows of the ledger', async () => {
    const tariff = (name: string): string => fs.readFileSync(path.join(TOWN, 'tariffs', name), 'utf8');
    const note = 'a local minute costs twice as much';
    await api.post('/v1/publications', {
      ...{ kind: 'tariff', name: 'phone-business.yaml', files: { 'zones.csv': tariff('zones.csv') }, note },
      ...{ document: tariff('phone-business.yaml').replace('0.045', '0.090'), person: 'O. Koval', correct: true },
    });
    const wish = { from: '2026-10', to: '2026-11', account: 'A-1004', note };
    const { entry } = await api.post<{ entry: number }>('/v1/rerates', wish);
    const rerate = await until('it was rated again', async () => {
      const item: RerateItem = await api.get(`/v1/rerates/${entry}`, {});
      return item.state !== 'waiting' && item.state !== 'running' && item;
    });
    expect(rerate).toMatchObject({ state: 'posted', reversed: sent, posted: sent });
    await outputIs((item) => item.entry! >= entry && item.lagEntries === 0);
    const charges = await allCharges();
    const known = (records: readonly { value: string }[]): number => new Set(records.map(idOf)).size;
    const records = await readAll(broker.address, 'charges', (found) => known(found) >= charges.length);
    const events = [...new Map(records.map(({ value }) => [idOf({ value }), JSON.parse(value) as Event])).values()];
    const rows = ({ data }: { data: ChargeItem }): string => JSON.stringify(data);
    expect(events.map(rows).sort()).toEqual(charges.map((data) => rows({ data })).sort());
    // One account: each is taken back just before it is charged anew.
    const anew = events.filter(({ data }) => data.postedEntry === entry);
    expect(anew.map(({ type }) => type).slice(0, 2)).toEqual(['tollgrid.charge.reversed', 'tollgrid.charge']);
    for (const [index, { id }] of anew.entries())
      if (index % 2 === 1) expect(anew[index - 1].id).toBe(`${id}/reversed`);
    expect(events.slice(-2 * sent)).toEqual(anew);
  });

  it('go on when the broker was away: others are rated meanwhile, and nothing is lost or comes twice', async () => {
    const before = await output();
    for (let no = 0; no < PER_ROUND; no++) sendCall(10_000 + no);
    await sender.flush();
    await broker.kill();
    const type = 'tollgrid.usage.voice';
    const data = { from: CALLER, to: '380442200004', startAt: startedAt(90_000), durationMs: 60_000 };
    await api.post('/v1/usage', [{ specversion: '1.0', id: 'late', source: '/pbx', type, data }], { source: 'events' });
    sent++;
    // Of the calls some may wait at the broker.
    await audited(({ total }) => total.rated > sent - PER_ROUND - 1 && total.inFlight === 0);
    const behind = await outputIs(({ state, lagEntries }) => state === 'waiting' && lagEntries! > 0);
    expect(behind.sent).toBeLessThan(before.sent + PER_ROUND + 1);
    for (let waiting = await source('calls'); ; waiting = await source('calls')) {
      if (waiting!.state !== 'waiting') continue;
      expect(waiting!.detail).toMatch(/transport|down/);
      break;
    }
    await broker.start();
    for (let no = 0; no < PER_ROUND; no++) sendCall(20_000 + no);
    await sender.flush();
    const report = await audited(({ total }) => total.rated + total.suspended >= sent);
    expect([report.closes, report.total.received, report.total.duplicate]).toEqual([true, sent, 0]);
    while ((await source('calls'))!.state !== 'taking') await new Promise((resolve) => setTimeout(resolve, 100));
    const caught = await outputIs(({ lagEntries, state }) => lagEntries === 0 && state === 'sending');
    expect(caught.sent).toBe(before.sent + 2 * PER_ROUND + 1);
  });
});

function idOf({ value }: { value: string }): string {
  return (JSON.parse(value) as Event).id;
}
