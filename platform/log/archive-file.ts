/**
 * A compressed copy of a file that stays readable at any place: gzip members of one MiB each, so that a read inflates only
 * what it needs, and `zcat` gives the whole. docs/log-format.md has the layout. Gzip because every machine can read it, its
 * members carry their own checksums, and it inflates as fast as a disk reads; brotli saved a tenth for twice the time.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { writeAll } from '../durable-file.ts';
import { TollgridError } from '../errors.ts';

/** What reading needs of an open file: a FileHandle has it, and an archived file looks the same. */
export interface StoredFile {
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<{ size: number }>;
  close(): Promise<void>;
}

export const ARCHIVE_SUFFIX = '.gz';
export const MEMBER_BYTES = 1024 * 1024;

/** Of 1, 4, 6, 9: within 2 % of the best ratio on call records, at nearly three times the speed of 6. */
const LEVEL = 4;
const HEAD_BYTES = 24;
/** Head of the last member, which is the longer kind. */
const TAIL_BYTES = 56;
const DEFLATE_EMPTY = Buffer.of(3, 0);

export interface Archived {
  sizeBytes: number;
  archivedBytes: number;
  sha256: string;
}

/** Compresses `source` into `target` (made anew) and syncs it. The folder is the caller's affair. */
export async function writeArchive(source: string, target: string): Promise<Archived> {
  const from = await open(source, 'r');
  try {
    const to = await open(target, 'wx');
    try {
      const digest = createHash('sha256');
      const plain = Buffer.allocUnsafeSlow(MEMBER_BYTES);
      let sizeBytes = 0;
      let archivedBytes = 0;
      const put = async (bytes: Buffer): Promise<void> => {
        await writeAll(to, bytes, null);
        archivedBytes += bytes.length;
      };
      for (;;) {
        const filled = await fill(from, plain, sizeBytes);
        if (filled === 0) break;
        const content = plain.subarray(0, filled);
        digest.update(content);
        // A member takes some 6 ms, in a process where nobody waits for an answer.
        await put(memberOf(content, deflateRawSync(content, { level: LEVEL })));
        sizeBytes += filled;
      }
      const sha256 = digest.digest();
      await put(tailOf(sizeBytes, sha256));
      await to.sync();
      return { sizeBytes, archivedBytes, sha256: sha256.toString('hex') };
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

async function fill(file: FileHandle, target: Buffer, at: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** A gzip member whose extra field `TG` says how long it is, compressed and not. */
function memberOf(content: Buffer, compressed: Buffer): Buffer {
  const head = gzipHead('TG', 8);
  head.writeUInt32LE(HEAD_BYTES + compressed.length + 8, 16);
  head.writeUInt32LE(content.length, 20);
  return Buffer.concat([head, compressed, trailer(crc32(content), content.length)]);
}

/** The last member holds nothing; its extra field `TE` has the size and the SHA-256 of the whole. */
function tailOf(sizeBytes: number, sha256: Buffer): Buffer {
  const head = gzipHead('TE', 40);
  head.writeUInt32LE(sizeBytes % 2 ** 32, 16);
  head.writeUInt32LE(Math.floor(sizeBytes / 2 ** 32), 20);
  sha256.copy(head, 24);
  return Buffer.concat([head, DEFLATE_EMPTY, trailer(0, 0)]);
}

function gzipHead(kind: 'TG' | 'TE', length: number): Buffer {
  const head = Buffer.alloc(16 + length);
  // ID1 ID2 CM FLG(FEXTRA) MTIME*4 XFL OS(unknown) XLEN*2, RFC 1952
  head.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255]);
  head.writeUInt16LE(4 + length, 10);
  head.write(kind, 12, 'latin1');
  head.writeUInt16LE(length, 14);
  return head;
}

function trailer(crc: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

interface Member {
  /** Where its deflated bytes start in the archive, and how many there are. */
  at: number;
  length: number;
  /** Where its content stands in the whole. */
  from: number;
  to: number;
}

interface Layout {
  members: Member[];
  sizeBytes: number;
  sha256: string;
}

/** Reads heads only. `read` gives up to `length` bytes at a position. Error: ARCHIVE_DAMAGED. */
function* layoutOf(path: string, archivedBytes: number): Generator<{ at: number; length: number }, Layout, Buffer> {
  const members: Member[] = [];
  let at = 0;
  let from = 0;
  for (;;) {
    const head = yield { at, length: TAIL_BYTES };
    const kind = head.length < HEAD_BYTES ? '' : head.toString('latin1', 12, 14);
    if (kind === 'TE' && head.length >= TAIL_BYTES) {
      const sizeBytes = head.readUInt32LE(16) + head.readUInt32LE(20) * 2 ** 32;
      const ends = at + TAIL_BYTES + DEFLATE_EMPTY.length + 8 === archivedBytes;
      if (sizeBytes !== from || !ends) throw damaged(path, 'it does not have the length that its end says');
      return { members, sizeBytes, sha256: head.toString('hex', 24, 56) };
    }
    const whole = kind === 'TG' ? head.readUInt32LE(16) : 0;
    if (whole <= HEAD_BYTES + 8 || at + whole > archivedBytes) throw damaged(path, `no member begins at byte ${at}`);
    const length = head.readUInt32LE(20);
    members.push({ at: at + HEAD_BYTES, length: whole - HEAD_BYTES - 8, from, to: from + length });
    from += length;
    at += whole;
  }
}

function checked(path: string, member: Member, content: Buffer, end: Buffer): Buffer {
  if (content.length !== member.to - member.from || crc32(content) !== end.readUInt32LE(0)) {
    throw damaged(path, `the member at byte ${member.at - HEAD_BYTES} is not what was written`);
  }
  return content;
}

function memberAt({ sizeBytes }: Layout, position: number): number {
  // All but the last have the same length.
  return position >= sizeBytes ? -1 : Math.floor(position / MEMBER_BYTES);
}

/** An archive that is read like the file it was made of. The last member used stays inflated. */
export class ArchiveReader implements StoredFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #layout: Layout;
  #last: { no: number; content: Promise<Buffer> } | null = null;

  private constructor(path: string, file: FileHandle, layout: Layout) {
    this.path = path;
    this.#file = file;
    this.#layout = layout;
  }

  /** Error: ARCHIVE_DAMAGED. */
  static async open(path: string): Promise<ArchiveReader> {
    const file = await open(path, 'r');
    try {
      const steps = layoutOf(path, (await file.stat()).size);
      let step = steps.next();
      while (!step.done) {
        const bytes = Buffer.alloc(step.value.length);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, step.value.at);
        step = steps.next(bytes.subarray(0, bytesRead));
      }
      return new ArchiveReader(path, file, step.value);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** SHA-256 of the content, as it was when the archive was made. */
  get sha256(): string {
    return this.#layout.sha256;
  }

  stat(): Promise<{ size: number }> {
    return Promise.resolve({ size: this.#layout.sizeBytes });
  }

  async read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    const no = memberAt(this.#layout, position);
    if (no < 0) return { bytesRead: 0 };
    if (this.#last?.no !== no) {
      const content = this.#inflate(this.#layout.members[no]);
      this.#last = { no, content };
      content.catch(() => (this.#last = null));
    }
    const content = await this.#last.content;
    return { bytesRead: copyFrom(content, position - this.#layout.members[no].from, target, offset, length) };
  }

  async #inflate(member: Member): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(member.length + 8);
    await fill(this.#file, bytes, member.at);
    const compressed = bytes.subarray(0, member.length);
    return checked(this.path, member, inflated(compressed), bytes.subarray(member.length));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function copyFrom(content: Buffer, at: number, target: Uint8Array, offset: number, length: number): number {
  const piece = content.subarray(at, at + length);
  target.set(piece, offset);
  return piece.length;
}

/** A whole run of an archive's content, for threads that read in one go. Returns how much there was. */
export function readArchiveSync(path: string, target: Uint8Array, position: number): number {
  const file = fs.openSync(path, 'r');
  try {
    const readAt = (at: number, length: number): Buffer => {
      const bytes = Buffer.allocUnsafeSlow(length);
      return bytes.subarray(0, fs.readSync(file, bytes, 0, length, at));
    };
    const steps = layoutOf(path, fs.fstatSync(file).size);
    let step = steps.next();
    while (!step.done) step = steps.next(readAt(step.value.at, step.value.length));
    let filled = 0;
    while (filled < target.length) {
      const no = memberAt(step.value, position + filled);
      if (no < 0) break;
      const member = step.value.members[no];
      const bytes = readAt(member.at, member.length + 8);
      const content = checked(path, member, inflated(bytes.subarray(0, member.length)), bytes.subarray(member.length));
      filled += copyFrom(content, position + filled - member.from, target, filled, target.length - filled);
    }
    return filled;
  } finally {
    fs.closeSync(file);
  }
}

function inflated(compressed: Buffer): Buffer {
  try {
    return inflateRawSync(compressed);
  } catch {
    return Buffer.alloc(0);
  }
}

function damaged(path: string, what: string): TollgridError {
  return new TollgridError('ARCHIVE_DAMAGED', `${path}: ${what}`, { file: path });
}
