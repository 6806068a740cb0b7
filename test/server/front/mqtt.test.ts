/** Meters that publish to a real broker: what they say is charged once, whatever dies meanwhile. */
import { type ChildProcess } from 'node:child_process';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { Page } from '../../../schemas/api/common.ts';
import { pause } from '../../support/until.ts';
import { isMosquittoMissing, startMosquitto } from './mosquitto.ts';
import { freePort, TollgridProcess } from './tollgrid-process.ts';

const missing = isMosquittoMissing();
const ROUNDS = 30;
const PER_ROUND = 50;
const METERS = ['E700001', 'E700002'];
const PLUG = 'E700003';

let town: TollgridProcess;
let broker: ChildProcess;
let meters: MqttClient;

/** The reading number `no` of a Tasmota meter, a minute after the one before. */
async function publish(meter: string, no: number): Promise<void> {
  const time = new Date(Date.UTC(2026, 9, 20, 10) + no * 60_000).toISOString().slice(0, 19);
  const payload = JSON.stringify({ Time: time, ENERGY: { Total: 100 + no, Power: 60_000 } });
  await meters.publishAsync(`tele/${meter}/SENSOR`, payload, { qos: 1 });
}

const sumOf = ({ records }: AuditReport, source: string, key: 'received' | 'known' | 'duplicate'): number =>
  records
    .filter((one) => one.source === source)
    .reduce((sum, one) => sum + (key === 'known' ? one.rated + one.absorbed + one.superseded : one[key]), 0);

beforeAll(async () => {
  if (missing) return;
  town = new TollgridProcess('mqtt');
  const port = await freePort();
  broker = await startMosquitto(town.folder, port, ['allow_anonymous true']);
  meters = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'meters' });
  const brokers = [{ url: `mqtt://127.0.0.1:${port}` }];
  const plugs = { brokers, topics: ['shellies/#'], version: 'v3.1.1' };
  town.writeTown([
    { name: 'meters', kind: 'mqtt', format: 'meters-tasmota', mqtt: { brokers, topics: ['tele/+/SENSOR'] } },
    { name: 'plugs', kind: 'mqtt', format: 'meters-shelly', mqtt: plugs },
  ]);
  await town.startTaking();
});
afterAll(async () => {
  if (missing) return;
  await meters.endAsync(true);
  broker.kill('SIGKILL');
  await town.remove();
});

describe.skipIf(missing)('meters on a real broker (needs mosquitto)', () => {
  it('become charges for what their registers went on by', async () => {
    await publish('E700002', 0);
    await publish('E700002', 1);
    const report = await town.audited((one) => sumOf(one, 'meters', 'known') >= 2);
    expect([report.closes, report.total.rated, report.total.absorbed]).toEqual([true, 1, 1]);
    const { items }: Page<ChargeItem> = await town.api.get('/v1/charges', { limit: 10 });
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
    await pause(200);
    await town.kill();
    await sending;
    await town.startTaking();
    const all = METERS.length * (2 + ROUNDS * PER_ROUND);
    const report = await town.audited(
      (one) => sumOf(one, 'meters', 'known') >= all && sumOf(one, 'plugs', 'known') >= ROUNDS * 10,
    );
    // Closes: what each register went on by is its usage, the plug's too, of whose readings several have one time.
    expect(report.checks.filter(({ closes }) => !closes)).toEqual([]);
    expect([report.closes, report.total.suspended, sumOf(report, 'meters', 'known')]).toEqual([true, 0, all]);
    // A message that was durable and whose acknowledgement was lost came again: known as a duplicate.
    expect(sumOf(report, 'meters', 'received')).toBe(all + sumOf(report, 'meters', 'duplicate'));
  });
});
