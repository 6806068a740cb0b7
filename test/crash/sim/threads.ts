/** The rating threads within this process: the real worker, an instance of its module per thread. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Piscina } from 'piscina';
import { projectRoot } from '../../../platform/paths.ts';
import type { WorkerTask } from '../../../server/rater/messages.ts';
import { WorkerPools } from '../../../server/rater/worker-pools.ts';
import { currentProcess } from './process.ts';

type Worker = (task: WorkerTask) => Promise<unknown>;

/** Loaded before anything is simulated: reading a module takes real time, and so would spoil the order of things. */
const WORKERS = await Promise.all(
  [0, 1].map(async (thread) => {
    const module = `${projectRoot}/server/rater/worker.ts?thread=${thread}`;
    return ((await import(/* @vite-ignore */ module)) as { default: Worker }).default;
  }),
);

/** For what a thread moves out of memory before it is told its folder. */
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-threads-'));
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true }));

/** A WorkerPools whose threads are here; everything above a thread is the real thing. At most two. */
export function threadsHere(threads: number): WorkerPools {
  return new WorkerPools(threads, (thread) => {
    const run = inTurn(WORKERS[thread]!);
    // A new thread knows nothing; this one may have worked before.
    void run({ kind: 'open', options: { thread, threads, identities: { folder: scratch, memoryBytesMax: 0 } } });
    return { run, destroy: async () => undefined };
  });
}

/** One task after the other, as in a pool of one thread; a killed process gets no answer. */
function inTurn(worker: Worker): Worker {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const process = currentProcess();
    const done = last.then(async () => {
      await process?.gate();
      const result = await worker(task);
      await process?.gate();
      return unmoved(result);
    });
    last = done.catch(() => undefined);
    return done;
  };
}

/** What a thread hands over instead of copying comes wrapped. */
function unmoved(result: unknown): unknown {
  const wrapped = result as { [Piscina.valueSymbol]?: unknown } | null | undefined;
  return wrapped?.[Piscina.valueSymbol] ?? result;
}
