/** The town through processes that share nothing but servers: collectors, an API, a rater, killed in the middle. */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../../../cli/client.ts';
import { startEngine, type EngineHandle, type JournalledWrite } from '../../../ledger/index.ts';
import type { Config } from '../../../platform/config.ts';
import { AppendJournal } from '../../../platform/durable-file.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Status } from '../../../schemas/api/operation.ts';
import { LedgerJournal } from '../../../server/front/ledger-journal.ts';
import { totalsFile } from '../../../server/rater/totals-file.ts';
import { until } from '../../support/until.ts';
import { apiOf, ended, killGroup, runTollgrid } from '../front/command-line.ts';
import { System, TOWN, townFiles, writeConfig } from '../front/system.ts';
import { freePort } from '../front/tollgrid-process.ts';

const LIMIT_MS = 400_000;
const TOKEN = 'stand in';
const PERIOD = '2026-10';

const sources = [...new Map(townFiles().map(({ source, format }) => [source, format]))].map(([name, format]) => ({
  ...{ name, format, directory: path.join(TOWN, 'inbox', name), pollMs: 50 },
}));

/** A member of an installation, by the folder it has: the role is what stands before the first dash. */
type Member = `${'api' | 'collector' | 'rater'}-${string}`;

/** Processes on one topic, with a ledger behind the address of a server. */
class Installation {
  readonly folder: string;
  private readonly topic: string;
  private readonly brokers: string[];
  private readonly children = new Map<Member, ChildProcess>();
  private engine!: EngineHandle;
  private ledger!: Record<string, unknown>;
  private said = '';

  constructor(folder: string, topic: string, broker: string) {
    this.folder = folder;
    this.topic = topic;
    this.brokers = [broker];
  }

  async open(): Promise<void> {
    const port = await freePort();
    const place = path.join(this.folder, `ch-${this.topic}`);
    this.engine = await startEngine({ path: place, nice: 0, fixed: { port, token: TOKEN } });
    fs.writeFileSync(path.join(this.folder, 'password'), TOKEN);
    this.ledger = { url: `http://127.0.0.1:${port}`, passwordFile: path.join(this.folder, 'password') };
  }

  /** Its configuration file. */
  member(name: Member, of: unknown[]): string {
    const folder = path.join(this.folder, name);
    fs.mkdirSync(folder, { recursive: true });
    const kafka = { brokers: this.brokers, topic: this.topic, collector: name, replicas: 1 };
    const options = { folder, sources: of, sliceBytesMax: 64 * 1024, log: { kafka } };
    return writeConfig(folder, { ...options, servers: { ledger: this.ledger } });
  }

  start(name: Member, role = name.split('-')[0]): void {
    const file = path.join(this.folder, name, 'tollgrid.yaml');
    const child = runTollgrid('start', '--role', role, '--config', file);
    child.stdout!.resume();
    child.stderr!.on('data', (chunk: Buffer) => (this.said += `${name}: ${chunk.toString()}`));
    this.children.set(name, child);
  }

  async kill(name: Member): Promise<void> {
    const child = this.running(name);
    const gone = once(child, 'exit');
    killGroup(child);
    await gone;
  }

  private running(name: Member): ChildProcess {
    const child = this.children.get(name)!;
    if (child.exitCode === null && child.signalCode === null) return child;
    throw new Error(`${name} ended by itself: ${this.said}`);
  }

  freeze(name: Member): void {
    process.kill(-this.running(name).pid!, 'SIGSTOP');
  }

  /** Resolves when it has said so. */
  async wake(name: Member, says: string): Promise<void> {
    process.kill(-this.running(name).pid!, 'SIGCONT');
    await this.until(`${name} says ${says}`, async () => this.said.includes(says));
  }

  /** Orderly; resolves with its exit code. */
  async end(name: Member): Promise<number | null> {
    const child = this.running(name);
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    return child.exitCode;
  }

  api(): Promise<Api> {
    const name = [...this.children.keys()].find((one) => one.startsWith('api-'))!;
    return apiOf(this.children.get(name)!, path.join(this.folder, name, 'data'));
  }

  async status(): Promise<Status | null> {
    return (await this.api()).get<Status>('/v1/status').catch(() => null);
  }

  async until<T>(what: string, look: () => Promise<T | null | false>): Promise<T> {
    try {
      return await until(what, look);
    } catch (error) {
      throw new Error(`${String(error)}; they said: ${this.said}`, { cause: error });
    }
  }

  async exported(): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of await (await this.api()).stream('/v1/export')) hash.update(chunk as Uint8Array);
    return hash.digest('hex');
  }

  async close(): Promise<void> {
    for (const name of this.children.keys()) await this.kill(name).catch(() => undefined);
    await this.engine.stop();
  }
}

export function scaledSuite(broker: () => { address: string }): void {
  let folder: string;
  /** The same in one process: after the town's files, and after the month was settled. */
  let inside: { total: AuditReport['total']; before: string; settled: string };

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-scaled-'));
    const one = await System.start({ folder: makeFolder('api-moved'), sources });
    await one.front.sourcesTaken();
    await one.processed();
    const { total } = await one.audit();
    const before = await one.exportHash();
    await one.settle(PERIOD);
    inside = { total, before, settled: await one.exportHash() };
    await one.stop();
  }, LIMIT_MS);
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  const makeFolder = (name: string): string => {
    fs.mkdirSync(path.join(folder, name));
    return path.join(folder, name);
  };

  it(
    'comes to the charges of one process, whichever of them is killed',
    async () => {
      const town = new Installation(folder, 'town', broker().address);
      await town.open();
      try {
        town.member('api-town', sources);
        for (const name of ['rater-one', 'rater-two', 'rater-three'] as const) town.member(name, sources);
        town.member('collector-1', sources.slice(0, 3));
        town.member('collector-2', sources.slice(3));
        const wentOn = async (before: string): Promise<void> => {
          const head = (await town.status())?.logHead ?? 0;
          await town.until(`the log went on before ${before}`, async () => {
            const now = await town.status();
            if (now === null) return false;
            return now.logHead > head + 5 || (now.processedEntry > 30 && now.processedEntry === now.logHead);
          });
        };
        for (const name of ['api-town', 'rater-one', 'collector-1'] as const) town.start(name);
        for (const name of ['collector-1', 'rater-one', 'api-town'] as const) {
          await wentOn(`${name} is killed`);
          await town.kill(name);
          // A rater that knows nothing takes over from one that is dead.
          town.start(name === 'rater-one' ? 'rater-two' : name);
        }
        await wentOn('rater-two is frozen');
        // And from one that is frozen, and wakes in the middle of what it has missed.
        town.freeze('rater-two');
        town.start('rater-three');
        town.start('collector-2');
        await wentOn('rater-two wakes');
        await town.wake('rater-two', 'LEDGER_FENCED');
        const report = await town.until('all is rated', async () => {
          const client = await town.api();
          const found = await client.get<AuditReport>('/v1/audit', { wait: true }).catch(() => null);
          if (found === null || found.total.received < inside.total.received) return null;
          return found.total.inFlight === 0 ? found : null;
        });
        expect(report.total).toEqual(inside.total);
        expect(report.closes).toBe(true);
        expect(await town.exported()).toBe(inside.before);

        expect(await town.end('rater-two')).toBe(3);
        // The first comes back, with a journal and a state that others have gone beyond.
        await town.kill('rater-three');
        town.start('rater-one');
        const { entry } = await (await town.api()).post<{ entry: number }>('/v1/settlements', { period: PERIOD });
        await town.until('the month is settled', async () => ((await town.status())?.processedEntry ?? 0) >= entry);
        expect(await town.exported()).toBe(inside.settled);
      } finally {
        await town.close();
      }
    },
    LIMIT_MS,
  );

  it('hands the journal of the ledger on, and ends the turn of who had it', async () => {
    const on = (name: string) => ({
      dataDir: makeFolder(name),
      log: { kafka: { brokers: [broker().address], topic: 'turns', replicas: 1 } } as Config['log'],
    });
    const write = (entry: number): JournalledWrite => ({ fromEntry: entry, toEntry: entry, blocks: [] });
    const written = async (name: string): Promise<unknown[]> => {
      const lines: unknown[] = [];
      await (await AppendJournal.open(totalsFile(path.join(folder, name)), (line) => lines.push(line))).close();
      return lines;
    };
    // Of a time before the topic: it goes on.
    const before = on('turn-1');
    const own = await AppendJournal.open<JournalledWrite>(totalsFile(before.dataDir));
    await own.append(write(1));
    await own.close();
    const first = await LedgerJournal.open(before);
    for (const line of [write(2), { behind: 1 }, write(3)]) await first.append(line);
    const second = await LedgerJournal.open(on('turn-2'));
    try {
      await expect(first.append(write(4))).rejects.toMatchObject({ code: 'LEDGER_FENCED' });
      expect([second.word, second.lastEntry]).toEqual([first.word, 3]);
      let headNo = 1;
      await second.followed(() => headNo++);
      await expect(second.followed(() => 2, 0)).rejects.toMatchObject({ code: 'LOG_ORDER_DIFFERS' });
      expect(second.epoch).toBeGreaterThan(first.epoch);
      expect(await written('turn-2')).toEqual([write(1), write(3)]);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  it(
    'takes over the log of one process, with its charges',
    async () => {
      const moved = new Installation(folder, 'moved', broker().address);
      await moved.open();
      try {
        const file = moved.member('api-moved', sources);
        moved.member('rater-moved', sources);
        const migrate = () => ended(runTollgrid('migrate', 'embedded-to-scaled', '--config', file));
        const [first, again] = [await migrate(), await migrate()];
        expect([first.code, again.code, first.err, again.err]).toEqual([0, 0, expect.any(String), expect.any(String)]);
        expect(again.out).toContain(' 0 of them new');
        moved.start('api-moved');
        moved.start('rater-moved');
        const isRated = async (): Promise<boolean> => {
          const now = await moved.status();
          return now !== null && now.ready && now.processedEntry === now.logHead;
        };
        await moved.until('all is rated', isRated);
        expect(await moved.exported()).toBe(inside.settled);

        // One process again, which has the state of the time before in its directory.
        for (const name of ['api-moved', 'rater-moved'] as const) await moved.kill(name);
        moved.start('api-moved', 'all');
        await moved.until('it has taken over from the rater', isRated);
        expect(await moved.exported()).toBe(inside.settled);
      } finally {
        await moved.close();
      }
    },
    LIMIT_MS,
  );
}
