/** Files of log and spool, plain or archived: whoever reads does not notice which. */
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { ARCHIVE_SUFFIX, ArchiveReader, readArchiveSync, type StoredFile } from './archive-file.ts';

export type { StoredFile } from './archive-file.ts';

/** Beside the files of the log, and beside the folders of the spool. */
export const ARCHIVE_FOLDER = 'archive';

export function isArchived(file: string): boolean {
  return file.endsWith(ARCHIVE_SUFFIX);
}

export async function openStored(file: string): Promise<StoredFile> {
  return isArchived(file) ? ArchiveReader.open(file) : open(file, 'r');
}

/** Fills `target` from `position` on, in one go; the number of bytes is smaller only at the end of the file. */
export function readStoredSync(file: string, target: Uint8Array, position: number): number {
  if (isArchived(file)) return readArchiveSync(file, target, position);
  let handle: number;
  try {
    handle = fs.openSync(file, 'r');
  } catch (error) {
    // It may have been archived since its place was looked up.
    const archived = archivedBlobPath(path.dirname(path.dirname(file)), path.basename(file));
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !fs.existsSync(archived)) throw error;
    return readArchiveSync(archived, target, position);
  }
  try {
    let filled = 0;
    while (filled < target.length) {
      const count = fs.readSync(handle, target, filled, target.length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  } finally {
    fs.closeSync(handle);
  }
}

export function archivedBlobPath(spoolDir: string, sha256: string): string {
  return path.join(spoolDir, ARCHIVE_FOLDER, sha256.slice(0, 2), sha256 + ARCHIVE_SUFFIX);
}
