/**
 * Files that their writer appends to (`Master.csv`, FreeRADIUS `detail`). A file is followed by inode and offset, up to
 * its last whole record. Renamed by rotation: the old inode is read to its end under its new name; a last line without
 * an end is taken when nobody writes there any more. Truncated, or the inode used again for another file: told by the
 * offset, the file's first bytes and the last ones taken, and followed as a new file.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { listFiles, Unreadable } from './folder.ts';
import { matches } from './pattern.ts';
import { Patience } from './patience.ts';
import type { FileIntake, FileSource, GrowingFile } from './port.ts';

const FINGERPRINT_BYTES_MAX = 256;

interface Found {
  name: string;
  filePath: string;
  inode: string;
  sizeBytes: number;
  modifiedMs: number;
}

export class GrowingFiles {
  private readonly source: FileSource;
  private readonly intake: FileIntake;
  private readonly patience: Patience;
  /** Renamed files that ended without a line end at the last look: inode → size and time. */
  private unended = new Map<string, string>();

  constructor(source: FileSource, intake: FileIntake, patience = new Patience(source.directory)) {
    this.source = source;
    this.intake = intake;
    this.patience = patience;
  }

  /** Takes in what has grown; returns how many slices. */
  async poll(nowMs: number): Promise<number> {
    const unreadable = new Unreadable();
    const found = await this.look(unreadable);
    const names = new Map(found.map(({ name, inode }) => [name, inode]));
    const unended = new Map<string, string>();
    // An inode is used again after its file was removed, and a file begins anew when it is truncated: the last one counts.
    const known = new Map(this.intake.growingFiles(this.source.name).map((file) => [file.inode, file]));
    let slices = 0;
    const fresh: Found[] = [];
    // Known files first, whatever they are called now: a rotated file is finished before its successor is begun.
    for (const here of found) {
      const file = known.get(here.inode);
      const isKnown = file !== undefined && (await unreadable.pass(() => this.isSameFile(here, file)));
      if (isKnown === null) continue;
      if (isKnown) {
        slices += (await unreadable.pass(() => this.follow(here, file))) ?? 0;
        slices += (await unreadable.pass(() => this.end(here, file, names, unended, nowMs))) ?? 0;
      } else if (matches(this.source.pattern, here.name) && here.sizeBytes > 0) fresh.push(here);
    }
    this.unended = unended;
    for (const here of fresh) slices += (await unreadable.pass(() => this.begin(here))) ?? 0;
    unreadable.raise();
    return slices;
  }

  private async look(unreadable: Unreadable): Promise<Found[]> {
    const files = await this.patience.of((alive) => listFiles(this.source.directory, unreadable, alive));
    return files.map(({ name, filePath, stat }) => ({
      name,
      filePath,
      inode: `${stat.dev}:${stat.ino}`,
      sizeBytes: stat.size,
      modifiedMs: stat.mtimeMs,
    }));
  }

  private async begin(here: Found): Promise<number> {
    const start = await this.readAt(here.filePath, 0, Math.min(FINGERPRINT_BYTES_MAX, here.sizeBytes));
    const whole = this.intake.format(this.source.format).cut(start, false, true);
    // Wait for a first whole record, or for enough bytes to know the file by.
    if (whole === 0 && start.length < FINGERPRINT_BYTES_MAX) return 0;
    const lengthBytes = whole === 0 ? start.length : Math.min(whole, start.length);
    const fingerprint = { lengthBytes, sha256: sha256(start.subarray(0, lengthBytes)) };
    const file = await this.intake.startGrowing(this.source, { name: here.name, inode: here.inode, fingerprint });
    return this.follow(here, file);
  }

  private async follow(here: Found, file: GrowingFile): Promise<number> {
    const format = this.intake.format(this.source.format);
    let slices = 0;
    while (file.offset < here.sizeBytes) {
      const lengthBytes = Math.min(this.intake.sliceBytesMax, here.sizeBytes - file.offset);
      const bytes = await this.readAt(here.filePath, file.offset, lengthBytes);
      let end = format.cut(bytes, false, file.offset === 0);
      // A single record larger than a slice is not a record: it is admitted as it is and ends in suspense.
      if (end === 0 && bytes.length === this.intake.sliceBytesMax) end = bytes.length;
      if (end === 0) break;
      await this.intake.admitGrowth(this.source, file, bytes.subarray(0, end), false);
      slices++;
    }
    return slices;
  }

  /**
   * Takes the last line of a renamed file without its end: when nobody has touched the file for the quiet time, or when
   * its successor is written to and two looks show the same. A writer may hold the old file open for a while.
   */
  private async end(
    here: Found,
    file: GrowingFile,
    names: ReadonlyMap<string, string>,
    unended: Map<string, string>,
    nowMs: number,
  ): Promise<number> {
    if (here.name === file.name || file.offset >= here.sizeBytes) return 0;
    const seen = `${here.sizeBytes}@${here.modifiedMs}`;
    unended.set(here.inode, seen);
    const isQuiet = nowMs - here.modifiedMs >= this.source.quietMs;
    const successor = names.get(file.name);
    const isFollowed = successor !== undefined && successor !== here.inode && this.unended.get(here.inode) === seen;
    if (!isQuiet && !isFollowed) return 0;
    const bytes = await this.readAt(here.filePath, file.offset, here.sizeBytes - file.offset);
    // Written to since the look: the next one sees more.
    if (bytes.length !== here.sizeBytes - file.offset || bytes.length > this.intake.sliceBytesMax) return 0;
    await this.intake.admitGrowth(this.source, file, bytes, true);
    return 1;
  }

  private async isSameFile(here: Found, file: GrowingFile): Promise<boolean> {
    if (here.sizeBytes < file.offset) return false;
    const has = async (offset: number, print: { lengthBytes: number; sha256: string }): Promise<boolean> =>
      sha256(await this.readAt(here.filePath, offset, print.lengthBytes)) === print.sha256;
    if (!(await has(0, file.fingerprint))) return false;
    // Many files begin with the same header: what was taken last tells them apart.
    return file.tail === undefined || has(file.offset - file.tail.lengthBytes, file.tail);
  }

  private readAt(filePath: string, offset: number, lengthBytes: number): Promise<Buffer> {
    return this.patience.of(() => readAt(filePath, offset, lengthBytes));
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readAt(filePath: string, offset: number, lengthBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(lengthBytes);
  const file = await fs.open(filePath, 'r');
  try {
    let read = 0;
    while (read < lengthBytes) {
      const { bytesRead } = await file.read(buffer, read, lengthBytes - read, offset + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return buffer.subarray(0, read);
  } finally {
    await file.close();
  }
}
