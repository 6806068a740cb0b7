/**
 * The rating threads. A shard lives on one thread, so each thread is a piscina pool of its own: tasks of one pool run
 * in the order they were given. With one thread the three stages are one task; with more, stages A and C go to the
 * threads in turn and stage B to all of them.
 */
import { Piscina } from 'piscina';
import { entryFlags, entryPoint } from '../../platform/paths.ts';
import type { RecycledInput, RecycleResult, SliceOutcome, WorkerTask } from './messages.ts';
import type { ReferenceEntry } from './reference-data.ts';
import type { SliceBytes, SlicePlace, SliceWork } from './slice-work.ts';
import type { StageBResult } from './stage-b.ts';

export class WorkerPools {
  private readonly pools: Piscina[];
  private turn = 0;
  /** Stage B of a slice waits for stage B of the one before it. */
  private stageBDone: Promise<unknown> = Promise.resolve();

  constructor(threads: number) {
    const filename = entryPoint(import.meta.url, 'worker').href;
    this.pools = Array.from(
      { length: threads },
      () => new Piscina({ filename, minThreads: 1, maxThreads: 1, idleTimeout: 0x7fffffff, execArgv: entryFlags }),
    );
  }

  get threads(): number {
    return this.pools.length;
  }

  async open(): Promise<void> {
    await this.all((thread) => ({ kind: 'open', options: { thread, threads: this.threads } }));
  }

  /** The caller sees to it that no slice is under way. */
  async reference(entries: ReferenceEntry[]): Promise<void> {
    await this.all(() => ({ kind: 'reference', entries }));
  }

  process(place: SlicePlace, source: SliceBytes): Promise<SliceOutcome> {
    const thread = this.turn++ % this.threads;
    if (this.threads === 1) return this.run(0, { kind: 'process', place, source });
    const decoded: Promise<SliceWork> = this.run(thread, { kind: 'stageA', place, source });
    const stateful = Promise.all([decoded, this.stageBDone]).then(([work]) => this.stageB(work));
    // A failure reaches the caller through `stateful`; the chain itself must not raise it a second time.
    this.stageBDone = stateful.catch(() => undefined);
    return Promise.all([decoded, stateful]).then(([work, state]) => this.run(thread, { kind: 'stageC', work, state }));
  }

  private async stageB(work: SliceWork): Promise<StageBResult> {
    const parts = await this.all<StageBResult>(() => ({ kind: 'stageB', work }));
    return {
      reversals: parts.flatMap((part) => part.reversals),
      rework: parts.flatMap((part) => part.rework),
      supersededContext: parts.flatMap((part) => part.supersededContext),
    };
  }

  /** Tries suspended records again, each on the thread that owns its state. */
  async recycle(inputs: RecycledInput[], postedEntry: number): Promise<RecycleResult[][]> {
    const shards = await this.run<number[]>(0, { kind: 'shards', inputs });
    return this.all((thread) => ({
      kind: 'recycle',
      postedEntry,
      inputs: inputs.filter((_, index) => shards[index] % this.threads === thread),
    }));
  }

  async dump(folder: string): Promise<void> {
    await this.all(() => ({ kind: 'dump', folder }));
  }

  async load(folder: string): Promise<void> {
    await this.all(() => ({ kind: 'load', folder }));
  }

  async memory(): Promise<{ identities: number; bytes: number }> {
    const parts = await this.all<{ identities: number; bytes: number }>(() => ({ kind: 'memory' }));
    return {
      identities: parts.reduce((sum, part) => sum + part.identities, 0),
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.destroy()));
  }

  private all<T>(task: (thread: number) => WorkerTask): Promise<T[]> {
    return Promise.all(this.pools.map((_, thread) => this.run<T>(thread, task(thread))));
  }

  private run<T>(thread: number, task: WorkerTask): Promise<T> {
    return this.pools[thread].run(task) as Promise<T>;
  }
}
