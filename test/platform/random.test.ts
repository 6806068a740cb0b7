import { describe, it, expect } from 'vitest';
import { createRandom } from '../../platform/random.ts';

describe('seeded random numbers', () => {
  it('are the same for the same seed and stream', () => {
    const draw = () => {
      const random = createRandom(7, 'a');
      return Array.from({ length: 5 }, () => random.uint32());
    };
    expect(draw()).toEqual(draw());
  });

  it('differ between seeds and between streams', () => {
    const first = (seed: number, stream: string) => createRandom(seed, stream).uint32();
    expect(new Set([first(1, 'a'), first(2, 'a'), first(1, 'b'), first(2, 'b')]).size).toBe(4);
  });

  it('fill their range evenly', () => {
    const random = createRandom(1, 'even');
    const seen = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) seen[random.below(10)]!++;
    for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('stay inside both ends of a range', () => {
    const random = createRandom(3);
    const drawn = new Set(Array.from({ length: 1000 }, () => random.between(4, 6)));
    expect([...drawn].sort()).toEqual([4, 5, 6]);
  });

  it('hit a percentage', () => {
    const random = createRandom(5);
    let hits = 0;
    for (let i = 0; i < 100_000; i++) if (random.chance(10)) hits++;
    expect(Math.abs(hits - 10_000)).toBeLessThan(400);
  });
});
