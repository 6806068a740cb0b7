/**
 * What of a data directory a copy of it needs: log, spool, statements and the keys that sign them, and how far outputs
 * are, so that a restored one leaves nothing out. Registry, ledger and
 * checkpoints are views, made again from these.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { hash } from 'node:crypto';
import type { Blob } from '../../platform/log/index.ts';
import { EntryType, type FileHead, type SliceHead } from '../../schemas/log-entries.ts';

/** Folders of small files that are copied as they are, and what names in them look like. */
const SIDE_FOLDERS: Record<string, RegExp> = {
  statements: /^\d{4}-\d{2}-\d{2}\.json$/,
  keys: /^[a-z][a-z0-9-]{0,62}\.(key|pub)$/,
  outputs: /^[a-z0-9][a-z0-9_-]{0,62}\.json$/,
};
export const SIDE_FOLDER_NAMES = Object.keys(SIDE_FOLDERS);

/** A small file: its name in the data directory, with a slash. */
export interface SideFile extends Blob {
  path: string;
}

/** Marks a data directory that is being restored, and one that was restored to be looked at only. */
export const RESTORING = 'restoring';
export const DRILL = 'drill.json';
/** What the last backup was, in the data directory. */
export const LAST_BACKUP = 'last-backup.json';

/** Blobs that must be there before the entry is. */
export function blobsOf({ type, head }: { type: number; head: unknown }): string[] {
  if (type === EntryType.slice) return [(head as SliceHead).blob];
  if (type !== EntryType.file) return [];
  const { sha256, duplicateOf, packed } = head as FileHead;
  const own = sha256 === undefined || duplicateOf !== undefined ? [] : [sha256];
  return packed === undefined ? own : [...own, packed.sha256];
}

export function isSecret(file: string): boolean {
  return file.endsWith('.key');
}

/** True for names that `sideFiles` gives: nothing else is read or written by its name. */
export function isSideFile(file: string): boolean {
  const [folder, name, ...rest] = file.split('/');
  return rest.length === 0 && Object.hasOwn(SIDE_FOLDERS, folder) && SIDE_FOLDERS[folder].test(name ?? '');
}

/** In order of their names. */
export async function sideFiles(dataDir: string, { secrets }: { secrets: boolean }): Promise<SideFile[]> {
  const files: SideFile[] = [];
  for (const folder of SIDE_FOLDER_NAMES) {
    for (const name of (await namesIn(path.join(dataDir, folder))).sort()) {
      const file = `${folder}/${name}`;
      if (!isSideFile(file) || (isSecret(file) && !secrets)) continue;
      const bytes = await readFile(path.join(dataDir, file));
      files.push({ path: file, sizeBytes: bytes.length, sha256: hash('sha256', bytes) });
    }
  }
  return files;
}

/** Private keys that a copy without secrets leaves out. */
export async function secretFiles(dataDir: string): Promise<string[]> {
  const names = await namesIn(path.join(dataDir, 'keys'));
  return names.map((name) => `keys/${name}`).filter((file) => isSideFile(file) && isSecret(file));
}

/** Whole files of a spool; half copied ones stand elsewhere. */
export async function spoolBlobs(spoolDir: string): Promise<Blob[]> {
  const blobs: Blob[] = [];
  for (const folder of (await namesIn(spoolDir)).filter((name) => /^[0-9a-f]{2}$/.test(name)).sort()) {
    for (const sha256 of (await namesIn(path.join(spoolDir, folder))).sort()) {
      if (!/^[0-9a-f]{64}$/.test(sha256)) continue;
      blobs.push({ sha256, sizeBytes: (await stat(path.join(spoolDir, folder, sha256))).size });
    }
  }
  return blobs;
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** True when nothing of anybody's stands there; what a file system or an interrupted start leaves does not count. */
export async function isEmptyDirectory(dir: string): Promise<boolean> {
  const names = await namesIn(dir);
  return names.every((name) => name === 'lost+found' || name.startsWith('.'));
}
