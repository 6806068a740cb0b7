/** Drafts tried on real usage: each in a process of its own with the lowest priority, one at a time; the last few are kept. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TollgridError, type ErrorCode } from '../../platform/errors.ts';
import { entryFlags, entryPoint } from '../../platform/paths.ts';
import { lowerPriority } from '../../platform/supervise.ts';
import type { CanaryState } from '../../schemas/api/canaries.ts';
import type { CanaryJob, CanaryToFront, FrontToCanary } from '../canary/index.ts';

const KEPT = 10;
const NICE_LEVEL = 19;
/** Its tables and one portion of usage; beyond that something is wrong, and it must not be the machine's problem. */
const HEAP_MEGABYTES_MAX = 2048;

export class Canaries {
  private readonly folder: string;
  private readonly states = new Map<string, CanaryState>();
  private running: { id: string; child: ChildProcess; ended: Promise<void> } | null = null;

  constructor(dataDir: string) {
    this.folder = path.join(dataDir, 'run', 'canary');
  }

  /** Error: CANARY_BUSY. */
  async start(job: Omit<CanaryJob, 'scratch'>): Promise<CanaryState> {
    // One that has told its result, or was cancelled, is gone in a moment.
    while (this.running !== null) {
      const { id, ended } = this.running;
      if (this.states.get(id)?.state === 'running') {
        throw new TollgridError('CANARY_BUSY', `Canary ${id} is not done yet.`, { id });
      }
      await ended;
    }
    const id = randomUUID();
    const scratch = path.join(this.folder, id);
    const state: CanaryState = {
      ...{ id, state: 'running', report: null, failure: null },
      progress: { phase: 'rating', done: 0, of: 0 },
    };
    this.states.set(id, state);
    if (this.states.size > KEPT) this.states.delete(this.states.keys().next().value!);
    const child = fork(fileURLToPath(entryPoint(new URL('../canary/', import.meta.url).href, 'main')), [], {
      execArgv: [...entryFlags, `--max-old-space-size=${HEAP_MEGABYTES_MAX}`],
      serialization: 'advanced',
    });
    lowerPriority(child, NICE_LEVEL);
    child.on('message', (message: CanaryToFront) => {
      if (message.type === 'progress' && state.progress.of === 0) lowerPriority(child, NICE_LEVEL);
      hear(state, message);
    });
    const ended = new Promise<void>((resolve) => {
      // Without a process id it was never started, and there will be no exit.
      child.once('error', () => child.pid === undefined && resolve());
      child.once('exit', () => resolve());
    }).then(async () => {
      this.running = null;
      if (state.state === 'running') fail(state, 'CANARY_ENDED', 'Its process ended.');
      await fs.rm(scratch, { recursive: true, force: true });
    });
    this.running = { id, child, ended };
    child.send({ type: 'start', job: { ...job, scratch } } satisfies FrontToCanary, () => {});
    return state;
  }

  /** Null when there is none of that id. */
  state(id: string): CanaryState | null {
    return this.states.get(id) ?? null;
  }

  /** False when it does not run. */
  cancel(id: string): boolean {
    if (this.running?.id !== id) return false;
    this.states.get(id)!.state = 'cancelled';
    this.running.child.kill('SIGKILL');
    return true;
  }

  async close(): Promise<void> {
    const { running } = this;
    if (running === null) return;
    this.cancel(running.id);
    await running.ended;
  }
}

function hear(state: CanaryState, message: CanaryToFront): void {
  if (state.state !== 'running') return;
  if (message.type === 'progress') state.progress = message.progress;
  else if (message.type === 'failed') fail(state, message.code as ErrorCode, message.message);
  else {
    state.report = message.report;
    state.state = 'done';
  }
}

function fail(state: CanaryState, code: ErrorCode, message: string): void {
  state.state = 'failed';
  state.failure = { code, message };
}
