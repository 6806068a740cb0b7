/**
 * The rating threads, each a piscina pool of its own: tasks of one pool run in the order they were given. One thread does
 * all three stages in one task. Of several, most decode (stage A) and keep the state of their shards (stage B), and the
 * others rate and encode (stage C): the two kinds work on slices behind each other, each with its own things in the cache.
 */
import { Piscina } from 'piscina';
import { entryFlags, entryPoint } from '../../platform/paths.ts';
import type {
  IdentityOptions,
  IdentityStatistics,
  RecycledInput,
  RecycleResult,
  RerateInput,
  RerateOutput,
  SliceOutcome,
  WorkerTask,
} from './messages.ts';
import type { ReferenceEntry } from './reference-data.ts';
import type { SliceBytes, SlicePlace, SliceWork } from './slice-work.ts';
import type { StageBResult } from './stage-b.ts';

/** Slices that the threads work on at once, beside one for each: their columns are the memory of the rater. */
const SLICES_BESIDE = 1;

/** One thread: does one task after the other. */
export interface TaskPool {
  run(task: WorkerTask): Promise<unknown>;
  destroy(): Promise<void>;
}

export class WorkerPools {
  private readonly pools: TaskPool[];
  /** The first so many threads keep state; the ones behind them rate. */
  private readonly stateThreads: number;
  private turn = 0;
  /** Stage B of a slice waits for stage B of the one before it. */
  private stageBDone: Promise<unknown> = Promise.resolve();
  /** Slices begin in order, and only so many before the first of them is done. */
  private begun: Promise<unknown> = Promise.resolve();
  /** Of each state thread, the decoding it was given last. */
  private readonly decoding: Promise<unknown>[] = [];
  private readonly inWork: Promise<unknown>[] = [];

  constructor(threads: number, start: (thread: number) => TaskPool = startThread) {
    this.pools = Array.from({ length: threads }, (_, thread) => start(thread));
    this.stateThreads = threads === 1 ? 1 : threads - Math.max(1, Math.floor(threads / 3));
  }

  get threads(): number {
    return this.pools.length;
  }

  /** The threads share the memory. */
  async open({ folder, memoryBytesMax }: IdentityOptions): Promise<void> {
    const threads = this.stateThreads;
    const identities = { folder, memoryBytesMax: memoryBytesMax / threads };
    await this.onState((thread) => ({ kind: 'open', options: { thread, threads, identities } }));
  }

  /** The caller sees to it that no slice is under way. */
  async reference(entries: ReferenceEntry[]): Promise<void> {
    await Promise.all(this.pools.map((_, thread) => this.run(thread, { kind: 'reference', entries })));
  }

  process(place: SlicePlace, source: SliceBytes): Promise<SliceOutcome> {
    if (this.threads === 1) return this.run(0, { kind: 'process', place, source });
    const turn = this.turn++;
    const rating = this.stateThreads + (turn % (this.threads - this.stateThreads));
    const thread = turn % this.stateThreads;
    // Not before stage B of the slice that the thread decoded before is asked for, which would else go behind this one, and
    // the threads that rate would have nothing to do.
    const begin = Promise.all([this.begin(), this.decoding[thread]]);
    const decoded = begin.then(() => this.run<SliceWork>(thread, { kind: 'stageA', place, source }));
    this.decoding[thread] = decoded.catch(() => undefined);
    const stateful = Promise.all([decoded, this.stageBDone]).then(([work]) => this.stageB(work));
    // A failure reaches the caller through `stateful`; the chain itself must not raise it a second time.
    this.stageBDone = stateful.catch(() => undefined);
    const done = Promise.all([decoded, stateful]).then(([work, state]) =>
      this.run<SliceOutcome>(rating, { kind: 'stageC', work, state }),
    );
    this.inWork.push(done.catch(() => undefined));
    return done;
  }

  /** Resolves when the next slice may begin. */
  private begin(): Promise<unknown> {
    const ahead = this.threads + SLICES_BESIDE;
    const room = this.inWork.length < ahead ? Promise.resolve() : this.inWork[this.inWork.length - ahead];
    if (this.inWork.length > ahead) void this.inWork.shift();
    this.begun = Promise.all([this.begun, room]);
    return this.begun;
  }

  private async stageB(work: SliceWork): Promise<StageBResult> {
    const parts = await this.onState<StageBResult>(() => ({ kind: 'stageB', work }));
    return {
      reversals: parts.flatMap((part) => part.reversals),
      rework: parts.flatMap((part) => part.rework),
      supersededContext: parts.flatMap((part) => part.supersededContext),
      sessions: parts.flatMap((part) => part.sessions),
      openSessions: parts.reduce((sum, part) => sum + part.openSessions, 0),
    };
  }

  /** Tries suspended records again, each on the thread that owns its state. */
  async recycle(inputs: RecycledInput[], postedEntry: number): Promise<RecycleResult[][]> {
    const shards = await this.run<number[]>(0, { kind: 'shards', inputs });
    return this.onState((thread) => ({
      kind: 'recycle',
      postedEntry,
      inputs: inputs.filter((_, index) => shards[index] % this.stateThreads === thread),
    }));
  }

  /** Needs no state: any thread does it, in turn. */
  rerate(input: RerateInput): Promise<RerateOutput> {
    return this.run(this.turn++ % this.threads, { kind: 'rerate', input });
  }

  async dump(folder: string): Promise<void> {
    await this.onState(() => ({ kind: 'dump', folder }));
  }

  async load(folder: string): Promise<void> {
    await this.onState(() => ({ kind: 'load', folder }));
  }

  async identities(): Promise<IdentityStatistics> {
    const parts = await this.onState<IdentityStatistics>(() => ({ kind: 'identities' }));
    const sum = (key: keyof IdentityStatistics): number => parts.reduce((total, part) => total + part[key], 0);
    return {
      openSessions: sum('openSessions'),
      inMemory: sum('inMemory'),
      onDisk: sum('onDisk'),
      memoryBytes: sum('memoryBytes'),
      diskBytes: sum('diskBytes'),
      files: sum('files'),
      filterBits: sum('filterBits'),
    };
  }

  /** Reads all identities on the disk. Error: IDENTITIES_DAMAGED. */
  async checkIdentities(): Promise<void> {
    await this.onState(() => ({ kind: 'checkIdentities' }));
  }

  async close(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.destroy()));
  }

  private onState<T>(task: (thread: number) => WorkerTask): Promise<T[]> {
    return Promise.all(Array.from({ length: this.stateThreads }, (_, thread) => this.run<T>(thread, task(thread))));
  }

  private run<T>(thread: number, task: WorkerTask): Promise<T> {
    return this.pools[thread].run(task) as Promise<T>;
  }
}

function startThread(): TaskPool {
  const filename = entryPoint(import.meta.url, 'worker').href;
  return new Piscina({
    filename,
    minThreads: 1,
    maxThreads: 1,
    idleTimeout: 0x7fffffff,
    // Otherwise a task that finds the thread busy goes behind those that came after it.
    stricterFIFO: true,
    execArgv: entryFlags,
  });
}
