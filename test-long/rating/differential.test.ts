import { describe, it, expect } from 'vitest';
import { run } from '../../test/rating/differential/run.ts';

const RATINGS = Number(process.env.TOLLGRID_RATING_RUNS ?? 10_000_000);
const seed = Number(process.env.TOLLGRID_RATING_SEED ?? Date.now() % 1_000_000_000);

describe(`the engine against the rational model (TOLLGRID_RATING_SEED=${seed})`, () => {
  it(
    `gives the same for ${RATINGS.toLocaleString('en')} random ratings`,
    () => {
      const result = run({ seed, ratings: RATINGS, usagesPerTariff: 2_000, months: 4 });
      process.stdout.write(`seed ${seed}: ${JSON.stringify({ ...result, difference: undefined })}\n`);
      expect(result.difference ?? 'no difference').toBe('no difference');
      expect(result.ratings).toBe(RATINGS);
    },
    4 * 3_600_000,
  );
});
