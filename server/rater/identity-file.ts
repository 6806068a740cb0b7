/**
 * Identities of one month in a file that is written once (by identity-file-writer.ts). Rows stand by table, then in buckets of about 50 by a hash of
 * the identity, so that one read finds or misses one; all numbers are little endian.
 *
 *   rows    20 bytes each: k1 k2 k3 | aux | tag
 *   index   u32 first row of each bucket, and the number of all rows; u32 CRC-32 of the bytes of each bucket
 *   foot    64 bytes: "TGID" | version | month | sequence | thread | threads | rows | bucket bits | CRC-32 of the index |
 *           6 x 0 | CRC-32 of the foot so far
 */
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { IDENTITY_WORDS, spread, TABLE_COUNT } from '../../mediation/duplicates/index.ts';
import { TollgridError } from '../../platform/errors.ts';

export const MAGIC = 0x44494754;
export const VERSION = 1;
export const FOOT_WORDS = 16;
const ROW_BYTES = IDENTITY_WORDS * 4;
/** On average. */
export const BUCKET_ROWS_MAX = 64;

export interface IdentityFileFacts {
  month: number;
  /** Of two files of a month the one with the higher number holds what is newer. */
  sequence: number;
  /** Who wrote it: a thread that cannot own any of its shards need not open it. */
  thread: number;
  threads: number;
}

/** The bucket of an identity in its table. The conflict or occurrence of an identity differs in k3 only. */
export function bucketOf(k1: number, bucketBits: number): number {
  return bucketBits === 0 ? 0 : spread(k1) >>> (32 - bucketBits);
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
  private readonly bucketBits: number;
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
    this.bucketBits = bucketBits;
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
    const rows = this.bucket(table * this.buckets + bucketOf(k1, this.bucketBits));
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

  /** Words of the largest table. */
  get tableWordsMost(): number {
    let most = 0;
    for (let table = 0; table < TABLE_COUNT; table++) {
      most = Math.max(most, this.firstRow[(table + 1) * this.buckets] - this.firstRow[table * this.buckets]);
    }
    return most * IDENTITY_WORDS;
  }

  /** All rows of a table, in `room` when there is some. Error: IDENTITIES_DAMAGED. */
  table(table: number, room?: Uint32Array): Uint32Array {
    const [first, last] = [table * this.buckets, (table + 1) * this.buckets];
    const start = this.firstRow[first];
    const words = (this.firstRow[last] - start) * IDENTITY_WORDS;
    const rows = room === undefined ? new Uint32Array(words) : room.subarray(0, words);
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

export function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

export function sumOf(firstRow: Uint32Array, sums: Uint32Array): number {
  return crc32(bytesOf(sums), crc32(bytesOf(firstRow)));
}
