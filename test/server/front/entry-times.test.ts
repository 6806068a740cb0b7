import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryTimes } from '../../../server/front/entry-times.ts';

describe('times of entries', () => {
  it('are never later than the entry, and close to it for the last ones', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 300 }), (steps) => {
        const times = new EntryTimes();
        const at = steps.map((_, index) => steps.slice(0, index + 1).reduce((sum, ms) => sum + ms, 0));
        at.forEach((ms, index) => times.appended(index + 1, ms));
        for (const [index, ms] of at.entries()) {
          const noted = times.of(index + 1)!;
          expect(noted).toBeLessThanOrEqual(ms);
          expect(ms - noted).toBeLessThan(20);
        }
      }),
    );
  });

  it('take bounded memory however many entries there are, and stay in order', () => {
    const times = new EntryTimes();
    for (let no = 1; no <= 50_000; no++) times.appended(no, no * 25);
    expect(times.of(50_000)).toBe(50_000 * 25);
    const old = times.of(100)!;
    expect(old).toBeLessThanOrEqual(100 * 25);
    expect(times.of(0)).toBe(null);
    expect(JSON.stringify(times).length).toBeLessThan(100_000);
  });
});
