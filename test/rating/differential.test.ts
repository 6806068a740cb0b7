import { describe, it, expect } from 'vitest';
import { run } from './differential/run.ts';

const seed = Number(process.env.TOLLGRID_RATING_SEED ?? Date.now() % 1_000_000);

describe(`the engine against the rational model (TOLLGRID_RATING_SEED=${seed})`, () => {
  it('gives the same for 20,000 random usages under random tariffs, and for months of them', () => {
    const result = run({ seed, ratings: 20_000, usagesPerTariff: 200, months: 3 });
    expect(result.difference ?? 'no difference').toBe('no difference');
    expect(result.ratings).toBe(20_000);
    expect(result.settled).toBeGreaterThan(1_000);
  });
});
