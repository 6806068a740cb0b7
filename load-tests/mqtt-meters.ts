/**
 * Meters as real network clients of a real broker (mosquitto), and Tollgrid behind it: how many messages a second become
 * durable, and how long a message takes. Each meter has a connection, a client id and a topic of its own.
 *
 *   node --import tsx load-tests/mqtt-meters.ts [meters] [messages per meter] [messages per second of the steady part] [kill]
 *
 * First everything as fast as the meters are answered, then a steady stream. With `kill` Tollgrid is killed in the first part
 * and started again. At the end the audit must close with each message once.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { connect, findFront, type Api } from '../cli/client.ts';
import { projectRoot } from '../platform/paths.ts';
import type { AuditReport } from '../schemas/api/audit.ts';

const METERS = Number(process.argv[2] ?? 10_000);
const MESSAGES = Number(process.argv[3] ?? 10);
const STEADY_PER_SECOND = Number(process.argv[4] ?? 1000);
const KILL = process.argv[5] === 'kill';
const STEADY_SECONDS = 20;
const TOWN = path.join(projectRoot, 'examples', 'town');
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-load-mqtt-'));
const dataDir = path.join(folder, 'data');

const meterName = (no: number): string => `L${String(no).padStart(6, '0')}`;

/** A field of MQTT: its length in two bytes, then itself. */
function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function packet(type: number, body: Buffer): Buffer {
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

/** As a device does it: one message, and the next one when the broker has answered (MQTT 3.1.1, QoS 1). */
class Meter {
  private readonly name: string;
  private readonly socket: net.Socket;
  private readonly answers: (() => void)[] = [];
  private sent = 0;

  private constructor(name: string, socket: net.Socket) {
    this.name = name;
    this.socket = socket;
    // CONNACK and PUBACK are four bytes each.
    let bytes = 0;
    socket.on('data', (chunk) => {
      for (bytes += chunk.length; bytes >= 4; bytes -= 4) this.answers.shift()?.();
    });
  }

  static async open(name: string, port: number): Promise<Meter> {
    const socket = net.connect(port, '127.0.0.1');
    const meter = new Meter(name, socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      meter.answers.push(resolve);
      socket.write(packet(0x10, Buffer.concat([field('MQTT'), Buffer.from([4, 2, 0, 0]), field(name)])));
    });
    return meter;
  }

  publish(): Promise<void> {
    const no = this.sent++;
    const time = new Date(Date.UTC(2026, 9, 1) + no * 300_000).toISOString().slice(0, 19);
    const payload = JSON.stringify({ Time: time, ENERGY: { Total: 10_000 + no, Power: 1200, Voltage: 230 } });
    const body = Buffer.concat([field(`tele/${this.name}/SENSOR`), Buffer.from([1, 1]), Buffer.from(payload)]);
    this.socket.write(packet(0x32, body));
    return new Promise((resolve) => this.answers.push(resolve));
  }

  close(): void {
    this.socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function configure(port: number): void {
  const subscriptions = Array.from({ length: METERS }, (_, no) => ({
    id: `S-${no}`,
    accountId: 'A-load',
    usagePoint: true,
    identifiers: [{ kind: 'meter', value: meterName(no), digits: 6 }],
    tariffs: [{ view: 'retail', service: 'electricity', tariff: 'electricity-zones' }],
  }));
  const registry = {
    parties: [{ id: 'P-load', name: 'Load' }],
    accounts: [{ id: 'A-load', partyId: 'P-load', currency: 'UAH', timeZone: 'Europe/Kyiv' }],
    subscriptions,
  };
  fs.writeFileSync(path.join(folder, 'registry.yaml'), JSON.stringify(registry));
  const values = {
    dataDir,
    server: { port: 0 },
    duplicates: { windowMonths: 120 },
    logging: { level: 'error' },
    definitions: {
      tariffs: [path.join(TOWN, 'tariffs')],
      guiding: path.join(TOWN, 'guiding.yaml'),
      registry: [path.join(folder, 'registry.yaml')],
    },
    sources: [
      {
        name: 'meters',
        kind: 'mqtt',
        format: 'meters-tasmota',
        mqtt: { brokers: [{ url: `mqtt://127.0.0.1:${port}` }], topics: ['tele/+/SENSOR'] },
      },
    ],
  };
  fs.writeFileSync(path.join(folder, 'tollgrid.yaml'), JSON.stringify(values));
  const broker = ['persistence false', 'max_queued_messages 0', 'max_inflight_messages 0', 'user root'];
  const listener = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'max_connections -1', ''];
  fs.writeFileSync(path.join(folder, 'mosquitto.conf'), [...broker, ...listener].join('\n'));
}

let tollgrid: ChildProcess;
let api: Api;
let metricsUrl = '';

async function start(): Promise<void> {
  const command = ['dist/cli/main.js', 'start', '--config', path.join(folder, 'tollgrid.yaml')];
  tollgrid = spawn(process.execPath, command, { cwd: projectRoot, detached: true, stdio: 'ignore' });
  for (;;) {
    const address = findFront(dataDir);
    if (address?.pid === tollgrid.pid) {
      api = connect(address!.url, address!.token);
      metricsUrl = `${address!.url}/metrics`;
      break;
    }
    await sleep(50);
  }
  for (;;) {
    const { items } = await api.get<{ items: { state: string }[] }>('/v1/sources', { limit: 10 });
    if (items[0].state === 'taking') return;
    await sleep(50);
  }
}

function kill(child: ChildProcess): void {
  process.kill(-child.pid!, 'SIGKILL');
}

interface Seen {
  bytes: number;
  batches: number;
  delayCount: number;
  delaySum: number;
}

async function seen(): Promise<Seen> {
  const text = await (await fetch(metricsUrl)).text();
  const value = (name: string): number =>
    Number(new RegExp(`^${name}\\{[^}]*source="meters"[^}]*\\} (\\S+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    bytes: value('tollgrid_received_bytes_total'),
    batches: value('tollgrid_batches_total'),
    delayCount: value('tollgrid_usage_delay_seconds_count'),
    delaySum: value('tollgrid_usage_delay_seconds_sum'),
  };
}

/** Frames are all of one size, so bytes tell messages. */
let frameBytes = 0;

async function durable(): Promise<number> {
  return Math.round((await seen()).bytes / frameBytes);
}

async function audited(least: number): Promise<AuditReport> {
  for (;;) {
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    if (report.total.rated + report.total.absorbed >= least) return report;
    await sleep(100);
  }
}

function cpuSeconds(pid: number): number {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function main(): Promise<void> {
  const port = await freePort();
  configure(port);
  const broker = spawn('/usr/sbin/mosquitto', ['-c', path.join(folder, 'mosquitto.conf')], { stdio: 'ignore' });
  const meters: Meter[] = [];
  try {
    await start();
    for (let no = 0; no < METERS; no += 250) {
      const some = Array.from({ length: Math.min(250, METERS - no) }, (_, i) => Meter.open(meterName(no + i), port));
      meters.push(...(await Promise.all(some)));
    }
    console.log(`${METERS} meters connected, load ${os.loadavg()[0].toFixed(1)}`);
    await meters[0].publish();
    await audited(1);
    frameBytes = (await seen()).bytes;

    const total = METERS * MESSAGES;
    const began = Date.now();
    const cpuBefore = cpuSeconds(tollgrid.pid!);
    const publishing = Promise.all(
      meters.map(async (meter, no) => {
        for (let sent = no === 0 ? 1 : 0; sent < MESSAGES; sent++) await meter.publish();
      }),
    );
    if (KILL) {
      await sleep(1000);
      kill(tollgrid);
      await new Promise((resolve) => tollgrid.once('close', resolve));
      console.log('killed in the middle');
      await publishing;
      await start();
    } else {
      void publishing.then(() => console.log(`published after ${((Date.now() - began) / 1000).toFixed(1)} s`));
      while ((await durable()) < total) await sleep(50);
      const seconds = (Date.now() - began) / 1000;
      const { batches } = await seen();
      const cpu = cpuSeconds(tollgrid.pid!) - cpuBefore;
      console.log(`${total} messages durable in ${seconds.toFixed(1)} s: ${Math.round(total / seconds)} a second`);
      console.log(
        `${Math.round(total / batches)} messages a log entry; front ${((cpu / total) * 1e6).toFixed(0)} us of processor time a message`,
      );
    }
    let report = await audited(total);
    console.log(`in the ledger after ${((Date.now() - began) / 1000).toFixed(1)} s; audit closes: ${report.closes}`);

    let published = 0;
    if (!KILL) {
      const before = await seen();
      const base = await durable();
      let outstanding = 0;
      let samples = 0;
      const from = Date.now();
      while (Date.now() - from < STEADY_SECONDS * 1000) {
        const due = Math.floor(((Date.now() - from) / 1000) * STEADY_PER_SECOND);
        for (; published < due; published++) void meters[published % METERS].publish();
        if (samples * 200 < Date.now() - from) {
          const sent = published;
          outstanding += Math.max(0, sent - ((await durable()) - base));
          samples++;
        }
        await sleep(5);
      }
      while ((await durable()) - base < published) await sleep(20);
      report = await audited(total + published);
      const after = await seen();
      const delay = ((after.delaySum - before.delaySum) / (after.delayCount - before.delayCount)) * 1000;
      const held = (outstanding / samples / STEADY_PER_SECOND) * 1000;
      console.log(
        `${STEADY_PER_SECOND} a second for ${STEADY_SECONDS} s: ${held.toFixed(0)} ms from the meter to the log (backlog / rate), ${delay.toFixed(0)} ms from the log to the ledger, on average`,
      );
    }
    const { received, rated, absorbed, duplicate, suspended } = report.total;
    console.log(
      `received ${received}, rated ${rated}, first readings ${absorbed}, duplicates ${duplicate}, suspended ${suspended}, closes ${report.closes}`,
    );
    if (!report.closes || rated + absorbed !== total + published || absorbed !== METERS || suspended !== 0)
      process.exitCode = 1;
    console.log(`load at the end ${os.loadavg()[0].toFixed(1)}`);
  } finally {
    for (const meter of meters) meter.close();
    kill(tollgrid);
    broker.kill('SIGKILL');
    await sleep(200);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

await main();
