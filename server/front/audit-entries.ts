/** The log's entries that hold records against the accounting rows of the ledger: each has exactly one. */
import type { AccountedBucket } from '../../ledger/index.ts';
import { BUCKET_ENTRIES } from '../../platform/entry-set.ts';
import type { LogState } from './log-state.ts';

export interface EntryGaps {
  total: number;
  /** Entries of the log that nothing accounts for. */
  missing: number[];
  /** Accounted for, and the log has no such entry or it holds no records. */
  unknown: number[];
  /** Rows too many, in buckets of 256 entries: first entry of the bucket, and how many. */
  doubled: { fromEntry: number; rows: number }[];
}

const EXAMPLES = 20;

/** What a retention has taken from the log can no longer be compared: only entries from the first kept one on are. */
export function compareEntries(
  { accounted, firstEntry }: Pick<LogState, 'accounted' | 'firstEntry'>,
  upTo: number,
  found: readonly AccountedBucket[],
): EntryGaps {
  const gaps: EntryGaps = { total: 0, missing: [], unknown: [], doubled: [] };
  const byBucket = new Map(found.map((one) => [one.bucket, one]));
  const last = Math.max(accounted.buckets - 1, found.at(-1)?.bucket ?? -1);
  for (let bucket = Math.floor(firstEntry / BUCKET_ENTRIES); bucket <= last; bucket++) {
    const from = bucket * BUCKET_ENTRIES;
    const kept = firstEntry <= from ? -1n : -1n << BigInt(firstEntry - from);
    const expected = accounted.bucket(bucket, upTo);
    const { entries, rows } = byBucket.get(bucket) ?? { entries: 0n, rows: 0 };
    const there = entries & kept;
    list(gaps, 'missing', from, expected & ~there);
    list(gaps, 'unknown', from, there & ~expected);
    const extra = rows - count(entries);
    if (extra === 0) continue;
    gaps.total += extra;
    if (gaps.doubled.length < EXAMPLES) gaps.doubled.push({ fromEntry: from, rows: extra });
  }
  return gaps;
}

function list(gaps: EntryGaps, what: 'missing' | 'unknown', from: number, bits: bigint): void {
  if (bits === 0n) return;
  gaps.total += count(bits);
  for (let n = 0; n < BUCKET_ENTRIES && gaps[what].length < EXAMPLES; n++) {
    if ((bits >> BigInt(n)) & 1n) gaps[what].push(from + n);
  }
}

function count(bits: bigint): number {
  return bits === 0n ? 0 : bits.toString(2).replaceAll('0', '').length;
}

export function entriesInWords({ missing, unknown, doubled }: EntryGaps): string {
  return [
    ...(missing.length > 0 ? [`not accounted for: ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`accounted for without records in the log: ${unknown.join(', ')}`] : []),
    ...doubled.map(({ fromEntry, rows }) => `${rows} too many among entries ${fromEntry} to ${fromEntry + 255}`),
  ].join('; ');
}
