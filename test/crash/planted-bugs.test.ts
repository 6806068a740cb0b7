/** The test of the simulation: each bug that is planted on purpose is caught within a few lives, and the seed is told. */
import { describe, expect, it } from 'vitest';
import { live, type LifeResult } from './sim/life.ts';
import { PLANTED_BUGS } from './sim/planted-bugs.ts';

/** All of them are caught earlier; `npm run crash` tells by which seed. */
const SEEDS_MAX = 400;
const CAUGHT_MS = 180_000;

describe('a planted bug is caught', () => {
  for (const [name, plant] of Object.entries(PLANTED_BUGS)) {
    it(
      name,
      async () => {
        let life: LifeResult | undefined;
        for (let seed = 1; seed <= SEEDS_MAX && (life === undefined || life.wrong.length === 0); seed++) {
          life = await live(seed, plant);
        }
        expect(life!.wrong, `not caught by ${SEEDS_MAX} lives`).not.toEqual([]);
        process.stdout.write(`caught by seed ${life!.seed}: ${name}: ${life!.wrong[0]}\n`);
      },
      CAUGHT_MS,
    );
  }
});
