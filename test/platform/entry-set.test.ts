import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKET_ENTRIES, EntrySet } from '../../platform/entry-set.ts';

describe('a set of entries', () => {
  it('holds what was added, and gives it by buckets of 256', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(100_000)), fc.nat(100_000), (numbers, upTo) => {
        const set = new EntrySet();
        for (const number of numbers) set.add(number);
        const found: number[] = [];
        for (let bucket = 0; bucket < set.buckets; bucket++) {
          const bits = set.bucket(bucket, upTo);
          for (let n = 0; n < BUCKET_ENTRIES; n++)
            if ((bits >> BigInt(n)) & 1n) found.push(bucket * BUCKET_ENTRIES + n);
        }
        const wanted = numbers.filter((number) => number <= upTo).sort((a, b) => a - b);
        expect(found).toEqual(wanted);
        for (const number of numbers) expect(set.has(number)).toBe(true);
        expect(set.has(100_001)).toBe(false);
      }),
    );
  });
});
