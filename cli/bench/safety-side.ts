/** A running Tollgrid whose log and spool are kept in one of the ways that are compared. */
import fs from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import { pushedCall } from '../generate/pushed-calls.ts';
import { startFront } from '../../server/index.ts';
import type { GeneratedCalls } from '../generate/index.ts';
import { untilProcessed, writeConfig } from './tollgrid-side.ts';
import { unsyncedEnvironment, type Syncs } from './unsynced.ts';

type Front = Awaited<ReturnType<typeof startFront>>;

export interface Keeping {
  name: string;
  syncs: boolean;
  /** Folder in memory for log and spool; null: on the disk, with the rest. */
  memory: string | null;
}

export interface PushLoad {
  /** Requests that are under way at one time. */
  clients: number;
  requests: number;
  eventsPerRequest: number;
}

export interface Pushed {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

export class SafetySide {
  readonly keeping: Keeping;
  private readonly syncs: Syncs;
  private readonly front: Front;
  private readonly inbox: string;
  private readonly event: (no: number) => string;
  private events = 0;

  /** `folder` is emptied before. */
  static async start(keeping: Keeping, syncs: Syncs, generated: GeneratedCalls, folder: string): Promise<SafetySide> {
    const inbox = path.join(folder, 'inbox');
    fs.mkdirSync(inbox, { recursive: true });
    if (keeping.memory !== null) {
      const dataDir = path.join(folder, 'data');
      fs.mkdirSync(dataDir, { recursive: true });
      for (const part of ['log', 'spool']) {
        fs.mkdirSync(path.join(keeping.memory, part), { recursive: true });
        fs.symlinkSync(path.join(keeping.memory, part), path.join(dataDir, part));
      }
    }
    const config = loadConfig({ path: writeConfig(folder, inbox, generated, 1), env: {} });
    const before = process.env['NODE_OPTIONS'];
    syncs.active = keeping.syncs;
    if (!keeping.syncs) Object.assign(process.env, unsyncedEnvironment());
    try {
      const front = await startFront({ config, temporary: false });
      await untilProcessed(front.services, front.services.status().logHead);
      return new SafetySide(keeping, syncs, front, inbox, generated);
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = before;
    }
  }

  private constructor(keeping: Keeping, syncs: Syncs, front: Front, inbox: string, generated: GeneratedCalls) {
    this.keeping = keeping;
    this.syncs = syncs;
    this.front = front;
    this.inbox = inbox;
    const caller = second(generated.registryFile, 'number');
    const called = second(generated.zonesFile, 'prefix');
    const plan = { run: 'bench', callers: [caller], called: [`${called}0000000`], startMs: Date.UTC(2026, 9, 15, 9) };
    this.event = (no) => pushedCall(plan, no);
  }

  /** From the moment the file is there until its charges can be asked for, in seconds. */
  async load(file: string): Promise<number> {
    this.syncs.active = this.keeping.syncs;
    const before = this.front.services.status().logHead;
    const name = `${path.basename(path.dirname(file))}.csv`;
    const startedMs = performance.now();
    fs.linkSync(file, path.join(this.inbox, name));
    await this.front.fileTaken(name, before);
    await untilProcessed(this.front.services, this.front.services.status().logHead);
    return (performance.now() - startedMs) / 1000;
  }

  /** Until each request is answered; the ledger catches up before the next measurement. */
  async push({ clients, requests, eventsPerRequest }: PushLoad): Promise<Pushed> {
    this.syncs.active = this.keeping.syncs;
    const bodies = Array.from({ length: requests }, () =>
      Array.from({ length: eventsPerRequest }, () => `${this.event(this.events++)}\n`).join(''),
    );
    const latencies: number[] = [];
    const client = async (): Promise<void> => {
      for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
        const startedMs = performance.now();
        await this.post(body);
        latencies.push(performance.now() - startedMs);
      }
    };
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: clients }, client));
    const seconds = (performance.now() - startedMs) / 1000;
    await untilProcessed(this.front.services, this.front.services.status().logHead);
    latencies.sort((a, b) => a - b);
    return {
      requestsPerSecond: requests / seconds,
      p50Ms: latencies[Math.floor(latencies.length * 0.5)],
      p99Ms: latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * 0.99))],
    };
  }

  private async post(body: string): Promise<void> {
    const response = await fetch(`${this.front.url}/v1/usage?source=bench-push`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
    const answer = await response.text();
    if (response.status !== 202) throw new TollgridError('BENCH_DIFFERS', `A push got ${response.status}: ${answer}`);
  }

  /** Everything that was sent was rated, and the audit closes. */
  async check(): Promise<void> {
    const { closes, total } = await this.front.services.audit({ wait: true });
    if (!closes || total.rated !== total.received)
      throw new TollgridError('BENCH_DIFFERS', 'Not all was rated, or the audit does not close.', { total });
  }

  async stop(): Promise<void> {
    this.syncs.active = this.keeping.syncs;
    await this.front.stop();
  }
}

/** A column of the second row of a file with heads. */
function second(file: string, column: string): string {
  const [heads, , row] = fs.readFileSync(file, 'utf8').split('\n', 3);
  return row.split(',')[heads.split(',').indexOf(column)];
}
