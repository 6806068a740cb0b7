import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntrySet } from '../../../platform/entry-set.ts';
import { compareEntries, entriesInWords } from '../../../server/front/audit-entries.ts';

/** The ledger's answer for entries with one row each, and some with more. */
function buckets(entries: readonly number[], doubled: readonly number[] = []) {
  const found = new Map<number, { bucket: number; entries: bigint; rows: number }>();
  for (const entry of [...entries, ...doubled]) {
    const bucket = Math.floor(entry / 256);
    const one = found.get(bucket) ?? { bucket, entries: 0n, rows: 0 };
    one.entries |= 1n << BigInt(entry % 256);
    one.rows++;
    found.set(bucket, one);
  }
  return [...found.values()].sort((a, b) => a.bucket - b.bucket);
}

function logOf(entries: readonly number[], firstEntry = 1) {
  const accounted = new EntrySet();
  for (const entry of entries) accounted.add(entry);
  return { accounted, firstEntry };
}

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 2000 }), { minLength: 3 });

describe('entries of the log against accounting rows', () => {
  it('close when each has exactly one', () => {
    fc.assert(
      fc.property(numbers, (entries) => {
        expect(compareEntries(logOf(entries), 2000, buckets(entries)).total).toBe(0);
      }),
    );
  });

  it('show each one that is lost, invented or accounted for twice', () => {
    fc.assert(
      fc.property(numbers, ([lost, invented, twice, ...rest]) => {
        const gaps = compareEntries(logOf([lost, twice, ...rest]), 2000, buckets([invented, twice, ...rest], [twice]));
        expect(gaps).toMatchObject({ total: 3, missing: [lost], unknown: [invented] });
        expect(gaps.doubled).toEqual([{ fromEntry: Math.floor(twice / 256) * 256, rows: 1 }]);
        expect(entriesInWords(gaps)).toContain(`not accounted for: ${lost}`);
      }),
    );
  });

  it('look no further than what is processed, and not before the first entry that is kept', () => {
    const log = logOf([300, 301, 900], 300);
    expect(compareEntries(log, 500, buckets([299, 300, 301])).missing).toEqual([]);
    expect(compareEntries(log, 900, buckets([300, 301])).missing).toEqual([900]);
    expect(compareEntries(log, 900, buckets([5, 299, 300, 301, 900])).unknown).toEqual([]);
  });
});
