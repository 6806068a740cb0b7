/** The test of the simulation: each bug that is planted on purpose is caught within a few lives, and the seed is told. */
import { describe, expect, it } from 'vitest';
import { live, type LifeResult } from './sim/life.ts';
import { PLANTED_BUGS } from './sim/planted-bugs.ts';

/** All of them are caught earlier; `npm run crash` tells by which seed. */
const SEEDS_MAX = 400;
const CAUGHT_MS = 400_000;
/** Bugs that few lives show: the search begins where one does. `npm run crash` begins at 1 for all. */
const FIRST_SEEDS: Record<string, number> = {
  'a failed sync is tried again and believed': 58,
  'an original is removed before its archive is synced': 9,
  'entries are removed before the mark of retention is durable': 10,
  'the log is cut before the ledger is synced': 120,
  'a damaged middle is cut like a torn tail': 6,
  'rows lost before the checkpoint are not looked for': 5,
};

describe('a planted bug is caught', () => {
  for (const [name, plant] of Object.entries(PLANTED_BUGS)) {
    it(
      name,
      async () => {
        let life: LifeResult | undefined;
        const first = FIRST_SEEDS[name] ?? 1;
        for (let seed = first; seed < first + SEEDS_MAX && (life === undefined || life.wrong.length === 0); seed++) {
          life = await live(seed, plant);
        }
        expect(life!.wrong, `not caught by ${SEEDS_MAX} lives`).not.toEqual([]);
        process.stdout.write(`caught by seed ${life!.seed}: ${name}: ${life!.wrong[0]}\n`);
      },
      CAUGHT_MS,
    );
  }
});
