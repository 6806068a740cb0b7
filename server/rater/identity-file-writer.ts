/** Writes files of identities (identity-file.ts): rows of several sources, in buckets, each identity once. */
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { IDENTITY_WORDS, TABLE_COUNT, type IdentityFilter } from '../../mediation/duplicates/index.ts';
import {
  BUCKET_ROWS_MAX,
  bucketOf,
  bytesOf,
  FOOT_WORDS,
  IdentityFile,
  MAGIC,
  sumOf,
  VERSION,
  type IdentityFileFacts,
} from './identity-file.ts';

const BUCKET_BITS_MAX = 24;
/** In a bucket with more rows than that they are not compared each with each. */
const COMPARED_MAX = 512;

/** Rows of a table. */
export type RowSource = (table: number) => Uint32Array;

export interface IdentityFileContent {
  path: string;
  facts: IdentityFileFacts;
  rowsAtMost: number;
  /** The newest first: of rows of one identity the first stays. */
  sources: readonly RowSource[];
  /** Which rows are written, by their tag. */
  keeps(tag: number): boolean;
  /** Learns of each row that is written. */
  filter: IdentityFilter | null;
}

/** Writes a file and opens it. It is not synced; whoever names it in a checkpoint does that. */
export function writeIdentityFile(content: IdentityFileContent): IdentityFile {
  const { path, facts, rowsAtMost, sources, keeps, filter } = content;
  const bitsWanted = Math.ceil(Math.log2(rowsAtMost / TABLE_COUNT / BUCKET_ROWS_MAX));
  const bucketBits = Math.min(BUCKET_BITS_MAX, Math.max(0, bitsWanted));
  const buckets = 2 ** bucketBits;
  const firstRow = new Uint32Array(TABLE_COUNT * buckets + 1);
  const sums = new Uint32Array(TABLE_COUNT * buckets);
  const file = fs.openSync(path, 'wx');
  try {
    let written = 0;
    const bucketing = new Bucketing(bucketBits);
    for (let table = 0; table < TABLE_COUNT; table++) {
      const { rows, ends } = bucketing.of(
        sources.map((source) => source(table)),
        keeps,
      );
      let from = 0;
      for (let bucket = 0; bucket < buckets; bucket++) {
        firstRow[table * buckets + bucket] = written + from;
        const bytes = bytesOf(rows.subarray(from * IDENTITY_WORDS, ends[bucket] * IDENTITY_WORDS));
        sums[table * buckets + bucket] = crc32(bytes);
        from = ends[bucket];
      }
      filter?.addRows(table, rows);
      writeAll(file, bytesOf(rows));
      written += from;
    }
    firstRow[TABLE_COUNT * buckets] = written;
    for (const part of [firstRow, sums, footOf(facts, written, bucketBits, sumOf(firstRow, sums))]) {
      writeAll(file, bytesOf(part));
    }
  } finally {
    fs.closeSync(file);
  }
  const opened = IdentityFile.open(path);
  opened.synced = false;
  return opened;
}

function footOf(facts: IdentityFileFacts, rows: number, bucketBits: number, sum: number): Uint32Array {
  const { month, sequence, thread, threads } = facts;
  const foot = new Uint32Array(FOOT_WORDS);
  foot.set([MAGIC, VERSION, month, sequence, thread, threads, rows, bucketBits, sum]);
  foot[FOOT_WORDS - 1] = crc32(bytesOf(foot.subarray(0, FOOT_WORDS - 1)));
  return foot;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(file, bytes, at, bytes.length - at);
}

/** Puts rows into buckets; what it works with is used again for each table. */
class Bucketing {
  private readonly bucketBits: number;
  private readonly ends: Uint32Array;
  private room = new Uint32Array(0);

  constructor(bucketBits: number) {
    this.bucketBits = bucketBits;
    this.ends = new Uint32Array(2 ** bucketBits);
  }

  /** Rows of all parts bucket by bucket, of one identity that of the first part, and where each bucket ends, in rows. */
  of(parts: readonly Uint32Array[], keeps: (tag: number) => boolean): { rows: Uint32Array; ends: Uint32Array } {
    const { ends, bucketBits } = this;
    const words = parts.reduce((sum, { length }) => sum + length, 0);
    if (words > this.room.length) this.room = new Uint32Array(words);
    const { room } = this;
    ends.fill(0);
    for (const part of parts) {
      for (let at = 0; at < part.length; at += IDENTITY_WORDS)
        if (keeps(part[at + 4])) ends[bucketOf(part[at], bucketBits)]++;
    }
    // Now where each bucket begins; as rows are put in, where they end.
    let next = 0;
    for (let bucket = 0; bucket < ends.length; bucket++) {
      const count = ends[bucket];
      ends[bucket] = next;
      next += count;
    }
    for (const part of parts) {
      for (let at = 0; at < part.length; at += IDENTITY_WORDS) {
        if (!keeps(part[at + 4])) continue;
        const to = ends[bucketOf(part[at], bucketBits)]++ * IDENTITY_WORDS;
        for (let word = 0; word < IDENTITY_WORDS; word++) room[to + word] = part[at + word];
      }
    }
    const rows = parts.length > 1 ? this.once(room) : next;
    return { rows: room.subarray(0, rows * IDENTITY_WORDS), ends };
  }

  /** Leaves only the first row of each identity, and moves the rows together. Returns how many are left. */
  private once(rows: Uint32Array): number {
    const { ends } = this;
    let from = 0;
    let to = 0;
    for (let bucket = 0; bucket < ends.length; bucket++) {
      const start = to;
      const seen = ends[bucket] - from > COMPARED_MAX ? new Set<string>() : null;
      for (let row = from; row < ends[bucket]; row++) {
        const at = row * IDENTITY_WORDS;
        if (seen === null ? stands(rows, start, to, at) : !isNew(seen, rows, at)) continue;
        rows.copyWithin(to * IDENTITY_WORDS, at, at + IDENTITY_WORDS);
        to++;
      }
      from = ends[bucket];
      ends[bucket] = to;
    }
    return to;
  }
}

function isNew(seen: Set<string>, rows: Uint32Array, at: number): boolean {
  const before = seen.size;
  return seen.add(`${rows[at]} ${rows[at + 1]} ${rows[at + 2]}`).size > before;
}

function stands(rows: Uint32Array, fromRow: number, toRow: number, at: number): boolean {
  const [k1, k2, k3] = [rows[at], rows[at + 1], rows[at + 2]];
  for (let row = fromRow * IDENTITY_WORDS; row < toRow * IDENTITY_WORDS; row += IDENTITY_WORDS) {
    if (rows[row] === k1 && rows[row + 1] === k2 && rows[row + 2] === k3) return true;
  }
  return false;
}
