/**
 * Identities of one month in a file that is written once. Rows stand by table, then in buckets of about 50 by a hash of
 * the identity, so that one read finds or misses one; all numbers are little endian.
 *
 *   rows    20 bytes each: k1 k2 k3 | aux | tag
 *   index   u32 first row of each bucket, and the number of all rows; u32 CRC-32 of the bytes of each bucket
 *   foot    64 bytes: "TGID" | version | month | sequence | thread | threads | rows | bucket bits | CRC-32 of the index |
 *           6 x 0 | CRC-32 of the foot so far
 */
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { IDENTITY_WORDS, TABLE_COUNT, type IdentityFilter } from '../../mediation/duplicates/index.ts';
import { TollgridError } from '../../platform/errors.ts';

const MAGIC = 0x44494754;
const VERSION = 1;
const FOOT_WORDS = 16;
export const ROW_BYTES = IDENTITY_WORDS * 4;
const BUCKET_ROWS_MAX = 64;
const BUCKET_BITS_MAX = 24;
/** Bits of the hash that order rows; the rest of a double holds the row's number. */
const ORDER_BITS = 28;

export interface IdentityFileFacts {
  month: number;
  /** Of two files of a month the one with the higher number holds what is newer. */
  sequence: number;
  /** Who wrote it: a thread that cannot own any of its shards need not open it. */
  thread: number;
  threads: number;
}

/** Where in a table's order an identity stands. The conflict or occurrence of an identity differs in k3 only. */
function orderOf(k1: number): number {
  return Math.imul(k1, 0x9e3779b1) >>> 0;
}

function damaged(file: string, what: string): TollgridError {
  return new TollgridError('IDENTITIES_DAMAGED', `${file}: ${what} is not what was written`, { file });
}

/** A file of identities, open for questions. */
export class IdentityFile {
  readonly path: string;
  readonly facts: IdentityFileFacts;
  readonly rows: number;
  /** On the disk. */
  readonly sizeBytes: number;
  synced: boolean;
  private readonly file: number;
  private readonly shift: number;
  private readonly buckets: number;
  private readonly firstRow: Uint32Array;
  private readonly sums: Uint32Array;

  /** Error: IDENTITIES_DAMAGED. */
  static open(path: string): IdentityFile {
    const file = fs.openSync(path, 'r');
    try {
      return new IdentityFile(path, file);
    } catch (error) {
      fs.closeSync(file);
      throw error;
    }
  }

  private constructor(path: string, file: number) {
    this.path = path;
    this.file = file;
    this.synced = true;
    this.sizeBytes = fs.fstatSync(file).size;
    const foot = readFoot(path, file, this.sizeBytes);
    const [, , month, sequence, thread, threads, rows, bucketBits, sum] = foot;
    this.facts = { month, sequence, thread, threads };
    this.rows = rows;
    this.buckets = 2 ** bucketBits;
    this.shift = 32 - bucketBits;
    const count = TABLE_COUNT * this.buckets;
    this.firstRow = new Uint32Array(count + 1);
    this.sums = new Uint32Array(count);
    this.read(this.sums, this.read(this.firstRow, rows * ROW_BYTES));
    if (sumOf(this.firstRow, this.sums) !== sum) throw damaged(path, 'the index');
  }

  get memoryBytes(): number {
    return this.firstRow.byteLength + this.sums.byteLength;
  }

  /** Reads the identity's row into `row`. Error: IDENTITIES_DAMAGED. */
  find(table: number, k1: number, k2: number, k3: number, row: Uint32Array): boolean {
    const bucket = table * this.buckets + (this.shift === 32 ? 0 : orderOf(k1) >>> this.shift);
    const rows = this.bucket(bucket);
    for (let at = 0; at < rows.length; at += IDENTITY_WORDS) {
      if (rows[at] !== k1 || rows[at + 1] !== k2 || rows[at + 2] !== k3) continue;
      for (let word = 0; word < IDENTITY_WORDS; word++) row[word] = rows[at + word];
      return true;
    }
    return false;
  }

  private bucket(bucket: number): Uint32Array {
    const [from, to] = [this.firstRow[bucket], this.firstRow[bucket + 1]];
    const rows = roomFor((to - from) * IDENTITY_WORDS);
    this.read(rows, from * ROW_BYTES);
    if (crc32(bytesOf(rows)) !== this.sums[bucket]) throw damaged(this.path, `a run of rows (at ${from * ROW_BYTES})`);
    return rows;
  }

  /** All rows of a table. */
  table(table: number): Uint32Array {
    const [first, last] = [table * this.buckets, (table + 1) * this.buckets];
    const start = this.firstRow[first];
    const rows = new Uint32Array((this.firstRow[last] - start) * IDENTITY_WORDS);
    this.read(rows, start * ROW_BYTES);
    for (let bucket = first; bucket < last; bucket++) {
      const bytes = bytesOf(
        rows.subarray(
          (this.firstRow[bucket] - start) * IDENTITY_WORDS,
          (this.firstRow[bucket + 1] - start) * IDENTITY_WORDS,
        ),
      );
      if (crc32(bytes) !== this.sums[bucket]) throw damaged(this.path, 'a run of rows');
    }
    return rows;
  }

  /** Makes its bytes durable; its name is the business of the folder. */
  sync(): void {
    if (!this.synced) fs.fsyncSync(this.file);
    this.synced = true;
  }

  close(): void {
    fs.closeSync(this.file);
  }

  /** Fills `target` from the place; returns the place behind it. */
  private read(target: Uint32Array, at: number): number {
    const bytes = bytesOf(target);
    for (let done = 0; done < bytes.length;) {
      const count = fs.readSync(this.file, bytes, done, bytes.length - done, at + done);
      if (count === 0) throw damaged(this.path, 'its length');
      done += count;
    }
    return at + bytes.length;
  }
}

/** CRC-32 of the foot, which tells all else; NaN when there is none. For a checkpoint, which lists what it consists of. */
export function identityFileSum(foot: Uint8Array): number {
  return foot.length === FOOT_WORDS * 4 ? crc32(foot) : Number.NaN;
}

export const FOOT_BYTES = FOOT_WORDS * 4;

function readFoot(path: string, file: number, size: number): Uint32Array {
  const foot = new Uint32Array(FOOT_WORDS);
  const bytes = bytesOf(foot);
  if (size < bytes.length || fs.readSync(file, bytes, 0, bytes.length, size - bytes.length) < bytes.length) {
    throw damaged(path, 'its length');
  }
  const sum = crc32(bytes.subarray(0, bytes.length - 4));
  if (foot[0] !== MAGIC || foot[1] !== VERSION || foot[FOOT_WORDS - 1] !== sum) throw damaged(path, 'its foot');
  const words = foot[6] * IDENTITY_WORDS + 2 * TABLE_COUNT * 2 ** foot[7] + 1 + FOOT_WORDS;
  if (size !== words * 4) throw damaged(path, 'its length');
  return foot;
}

let room = new Uint32Array(BUCKET_ROWS_MAX * IDENTITY_WORDS * 2);

/** Used again for the next question. */
function roomFor(words: number): Uint32Array {
  if (words > room.length) room = new Uint32Array(words);
  return room.subarray(0, words);
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function sumOf(firstRow: Uint32Array, sums: Uint32Array): number {
  return crc32(bytesOf(sums), crc32(bytesOf(firstRow)));
}

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
  const bucketBits = Math.min(
    BUCKET_BITS_MAX,
    Math.max(0, Math.ceil(Math.log2(rowsAtMost / TABLE_COUNT / BUCKET_ROWS_MAX))),
  );
  const buckets = 2 ** bucketBits;
  const firstRow = new Uint32Array(TABLE_COUNT * buckets + 1);
  const sums = new Uint32Array(TABLE_COUNT * buckets);
  const file = fs.openSync(path, 'wx');
  try {
    let written = 0;
    for (let table = 0; table < TABLE_COUNT; table++) {
      const rows = ordered(
        sources.map((source) => source(table)),
        keeps,
      );
      let at = 0;
      for (let bucket = 0; bucket < buckets; bucket++) {
        const from = at;
        while (at < rows.length && (bucketBits === 0 || orderOf(rows[at]) >>> (32 - bucketBits) === bucket))
          at += IDENTITY_WORDS;
        firstRow[table * buckets + bucket] = written + from / IDENTITY_WORDS;
        sums[table * buckets + bucket] = crc32(bytesOf(rows.subarray(from, at)));
      }
      filter?.addRows(rows);
      writeAll(file, bytesOf(rows));
      written += rows.length / IDENTITY_WORDS;
    }
    firstRow[TABLE_COUNT * buckets] = written;
    for (const part of [firstRow, sums]) writeAll(file, bytesOf(part));
    const { month, sequence, thread, threads } = facts;
    const foot = new Uint32Array(FOOT_WORDS);
    foot.set([MAGIC, VERSION, month, sequence, thread, threads, written, bucketBits, sumOf(firstRow, sums)]);
    foot[FOOT_WORDS - 1] = crc32(bytesOf(foot).subarray(0, FOOT_BYTES - 4));
    writeAll(file, bytesOf(foot));
  } finally {
    fs.closeSync(file);
  }
  const opened = IdentityFile.open(path);
  opened.synced = false;
  return opened;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(file, bytes, at, bytes.length - at);
}

/** Used again for each table: what is fresh costs more than what is done with it. */
let workspace = { all: new Uint32Array(0), sorted: new Uint32Array(0), order: new Float64Array(0) };

function workspaceFor(rows: number): typeof workspace {
  if (rows > workspace.order.length) {
    const words = rows * IDENTITY_WORDS;
    workspace = { all: new Uint32Array(words), sorted: new Uint32Array(words), order: new Float64Array(rows) };
  }
  return { ...workspace, order: workspace.order.subarray(0, rows) };
}

/** Rows of all parts by `orderOf`; of one identity that of the first part. Valid until the next call. */
function ordered(parts: readonly Uint32Array[], keeps: (tag: number) => boolean): Uint32Array {
  let filled = 0;
  for (const part of parts) filled += part.length;
  const count = filled / IDENTITY_WORDS;
  const { all, sorted, order } = workspaceFor(count);
  filled = 0;
  for (const part of parts) {
    all.set(part, filled);
    filled += part.length;
  }
  // Order and row in one number: sorting numbers is what typed arrays do without calling back.
  const rowNumbers = 2 ** (53 - ORDER_BITS);
  for (let row = 0; row < count; row++)
    order[row] = (orderOf(all[row * IDENTITY_WORDS]) >>> (32 - ORDER_BITS)) * rowNumbers + row;
  order.sort();
  let to = 0;
  /** Where the rows begin that may be of the identity in hand. */
  let likeFrom = 0;
  let lastOrder = -1;
  for (let i = 0; i < count; i++) {
    const place = Math.floor(order[i] / rowNumbers);
    const at = (order[i] - place * rowNumbers) * IDENTITY_WORDS;
    if (place !== lastOrder) likeFrom = to;
    lastOrder = place;
    if (!keeps(all[at + 4]) || stands(sorted, likeFrom, to, all, at)) continue;
    for (let word = 0; word < IDENTITY_WORDS; word++) sorted[to++] = all[at + word];
  }
  return sorted.subarray(0, to);
}

function stands(rows: Uint32Array, from: number, to: number, all: Uint32Array, at: number): boolean {
  for (let row = from; row < to; row += IDENTITY_WORDS) {
    if (rows[row] === all[at] && rows[row + 1] === all[at + 1] && rows[row + 2] === all[at + 2]) return true;
  }
  return false;
}
