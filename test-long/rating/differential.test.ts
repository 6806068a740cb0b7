import { describe, it, expect } from 'vitest';
import { run } from '../../test/rating/differential/run.ts';

const RATINGS = Number(process.env.TOLLGRID_RATING_RUNS ?? 10_000_000);
const seed = Number(process.env.TOLLGRID_RATING_SEED ?? Date.now() % 1_000_000_000);
// `-t 'part 4 '` does one of them again, and what was broken off goes on with the next one.
const PARTS = Array.from({ length: 10 }, (_, index) => index + 1);

describe(`the engine against the rational model, TOLLGRID_RATING_SEED=${seed}:`, () => {
  it.each(PARTS)(
    `gives the same for ${RATINGS.toLocaleString('en')} random ratings, part %i of ten`,
    (part) => {
      const ratings = Math.ceil(RATINGS / PARTS.length);
      const result = run({ seed: seed + part, ratings, usagesPerTariff: 2_000, months: 4 });
      process.stdout.write(`seed ${seed}, part ${part}: ${JSON.stringify({ ...result, difference: undefined })}\n`);
      expect(result.difference ?? 'no difference').toBe('no difference');
      expect(result.ratings).toBe(ratings);
    },
    3_600_000,
  );
});
