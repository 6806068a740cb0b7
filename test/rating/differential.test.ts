import { describe, it, expect } from 'vitest';
import { run } from './differential/run.ts';

const given = process.env.TOLLGRID_RATING_SEED;
const SEEDS = given === undefined ? [1, 2, 3, 4, 5, 6, 7, 8] : [Number(given)];

describe('the engine against the rational model', () => {
  it.each(SEEDS)('gives the same for random usages under random tariffs, and for months of them (seed %i)', (seed) => {
    const result = run({ seed, ratings: 5_000, usagesPerTariff: 200, months: 3 });
    expect(result.difference ?? 'no difference').toBe('no difference');
    expect(result.ratings).toBe(5_000);
    expect(result.settled).toBeGreaterThan(250);
  });
});
