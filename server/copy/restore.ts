/**
 * Makes a data directory from a backup or from a second copy. Every byte is read back and checked before it is said to be
 * done; until then the directory cannot be started. Registry and ledger are made again by the next start.
 */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { makeDirectory, syncDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { lockDataDir } from '../../platform/lock.ts';
import { LogReader, LogWriter, Spool } from '../../platform/log/index.ts';
import { isThere, writing } from './backup-folder.ts';
import { COPY_MARKER } from './copy-folder.ts';
import { blobsOf, DRILL, isEmptyDirectory, RESTORING, SIDE_FOLDER_NAMES, spoolBlobs } from './layout.ts';
import { backupOrigin, copyOrigin, type Origin } from './origin.ts';

export interface RestoreWish {
  /** A folder of backups, or of a second copy. */
  from: string;
  /** Name of a backup; the last one when left out. */
  at?: string | undefined;
  into: string;
  /** To be looked at only: the original goes on, and this one cannot be started to serve. */
  drill: boolean;
  clock: Clock;
}

export interface Restored {
  kind: Origin['kind'];
  backup: string | null;
  from: string;
  into: string;
  firstEntry: number;
  lastEntry: number;
  chain: string;
  lastAcceptedAt: string | null;
  bytes: number;
  spoolFiles: number;
  /** Secrets that were not in it. */
  leftOut: string[];
  /** Entries that the original was heard to have and that are not here. */
  missing: { from: number; to: number; heardAt: string } | null;
  /** Last entry that the original was heard to have, and when; null for a backup. */
  heardOf: { entry: number; at: string } | null;
  epoch: number;
  /** The original cannot go on with this copy. */
  fenced: boolean;
  drill: boolean;
}

/**
 * Owners are numbered from the next multiple in the restored directory: higher than the original has had or will have.
 * Whatever was started for an owner before sees that its time is over.
 */
const EPOCHS_PER_RESTORE = 1_000_000;

/**
 * Errors: RESTORE_TARGET_USED, BACKUP_UNKNOWN, BACKUP_DAMAGED, COPY_DAMAGED, BACKUP_VERSION_UNKNOWN, COPY_WRITE_FAILED,
 * DATA_DIR_LOCKED (also while the original still writes to the copy).
 */
export async function restore(wish: RestoreWish): Promise<Restored> {
  process.umask(0o077);
  const { from, at, into, drill } = wish;
  if (!(await isEmptyDirectory(into))) {
    throw new TollgridError('RESTORE_TARGET_USED', `${into} is not empty: nothing was changed.`, { into });
  }
  const isCopy = await isThere(path.join(from, COPY_MARKER));
  if (isCopy && at !== undefined) {
    throw new TollgridError('BACKUP_UNKNOWN', `${from} is a second copy: it has one state, and no backups by name.`);
  }
  const origin = isCopy ? await copyOrigin(from, !drill) : await backupOrigin(from, at);
  try {
    return await writing(() => restoreFrom(origin, wish));
  } finally {
    await origin.close();
  }
}

async function restoreFrom(origin: Origin, { from, into, drill, clock }: RestoreWish): Promise<Restored> {
  const at = new Date(clock.now()).toISOString();
  await makeDirectory(into);
  await writeFileDurably(path.join(into, RESTORING), `${JSON.stringify({ from, at })}\n`);
  const lock = await lockDataDir(into);
  try {
    const bytes = await origin.lay(into);
    const log = await checkLog(origin, into);
    const spoolFiles = await checkSpool(origin, into);
    const epoch = (Math.floor(origin.epoch / EPOCHS_PER_RESTORE) + 1) * EPOCHS_PER_RESTORE;
    await writeFileDurably(path.join(into, 'epoch'), `${epoch}\n`);
    const fenced = !drill && (await origin.fence({ epoch, at, into: path.resolve(into) }));
    const restored: Restored = {
      kind: origin.kind,
      backup: origin.name,
      from,
      into,
      ...log,
      bytes,
      spoolFiles,
      leftOut: origin.leftOut,
      ...missingOf(origin, log.lastEntry),
      epoch,
      fenced,
      drill,
    };
    await writeFileDurably(path.join(into, 'restored.json'), `${JSON.stringify({ ...restored, at }, null, 2)}\n`);
    if (drill) await writeFileDurably(path.join(into, DRILL), `${JSON.stringify({ from, at })}\n`);
    await rm(path.join(into, RESTORING));
    await syncDirectory(into);
    await lock.release();
    return restored;
  } catch (error) {
    // It was empty before, and half a directory is of no use to anybody.
    for (const name of ['log', 'spool', ...SIDE_FOLDER_NAMES, 'restored.json', DRILL]) {
      await rm(path.join(into, name), { recursive: true, force: true });
    }
    await lock.release();
    for (const name of ['epoch', RESTORING]) await rm(path.join(into, name), { force: true });
    throw error;
  }
}

function missingOf({ heardOf }: Origin, lastEntry: number): Pick<Restored, 'missing' | 'heardOf'> {
  if (heardOf === null) return { missing: null, heardOf: null };
  const at = new Date(heardOf.atMs).toISOString();
  const isMissing = heardOf.entryNo > lastEntry;
  return {
    missing: isMissing ? { from: lastEntry + 1, to: heardOf.entryNo, heardAt: at } : null,
    heardOf: { entry: heardOf.entryNo, at },
  };
}

function damaged({ kind }: Origin, problems: string[]): TollgridError {
  const code = kind === 'backup' ? 'BACKUP_DAMAGED' : 'COPY_DAMAGED';
  return new TollgridError(code, `What was restored is not what it should be: ${problems[0]}.`, { problems });
}

type LogFacts = Pick<Restored, 'firstEntry' | 'lastEntry' | 'chain' | 'lastAcceptedAt'>;

/** Every byte and the chain, from what was written. */
async function checkLog(origin: Origin, into: string): Promise<LogFacts> {
  const dir = path.join(into, 'log');
  const reader = new LogReader(dir);
  try {
    // Of a copy whose writer was killed, the last entry may be there in part.
    await (await LogWriter.open(dir)).close();
    const { firstNo, headNo, chain } = await reader.verify();
    const there = origin.kind === 'backup' ? headNo === origin.entryNo : headNo >= origin.entryNo;
    if (!there) throw damaged(origin, [`the log ends with entry ${headNo} instead of ${origin.entryNo}`]);
    if (headNo === 0) return { firstEntry: 1, lastEntry: 0, chain, lastAcceptedAt: null };
    if (origin.entryNo >= firstNo) {
      const found = Buffer.from((await reader.entry(origin.entryNo)).chain).toString('hex');
      if (found !== origin.chain) throw damaged(origin, [`the chain at entry ${origin.entryNo} is another one`]);
    }
    const { acceptedAtMs } = await reader.entry(headNo);
    return { firstEntry: firstNo, lastEntry: headNo, chain, lastAcceptedAt: new Date(acceptedAtMs).toISOString() };
  } catch (error) {
    const { code, message } = toTollgridError(error);
    throw code === 'LOG_DAMAGED' ? damaged(origin, [message]) : error;
  } finally {
    await reader.close();
  }
}

/** Each file of the spool by its name, and whether those are there that entries point at. */
async function checkSpool(origin: Origin, into: string): Promise<number> {
  const dir = path.join(into, 'spool');
  await makeDirectory(dir);
  const spool = await Spool.open(dir, { owner: false });
  const reader = new LogReader(path.join(into, 'log'));
  const problems: string[] = [];
  try {
    const blobs = await spoolBlobs(dir);
    for (const { sha256 } of blobs) {
      if (!(await spool.isSound(sha256))) problems.push(`the received file ${sha256} is not what its name says`);
    }
    for await (const entry of reader.readHeads(await reader.firstNo())) {
      for (const sha256 of blobsOf(entry)) {
        if (!spool.has(sha256))
          problems.push(`the received file ${sha256} is missing, entry ${entry.entryNo} needs it`);
      }
    }
    if (problems.length > 0) throw damaged(origin, problems);
    return blobs.length;
  } finally {
    await spool.close();
    await reader.close();
  }
}

/** Error: RESTORE_UNFINISHED, DATA_DIR_DRILL when it is to serve. */
export async function refuseUnfit(dataDir: string, serving: boolean): Promise<void> {
  const has = async (name: string): Promise<boolean> =>
    (await stat(path.join(dataDir, name)).catch(() => null)) !== null;
  if (await has(RESTORING)) {
    throw new TollgridError('RESTORE_UNFINISHED', `${dataDir} was being restored, and that did not come to its end.`, {
      dataDir,
    });
  }
  if (serving && (await has(DRILL))) {
    throw new TollgridError('DATA_DIR_DRILL', `${dataDir} was restored to be looked at only.`, { dataDir });
  }
}
