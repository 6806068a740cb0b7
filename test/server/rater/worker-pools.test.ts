import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DISPOSITION_NAMES } from '../../../schemas/columns/record-columns.ts';
import { WorkerPools, type TaskPool } from '../../../server/rater/worker-pools.ts';

const THREADS = [1, 2, 4];
const START_MS = 240_000;
const NO_BYTES = new Uint8Array(0);

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-pools-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** What became of the one record of an entry. */
async function fate(pools: WorkerPools, entryNo: number, text: string): Promise<string> {
  const place = { entryNo, fileEntry: entryNo, source: 'a', format: 'none', acceptedAtMs: Date.UTC(2026, 9, 1) };
  const work = pools.process({ ...place, sourceOffset: 0, first: true, last: true }, { bytes: Buffer.from(text) });
  return (await work).batches[0]!.counts.map((count, no) => (no > 0 && count > 0 ? DISPOSITION_NAMES[no]! : ''))
    .filter((name) => name !== '')
    .join();
}

describe('rating threads', () => {
  for (const threads of THREADS) {
    it(
      `see entries in the order they were given, however many wait (${threads} threads)`,
      async () => {
        const pools = new WorkerPools(threads);
        await pools.open({ folder, memoryBytesMax: 2 ** 20 });
        try {
          // Of two equal records the earlier one stands, although all of them wait for the same thread at one time.
          const fates = Array.from({ length: 24 }, (_, no) => fate(pools, no + 1, `record ${no >> 1}\n`));
          const expected = Array.from({ length: 24 }, (_, no) => (no % 2 === 0 ? 'suspended' : 'duplicate'));
          expect(await Promise.all(fates)).toEqual(expected);
        } finally {
          await pools.close();
        }
      },
      START_MS,
    );
  }

  it('that decode also keep the state of a slice before they decode the next, so that the others can rate', async () => {
    const done: string[] = [];
    const startThread = (): TaskPool => {
      let turn: Promise<unknown> = Promise.resolve();
      return {
        // One after the other, as a thread works.
        run: (task) =>
          (turn = turn.then(async () => {
            await new Promise((resolve) => setTimeout(resolve, 2));
            done.push(task.kind);
            return task.kind === 'stageB' ? { reversals: [], rework: [], supersededContext: [] } : {};
          })),
        destroy: async () => undefined,
      };
    };
    const pools = new WorkerPools(2, startThread);
    const place = {
      fileEntry: 1,
      source: 'a',
      format: 'none',
      acceptedAtMs: 0,
      sourceOffset: 0,
      first: true,
      last: true,
    };
    const slices = Array.from({ length: 3 }, (_, no) =>
      pools.process({ ...place, entryNo: no + 1 }, { bytes: NO_BYTES }),
    );
    await Promise.all(slices);
    const decoding = done.filter((kind) => kind !== 'stageC');
    expect(decoding).toEqual(['stageA', 'stageB', 'stageA', 'stageB', 'stageA', 'stageB']);
  });
});
