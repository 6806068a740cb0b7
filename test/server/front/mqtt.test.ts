/** Meters that publish to a real broker: what they say is charged once, whatever dies meanwhile. */
import { type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../../cli/client.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { SourceItem } from '../../../schemas/api/sources.ts';
import { apiOf, killGroup, runTollgrid } from './command-line.ts';
import { freePort, isMosquittoMissing, startMosquitto } from './mosquitto.ts';
import { TOWN } from './system.ts';

const missing = isMosquittoMissing();
const ROUNDS = 30;
const PER_ROUND = 50;
const METERS = ['E700001', 'E700002'];
const PLUG = 'E700003';

let folder: string;
let broker: ChildProcess;
let child: ChildProcess;
let api: Api;
let meters: MqttClient;

/** The reading number `no` of a Tasmota meter, a minute after the one before. */
async function publish(meter: string, no: number): Promise<void> {
  const time = new Date(Date.UTC(2026, 9, 20, 10) + no * 60_000).toISOString().slice(0, 19);
  const payload = JSON.stringify({ Time: time, ENERGY: { Total: 100 + no, Power: 60_000 } });
  await meters.publishAsync(`tele/${meter}/SENSOR`, payload, { qos: 1 });
}

async function source(name: string): Promise<SourceItem> {
  const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 100 });
  return items.find((one) => one.name === name)!;
}

async function started(): Promise<void> {
  child = runTollgrid('start', '--config', path.join(folder, 'tollgrid.yaml'));
  child.stdout!.resume();
  child.stderr!.resume();
  api = await apiOf(child, path.join(folder, 'data'));
  while ((await source('meters')).state !== 'taking') await new Promise((resolve) => setTimeout(resolve, 20));
}

async function killed(): Promise<void> {
  killGroup(child);
  await new Promise((resolve) => child.once('close', resolve));
}

async function audited(isAll: (report: AuditReport) => boolean): Promise<AuditReport> {
  for (;;) {
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    if (isAll(report)) return report;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const sumOf = ({ records }: AuditReport, source: string, key: 'received' | 'known' | 'duplicate'): number =>
  records
    .filter((one) => one.source === source)
    .reduce((sum, one) => sum + (key === 'known' ? one.rated + one.absorbed + one.superseded : one[key]), 0);

beforeAll(async () => {
  if (missing) return;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-mqtt-'));
  const port = await freePort();
  broker = await startMosquitto(folder, port, ['allow_anonymous true']);
  meters = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'meters' });
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
      {
        name: 'meters',
        kind: 'mqtt',
        format: 'meters-tasmota',
        mqtt: { brokers: [{ url: `mqtt://127.0.0.1:${port}` }], topics: ['tele/+/SENSOR'] },
      },
      {
        name: 'plugs',
        kind: 'mqtt',
        format: 'meters-shelly',
        mqtt: { brokers: [{ url: `mqtt://127.0.0.1:${port}` }], topics: ['shellies/#'], version: 'v3.1.1' },
      },
    ],
  };
  fs.writeFileSync(path.join(folder, 'tollgrid.yaml'), JSON.stringify(values));
  await started();
});
afterAll(async () => {
  if (missing) return;
  await meters.endAsync(true);
  killGroup(child);
  broker.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(missing)('meters on a real broker (needs mosquitto)', () => {
  it('become charges for what their registers went on by', async () => {
    await publish('E700002', 0);
    await publish('E700002', 1);
    const report = await audited((one) => sumOf(one, 'meters', 'known') >= 2);
    expect([report.closes, report.total.rated, report.total.absorbed]).toEqual([true, 1, 1]);
    const { items }: Page<ChargeItem> = await api.get('/v1/charges', { limit: 10 });
    // 1 kWh through a transformer of 20 to 1.
    expect(items.map(({ quantity }) => Number(quantity))).toEqual([20_000]);
  });

  it('are charged once each, although Tollgrid is killed in the middle', async () => {
    await publish('E700001', 0);
    await publish('E700001', 1);
    const sending = (async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const numbers = Array.from({ length: PER_ROUND }, (_, i) => 2 + round * PER_ROUND + i);
        await Promise.all(numbers.flatMap((no) => METERS.map((meter) => publish(meter, no))));
        // Without a time of its own: when it comes again it is the same reading, not one that went backwards.
        for (let i = 0; i < 10; i++)
          await meters.publishAsync(`shellies/${PLUG}/emeter/0/total`, String(1000 * (round * 10 + i)), { qos: 1 });
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await killed();
    await sending;
    await started();
    const all = METERS.length * (2 + ROUNDS * PER_ROUND);
    const report = await audited(
      (one) => sumOf(one, 'meters', 'known') >= all && sumOf(one, 'plugs', 'known') >= ROUNDS * 10,
    );
    // Closes: what each register went on by is its usage, the plug's too, of whose readings several have one time.
    expect([report.closes, report.total.suspended, sumOf(report, 'meters', 'known')]).toEqual([true, 0, all]);
    // A message that was durable and whose acknowledgement was lost came again: known as a duplicate.
    expect(sumOf(report, 'meters', 'received')).toBe(all + sumOf(report, 'meters', 'duplicate'));
  });
});
