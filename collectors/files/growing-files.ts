/**
 * Files that their writer appends to (`Master.csv`, FreeRADIUS `detail`). A file is followed by inode and offset, up to
 * its last whole record. Renamed by rotation: the old inode is read to its end under its new name. Truncated, or the
 * inode used again for another file: told by the offset and by the file's first bytes, and followed as a new file.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { listFiles, Unreadable } from './folder.ts';
import { matches } from './pattern.ts';
import type { FileIntake, FileSource, GrowingFile } from './port.ts';

const FINGERPRINT_BYTES_MAX = 256;

interface Found {
  name: string;
  filePath: string;
  inode: string;
  sizeBytes: number;
}

export class GrowingFiles {
  private readonly source: FileSource;
  private readonly intake: FileIntake;

  constructor(source: FileSource, intake: FileIntake) {
    this.source = source;
    this.intake = intake;
  }

  /** Takes in what has grown; returns how many slices. */
  async poll(): Promise<number> {
    const found = await this.look();
    // An inode is used again after its file was removed, and a file begins anew when it is truncated: the last one counts.
    const known = new Map(this.intake.growingFiles(this.source.name).map((file) => [file.inode, file]));
    const unreadable = new Unreadable();
    let slices = 0;
    const fresh: Found[] = [];
    // Known files first, whatever they are called now: a rotated file is finished before its successor is begun.
    for (const here of found) {
      const file = known.get(here.inode);
      const isKnown = file !== undefined && (await unreadable.pass(() => isSameFile(here, file)));
      if (isKnown === null) continue;
      if (isKnown) slices += (await unreadable.pass(() => this.follow(here, file))) ?? 0;
      else if (matches(this.source.pattern, here.name) && here.sizeBytes > 0) fresh.push(here);
    }
    for (const here of fresh) slices += (await unreadable.pass(() => this.begin(here))) ?? 0;
    unreadable.raise();
    return slices;
  }

  private async look(): Promise<Found[]> {
    const files = await listFiles(this.source.directory);
    return files.map(({ name, filePath, stat }) => ({
      name,
      filePath,
      inode: `${stat.dev}:${stat.ino}`,
      sizeBytes: stat.size,
    }));
  }

  private async begin(here: Found): Promise<number> {
    const start = await readAt(here.filePath, 0, Math.min(FINGERPRINT_BYTES_MAX, here.sizeBytes));
    const whole = this.intake.format(this.source.format).cut(start, false);
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
      const bytes = await readAt(here.filePath, file.offset, lengthBytes);
      let end = format.cut(bytes, false);
      // A single record larger than a slice is not a record: it is admitted as it is and ends in suspense.
      if (end === 0 && bytes.length === this.intake.sliceBytesMax) end = bytes.length;
      if (end === 0) break;
      await this.intake.admitGrowth(this.source, file, bytes.subarray(0, end));
      slices++;
    }
    return slices;
  }
}

async function isSameFile(here: Found, file: GrowingFile): Promise<boolean> {
  if (here.sizeBytes < file.offset) return false;
  const { lengthBytes, sha256: expected } = file.fingerprint;
  return sha256(await readAt(here.filePath, 0, lengthBytes)) === expected;
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
