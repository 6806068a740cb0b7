/** Reads a folder of backups or of a second copy again, and names what is not as it was written. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { syncDirectory } from '../../platform/durable-file.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { LogReader, Spool } from '../../platform/log/index.ts';
import { BackupFolder, isThere } from './backup-folder.ts';
import { COPY_MARKER, readPosition } from './copy-folder.ts';
import { blobsOf, spoolBlobs } from './layout.ts';
import { listManifests, manifestPath, partsOf, readManifest, type Listed, type Manifest } from './manifest.ts';

export interface CopiesReport {
  ok: boolean;
  kind: 'backup' | 'copy';
  backups: number;
  /** Files that were read, and their bytes. */
  parts: number;
  bytes: number;
  lastEntry: number;
  problems: string[];
}

/** Oldest first. Error: BACKUP_UNKNOWN. */
export async function listBackups(dir: string): Promise<Listed[]> {
  await BackupFolder.read(dir);
  return listManifests(dir);
}

/** All backups of the folder, or the one named. Errors: BACKUP_UNKNOWN, BACKUP_DAMAGED when the one named cannot be read. */
export async function verifyCopies(dir: string, name?: string): Promise<CopiesReport> {
  return (await isThere(path.join(dir, COPY_MARKER))) ? verifyCopy(dir) : verifyBackups(dir, name);
}

async function verifyBackups(dir: string, name: string | undefined): Promise<CopiesReport> {
  const folder = await BackupFolder.read(dir);
  const problems: string[] = [];
  const wanted: Listed[] =
    name === undefined ? await listManifests(dir) : [{ name, manifest: await readManifest(dir, name) }];
  const parts = new Map<string, { sizeBytes: number; what: string; in: string[] }>();
  for (const { name: backup, manifest, wrong } of wanted) {
    if (wrong !== undefined) problems.push(wrong);
    for (const { sha256, sizeBytes, what } of manifest === undefined ? [] : partsOf(manifest)) {
      const known = parts.get(sha256);
      if (known === undefined) parts.set(sha256, { sizeBytes, what, in: [backup] });
      else if (known.in.at(-1) !== backup) known.in.push(backup);
    }
  }
  let bytes = 0;
  for (const [sha256, { sizeBytes, what, in: backups }] of parts) {
    const how = await soundness(folder, sha256, sizeBytes);
    const file = path.relative(dir, folder.parts.path(sha256));
    if (how !== null) problems.push(`${file} ${how}: ${what}, in ${backups.join(', ')}`);
    bytes += sizeBytes;
  }
  await folder.close();
  const lastEntry = Math.max(0, ...wanted.map(({ manifest }) => manifest?.lastEntry ?? 0));
  const ok = problems.length === 0 && wanted.length > 0;
  return { ok, kind: 'backup', backups: wanted.length, parts: parts.size, bytes, lastEntry, problems };
}

async function soundness(folder: BackupFolder, sha256: string, sizeBytes: number): Promise<string | null> {
  try {
    if (!(await folder.has({ sha256, sizeBytes }))) {
      return folder.parts.has(sha256) ? 'does not have its size' : 'is missing';
    }
    return (await folder.parts.isSound(sha256)) ? null : 'is not what was written';
  } catch (error) {
    return `cannot be read (${toTollgridError(error).message})`;
  }
}

/** As far as it was noted to go: somebody may be adding to it just now. */
async function verifyCopy(dir: string): Promise<CopiesReport> {
  const position = await readPosition(dir);
  const reader = new LogReader(path.join(dir, 'log'));
  const spool = await Spool.open(path.join(dir, 'spool'), { owner: false });
  const problems: string[] = [];
  const lastEntry = position?.entryNo ?? 0;
  const blobs = await spoolBlobs(spool.dir);
  try {
    if (lastEntry > 0) {
      const { firstNo, chain } = await reader.verify(lastEntry);
      if (chain !== position!.chain) problems.push(`the chain at entry ${lastEntry} is not what was noted`);
      for await (const entry of reader.readHeads(firstNo, lastEntry)) {
        for (const sha256 of blobsOf(entry)) {
          if (!spool.has(sha256))
            problems.push(`spool/${sha256.slice(0, 2)}/${sha256} is missing: entry ${entry.entryNo}`);
        }
      }
    }
    for (const { sha256 } of blobs) {
      const sound = await spool.isSound(sha256);
      if (!sound) problems.push(`spool/${sha256.slice(0, 2)}/${sha256} is not what its name says`);
    }
  } catch (error) {
    const { code, message } = toTollgridError(error);
    problems.push(`${code}: ${message}`);
  } finally {
    await reader.close();
    await spool.close();
  }
  const bytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { ok: problems.length === 0, kind: 'copy', backups: 0, parts: blobs.length, bytes, lastEntry, problems };
}

export interface Pruned {
  kept: string[];
  removed: string[];
  removedParts: number;
  removedBytes: number;
}

/**
 * Keeps the last backups, and removes the others and parts that none needs. One that cannot be read stays, with all
 * parts: what it needs is not known. Error: BACKUP_DAMAGED then.
 */
export async function pruneBackups(dir: string, keep: number): Promise<Pruned> {
  await BackupFolder.read(dir);
  const folder = await BackupFolder.open(dir);
  try {
    const listed = await listManifests(dir);
    const kept = listed.slice(-keep);
    const unreadable = kept.flatMap(({ wrong }) => wrong ?? []);
    if (unreadable.length > 0) {
      throw new TollgridError('BACKUP_DAMAGED', 'A backup that is to be kept cannot be read; nothing was removed.', {
        problems: unreadable,
      });
    }
    const removed = listed.slice(0, -keep);
    // Manifests first: a backup without its list is none, one without its parts would be a broken one.
    for (const { name } of removed) await rm(manifestPath(dir, name));
    if (removed.length > 0) await syncDirectory(path.join(dir, 'manifests'));
    const needed = new Set(
      kept.flatMap(({ manifest }) => [...partsOf(manifest as Manifest)].map(({ sha256 }) => sha256)),
    );
    const pruned: Pruned = {
      kept: kept.map(({ name }) => name),
      removed: removed.map(({ name }) => name),
      removedParts: 0,
      removedBytes: 0,
    };
    for (const { sha256, sizeBytes } of await spoolBlobs(folder.parts.dir)) {
      if (needed.has(sha256)) continue;
      await rm(folder.parts.path(sha256));
      pruned.removedParts += 1;
      pruned.removedBytes += sizeBytes;
    }
    return pruned;
  } finally {
    await folder.close();
  }
}
