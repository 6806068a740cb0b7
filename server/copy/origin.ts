/** What a data directory is restored from: a backup of a folder of them, or a second copy. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { TollgridError } from '../../platform/errors.ts';
import { lockDataDir, type DataDirLock } from '../../platform/lock.ts';
import { listSegments, type Blob } from '../../platform/log/index.ts';
import { BackupFolder } from './backup-folder.ts';
import { readFence, readPosition, writeFence, type Fence } from './copy-folder.ts';
import { Laying, readParts } from './copy-bytes.ts';
import { isSecret, isSideFile, SIDE_FOLDER_NAMES, spoolBlobs } from './layout.ts';
import { manifestNames, readManifest, type Manifest } from './manifest.ts';

export interface Origin {
  kind: 'backup' | 'copy';
  /** Of a backup. */
  name: string | null;
  /** Entry that has to be there, and the chain at it (hexadecimal); of a backup it is the last one. */
  entryNo: number;
  chain: string;
  /** Owner of the original, the highest that is known. */
  epoch: number;
  /** Secrets that it does not have. */
  leftOut: string[];
  /** Last entry that the original was heard to have. */
  heardOf: { entryNo: number; atMs: number } | null;
  /** Puts the files into a data directory; returns their bytes. Errors: BACKUP_DAMAGED, COPY_DAMAGED with all problems. */
  lay(into: string): Promise<number>;
  /** Who has not this owner's number or a higher one is kept from going on with it. False when that cannot be said. */
  fence(fence: Fence): Promise<boolean>;
  close(): Promise<void>;
}

/** `name`: left out, the last sound one. Errors: BACKUP_UNKNOWN, BACKUP_DAMAGED, BACKUP_VERSION_UNKNOWN. */
export async function backupOrigin(dir: string, name: string | undefined): Promise<Origin> {
  const folder = await BackupFolder.read(dir);
  const wanted = name ?? (await manifestNames(dir)).at(-1);
  if (wanted === undefined) throw new TollgridError('BACKUP_UNKNOWN', `${dir} holds no backup yet.`, { dir });
  const manifest = await readManifest(dir, wanted);
  const { lastEntry, chain, epoch, leftOut } = manifest;
  return {
    kind: 'backup',
    name: manifest.name,
    entryNo: lastEntry,
    chain,
    epoch,
    leftOut,
    heardOf: null,
    lay: (into) => layBackup(folder, manifest, into),
    fence: async () => false,
    close: () => folder.close(),
  };
}

async function layBackup(folder: BackupFolder, manifest: Manifest, into: string): Promise<number> {
  const problems: string[] = [];
  const laying = new Laying(into);
  const lay = (parts: readonly Blob[], name: string, what: string): Promise<void> => {
    const wrong = (part: string, how: string): void =>
      void problems.push(`${path.relative(folder.dir, part)} (${what}) ${how}`);
    return laying.lay(readParts(folder.parts, parts, wrong), name);
  };
  for (const { firstEntry, lastEntry, pieces } of manifest.segments) {
    const name = `${String(firstEntry).padStart(16, '0')}.log`;
    await lay(pieces, path.join('log', name), `entries ${firstEntry} to ${lastEntry} of the log`);
  }
  for (const blob of manifest.spool) {
    await lay([blob], path.join('spool', blob.sha256.slice(0, 2), blob.sha256), 'a received file of the spool');
  }
  for (const file of manifest.files) {
    if (!isSideFile(file.path)) problems.push(`the manifest names "${file.path}", which is no file of a backup`);
    else await lay([file], file.path, file.path);
  }
  if (problems.length > 0) {
    throw new TollgridError('BACKUP_DAMAGED', `The backup ${manifest.name} is damaged.`, { problems });
  }
  await laying.finish();
  return laying.bytes;
}

/**
 * `takeOver`: the copy is taken from whoever writes to it. Errors: COPY_DAMAGED, and DATA_DIR_LOCKED while the original
 * still writes to it.
 */
export async function copyOrigin(dir: string, takeOver: boolean): Promise<Origin> {
  const lock = takeOver ? await lockUnlessReadOnly(dir) : null;
  const position = await readPosition(dir);
  const fence = await readFence(dir);
  return {
    kind: 'copy',
    name: null,
    entryNo: position?.entryNo ?? 0,
    chain: position?.chain ?? '',
    epoch: Math.max(position?.epoch ?? 0, fence?.epoch ?? 0),
    leftOut: (await readdir(path.join(dir, 'keys')).catch(() => []))
      .filter((file) => /^[a-z]+\.pub$/.test(file))
      .map((file) => `keys/${file.replace(/pub$/, 'key')}`),
    heardOf: position === null ? null : { entryNo: position.headNo, atMs: position.heardAtMs },
    lay: (into) => layCopy(dir, into),
    fence: async (made) => {
      if (lock === null) return false;
      await writeFence(dir, made);
      return true;
    },
    close: async () => lock?.release(),
  };
}

async function lockUnlessReadOnly(dir: string): Promise<DataDirLock | null> {
  try {
    return await lockDataDir(dir);
  } catch (error) {
    if (error instanceof TollgridError && error.code === 'DATA_DIR_UNWRITABLE') return null;
    throw error;
  }
}

/** The log first: what its entries point at is in the spool by then, also while somebody still adds to both. */
async function layCopy(dir: string, into: string): Promise<number> {
  const laying = new Laying(into);
  for (const { path: file } of await listSegments(path.join(dir, 'log'))) {
    await laying.lay(file, path.join('log', path.basename(file)));
  }
  for (const { sha256 } of await spoolBlobs(path.join(dir, 'spool'))) {
    const name = path.join('spool', sha256.slice(0, 2), sha256);
    await laying.lay(path.join(dir, name), name);
  }
  for (const folder of SIDE_FOLDER_NAMES) {
    for (const name of await readdir(path.join(dir, folder)).catch(() => [])) {
      const file = `${folder}/${name}`;
      if (isSideFile(file) && !isSecret(file)) await laying.lay(path.join(dir, file), file);
    }
  }
  await laying.finish();
  return laying.bytes;
}
