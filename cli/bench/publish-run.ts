/**
 * A price list of many prefixes is published by the command while usage streams in: when it is in the log, when the first
 * batch is priced with it, how long any batch of the stream had to wait, and what it took.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadConfig } from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import { entryFlags, entryPoint } from '../../platform/paths.ts';
import { startFront, type Front } from '../../server/index.ts';
import { residentBytes } from './memory.ts';
import { callTariff, makePrefixes, makeRandom } from './rating-tariffs.ts';

const EVERY_MS = 20;
const LOOK_MS = 2;
const WARM_UP_MS = 3000;
const ZONES = 200;
const NAME = 'bench';

export interface PublishMeasure {
  prefixes: number;
  fileBytes: number;
  /** From the start of the command. */
  loggedMs: number;
  liveMs: number;
  endedMs: number;
  /** Processor time of front and rater, from the start of the command until it is live. */
  frontCpuMs: number;
  raterCpuMs: number;
  /** The longest time from a batch's acceptance to the ledger: before, and while it was published. */
  batches: number;
  quietBatchMs: number;
  longestBatchMs: number;
  /** The longest time in which the front answered nobody. */
  frontHeldMs: number;
  /** Resident, before and behind it. */
  frontBytes: [number, number];
  raterBytes: [number, number];
}

export async function measurePublish(folder: string, prefixes: number, events: number): Promise<PublishMeasure> {
  const config = loadConfig({ path: writeInstallation(folder), env: {} });
  const front = await startFront({ config, temporary: false });
  try {
    const list = writePriceList(folder, prefixes);
    await until(() => front.services.status().processedEntry === front.services.status().logHead);
    const stream = new Stream(front, events);
    stream.start();
    await pause(WARM_UP_MS);
    const measured = await publishInStream(front, stream, config.dataDir, path.join(folder, 'tollgrid.yaml'), list);
    await stream.stop();
    await requireVersions(front, measured.entryNo);
    return { prefixes, fileBytes: fs.statSync(path.join(path.dirname(list), 'zones.csv')).size, ...measured.figures };
  } finally {
    await front.stop();
  }
}

type Figures = Omit<PublishMeasure, 'prefixes' | 'fileBytes'>;

async function publishInStream(
  front: Front,
  stream: Stream,
  dataDir: string,
  configFile: string,
  list: string,
): Promise<{ entryNo: number; figures: Figures }> {
  const rater = front.services.status().children.find(({ role }) => role === 'rater')!.pid!;
  const [frontBefore, raterBefore] = [residentBytes(process.pid), residentBytes(rater)];
  const quietBatchMs = stream.longestMs();
  const held = monitorEventLoopDelay({ resolution: 1 });
  const [cpu, raterCpu] = [process.cpuUsage(), cpuMsOf(rater)];
  held.enable();
  stream.forget();
  const startedMs = performance.now();
  const startedAtMs = Date.now();
  const command = publishCommand(configFile, list);
  const entryNo = await untilPublished(front);
  const { items } = (await front.services.tariffHistory({ name: NAME, limit: 1000 }))!;
  const loggedMs = Date.parse(items.at(-1)!.at) - startedAtMs;
  const firstBehind = await stream.firstBehind(entryNo);
  await until(() => front.services.status().processedEntry >= firstBehind);
  const liveMs = performance.now() - startedMs;
  held.disable();
  const { user, system } = process.cpuUsage(cpu);
  const raterCpuMs = cpuMsOf(rater) - raterCpu;
  await command;
  const endedMs = performance.now() - startedMs;
  await pause(500);
  return {
    entryNo,
    figures: {
      ...{ loggedMs, liveMs, endedMs, raterCpuMs, quietBatchMs },
      frontCpuMs: (user + system) / 1000,
      batches: stream.count,
      longestBatchMs: stream.longestMs(),
      frontHeldMs: held.max / 1e6,
      frontBytes: [frontBefore, residentBytes(process.pid)],
      raterBytes: [raterBefore, residentBytes(rater)],
    },
  };
}

/** Batches of calls, one after the other, and when each of them was accepted and processed. */
class Stream {
  private readonly front: Front;
  private readonly events: number;
  private readonly accepted = new Map<number, number>();
  private longest = 0;
  private last = 0;
  private running = true;
  private done: Promise<unknown> = Promise.resolve();
  count = 0;

  constructor(front: Front, events: number) {
    this.front = front;
    this.events = events;
  }

  start(): void {
    this.done = Promise.all([this.push(), this.watch()]);
  }

  private async push(): Promise<void> {
    for (let number = 0; this.running; number++) {
      const batch = Array.from({ length: this.events }, (_, index) => call(number * this.events + index));
      const { entryNo } = await this.front.services.pushUsage({ source: 'bench', events: batch, requestSha256: '' });
      this.accepted.set(entryNo, performance.now());
      this.last = entryNo;
      this.count++;
      await pause(EVERY_MS);
    }
  }

  private async watch(): Promise<void> {
    while (this.running || this.accepted.size > 0) {
      const { processedEntry } = this.front.services.status();
      const now = performance.now();
      for (const [entryNo, atMs] of this.accepted) {
        if (entryNo > processedEntry) break;
        this.longest = Math.max(this.longest, now - atMs);
        this.accepted.delete(entryNo);
      }
      await pause(LOOK_MS);
    }
  }

  longestMs(): number {
    const now = performance.now();
    return Math.max(this.longest, ...[...this.accepted.values()].map((atMs) => now - atMs));
  }

  forget(): void {
    this.longest = 0;
    this.count = 0;
  }

  /** Entry of the first batch that was accepted behind another entry. */
  async firstBehind(entryNo: number): Promise<number> {
    await until(() => this.last > entryNo);
    return [...this.accepted.keys()].find((one) => one > entryNo) ?? this.last;
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.done;
  }
}

/** Each batch on one version: the one that stood in the log before it. Error: BENCH_DIFFERS. */
async function requireVersions(front: Front, entryNo: number): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await front.services.charges({ limit: 1000, cursor });
    const wrong = page.items.find(({ id, tariff }) => {
      return Number(id.split('.')[0]) > entryNo !== (tariff === `${NAME}@2020-01-01#2`);
    });
    if (wrong !== undefined) {
      throw new TollgridError('BENCH_DIFFERS', `Charge ${wrong.id} names ${wrong.tariff}.`, { entry: entryNo });
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

async function untilPublished(front: Front): Promise<number> {
  for (;;) {
    const history = await front.services.tariffHistory({ name: NAME, limit: 1000 });
    const found = history?.items.find(({ revision }) => revision === 2);
    if (found !== undefined) return found.entry;
    await pause(LOOK_MS);
  }
}

function publishCommand(configFile: string, list: string): Promise<void> {
  const main = entryPoint(new URL('../', import.meta.url).href, 'main').pathname;
  const args = ['tariff', 'publish', list, '--correct', '--by', 'Bench', '--note', 'measured', '--config', configFile];
  const child = spawn(process.execPath, [...entryFlags, main, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new TollgridError('BENCH_DIFFERS', `The command ended with ${code}.`)),
    );
  });
}

function writeInstallation(folder: string): string {
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };
  write('tariffs/bench.yaml', callTariff());
  write('tariffs/zones.csv', Array.from({ length: ZONES }, (_, zone) => `9${1000 + zone},zone-${zone}`).join('\n'));
  const subscription = {
    ...{ id: 'S-1', accountId: 'A-1', identifiers: [{ kind: 'number', value: '380440000001' }] },
    tariffs: [{ view: 'retail', service: 'voice', tariff: NAME }],
  };
  const registry = {
    parties: [{ id: 'P-1', name: 'Bench' }],
    accounts: [{ id: 'A-1', partyId: 'P-1', currency: 'UAH', timeZone: 'Europe/Kyiv' }],
    subscriptions: [subscription],
  };
  const rules = [{ class: 'call.originating', views: [{ view: 'retail', by: ['callingParty'] }] }];
  // JSON is YAML.
  const config = {
    ...{ dataDir: path.join(folder, 'data'), server: { port: 0 }, logging: { level: 'error' } },
    duplicates: { windowMonths: 120 },
    definitions: {
      tariffs: [path.join(folder, 'tariffs')],
      guiding: write('guiding.yaml', JSON.stringify({ guiding: NAME, rules })),
      registry: [write('registry.yaml', JSON.stringify(registry))],
    },
  };
  return write('tollgrid.yaml', JSON.stringify(config));
}

/** The same rules, for many prefixes. */
function writePriceList(folder: string, count: number): string {
  const random = makeRandom(1);
  const zones = Array.from({ length: ZONES }, (_, zone) => `9${1000 + zone},zone-${zone}`);
  const prefixes = makePrefixes(count, random).filter((prefix) => !/^9\d{4}$/.test(prefix));
  const list = path.join(folder, 'list', 'bench.yaml');
  fs.mkdirSync(path.dirname(list), { recursive: true });
  fs.writeFileSync(list, callTariff());
  const rows = prefixes.map((prefix) => `${prefix},zone-${random(ZONES)}`);
  fs.writeFileSync(path.join(folder, 'list', 'zones.csv'), ['prefix,zone', ...zones, ...rows].join('\n'));
  return list;
}

function call(number: number): Uint8Array {
  const at = new Date(Date.UTC(2026, 9, 5) + number * 10).toISOString();
  const data = { from: '380440000001', to: `9${1000 + (number % ZONES)}55`, startAt: at, durationMs: 60_000 };
  const head = { specversion: '1.0', id: `c-${number}`, source: '/bench', type: 'tollgrid.usage.voice', time: at };
  return Buffer.from(JSON.stringify({ ...head, data }));
}

/** Of all threads of a process, as Linux counts it: in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const fields = fs
    .readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await pause(LOOK_MS);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
