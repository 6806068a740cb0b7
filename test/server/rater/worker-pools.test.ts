import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DISPOSITION_NAMES } from '../../../schemas/columns/record-columns.ts';
import { WorkerPools } from '../../../server/rater/worker-pools.ts';

const THREADS = [1, 2, 4];
const START_MS = 120_000;

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
});
