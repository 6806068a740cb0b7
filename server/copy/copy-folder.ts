/**
 * A second copy of log, spool and statements, kept up by whoever follows the original. Its log consists of the same
 * files with the same bytes. Whatever `append` has returned for is on the disk.
 */
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory, writeAll, writeFileDurably } from '../../platform/durable-file.ts';
import { TollgridError } from '../../platform/errors.ts';
import { lockDataDir, type DataDirLock } from '../../platform/lock.ts';
import {
  CHAIN_START,
  listSegments,
  LogReader,
  LogWriter,
  readAhead,
  Spool,
  type CheckedRun,
  type LogPlace,
  type LogRun,
} from '../../platform/log/index.ts';
import { isThere } from './backup-folder.ts';
import { isEmptyDirectory, isSideFile } from './layout.ts';

export const COPY_MARKER = 'copy.json';
const COPY_VERSION = 1;
const POSITION = 'position.json';
const FENCE = 'fenced.json';
/** A note of the position, which tells a copy that lost its end, is at most so old while it moves. */
const NOTE_EVERY_MS = 1000;

/** How far the copy went, as it was noted: entries up to `entryNo` have to be there. */
export interface CopyPosition {
  entryNo: number;
  chain: string;
  /** When that entry was accepted; 0 when there is none. */
  acceptedAtMs: number;
  /** Last entry that the original was heard to have, and when. */
  headNo: number;
  heardAtMs: number;
  /** Owner of the original. */
  epoch: number;
}

/** Somebody was restored from the copy and goes on with its log: owners before `epoch` are out of date. */
export interface Fence {
  epoch: number;
  at: string;
  into: string;
}

export class CopyFolder {
  readonly dir: string;
  readonly #lock: DataDirLock;
  readonly #spool: Spool;
  #place: LogPlace;
  #file: FileHandle | null = null;
  #segment: number;
  #segmentBytes: number;
  #noted: CopyPosition;
  #notedAtMs = -Infinity;
  #position: CopyPosition;
  #fenceSeen = false;

  private constructor(dir: string, lock: DataDirLock, spool: Spool, found: Found, noted: CopyPosition) {
    this.dir = dir;
    this.#lock = lock;
    this.#spool = spool;
    this.#place = { entryNo: found.entryNo, chain: found.chain };
    this.#segment = found.segment;
    this.#segmentBytes = found.segmentBytes;
    this.#noted = noted;
    this.#position = { ...noted, entryNo: found.entryNo, chain: hex(found.chain), acceptedAtMs: found.acceptedAtMs };
  }

  /**
   * Takes the folder, made when there is none, and cuts what a crash left half written at the end of its log.
   * Entries that it had and lost are copied again. Errors: COPY_FOLDER_FOREIGN, DATA_DIR_LOCKED, LOG_DAMAGED.
   */
  static async open(dir: string): Promise<CopyFolder> {
    process.umask(0o077);
    const marker = path.join(dir, COPY_MARKER);
    if (!(await isThere(marker))) {
      if (!(await isEmptyDirectory(dir))) {
        throw new TollgridError('COPY_FOLDER_FOREIGN', `${dir} holds something else than a copy.`, { dir });
      }
      await makeDirectory(dir);
      await writeFileDurably(marker, `${JSON.stringify({ tollgridCopy: COPY_VERSION })}\n`);
    }
    const { tollgridCopy } = JSON.parse(await readFile(marker, 'utf8')) as { tollgridCopy: unknown };
    if (tollgridCopy !== COPY_VERSION) {
      throw new TollgridError('BACKUP_VERSION_UNKNOWN', `${dir} has the version ${String(tollgridCopy)}.`, { dir });
    }
    const lock = await lockDataDir(dir);
    try {
      const found = await recover(path.join(dir, 'log'), lock.tookFromSilent);
      const noted = (await readPosition(dir)) ?? NOWHERE;
      await makeDirectory(path.join(dir, 'spool'));
      await makeDirectory(path.join(dir, 'partial'));
      const spool = await Spool.open(path.join(dir, 'spool'), { owner: false });
      return new CopyFolder(dir, lock, spool, found, noted);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Where the original's next entries are expected. */
  get place(): LogPlace {
    return this.#place;
  }

  get position(): CopyPosition {
    return this.#position;
  }

  /**
   * What the original says of itself. Errors: COPY_FENCED when it was replaced, COPY_DIVERGED when its log is shorter
   * than the copy.
   */
  async heard(headNo: number, epoch: number, nowMs: number): Promise<void> {
    // Once: whoever is restored from the copy takes its lock before.
    const fence = this.#fenceSeen ? null : await readFence(this.dir);
    this.#fenceSeen = true;
    if (fence !== null && epoch < fence.epoch) {
      throw new TollgridError('COPY_FENCED', `${fence.into} was restored from ${this.dir} at ${fence.at}.`, {
        fence: fence.epoch,
        epoch,
      });
    }
    if (headNo < this.#place.entryNo) {
      const message = `The copy goes to entry ${this.#place.entryNo}, the log only to entry ${headNo}.`;
      throw new TollgridError('COPY_DIVERGED', message);
    }
    this.#position = { ...this.#position, headNo, heardAtMs: nowMs, epoch };
    await this.#note(nowMs);
  }

  has(sha256: string): boolean {
    return this.#spool.has(sha256);
  }

  /**
   * Fetches a spool file, from where an attempt before broke off. Error: SPOOL_DAMAGED when what came is not what its
   * name says; what came is thrown away then.
   */
  async takeBlob(sha256: string, fetch: (offset: number) => AsyncIterable<Uint8Array>): Promise<void> {
    const target = this.#spool.path(sha256);
    const partial = path.join(this.dir, 'partial', sha256);
    const digest = createHash('sha256');
    let sizeBytes = 0;
    if (await isThere(partial)) {
      for await (const chunk of readAhead(partial)) {
        digest.update(chunk);
        sizeBytes += chunk.length;
      }
    }
    const file = await open(partial, 'a');
    try {
      for await (const chunk of fetch(sizeBytes)) {
        await writeAll(file, chunk, null);
        digest.update(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (digest.digest('hex') !== sha256) {
      await rm(partial);
      throw new TollgridError('SPOOL_DAMAGED', `the original's spool file ${sha256} is not what its name says`, {
        sha256,
      });
    }
    await makeDirectory(path.dirname(target));
    await this.#lock.confirm();
    await rename(partial, target);
    await syncDirectory(path.dirname(target));
  }

  /** Adds entries whose blobs are here already. Error: COPY_DIVERGED when they do not stand where the copy ends. */
  async append(run: LogRun, checked: CheckedRun, nowMs: number): Promise<void> {
    await this.#lock.confirm();
    if (run.segment !== this.#segment || this.#segmentBytes === 0) {
      const startsHere = run.offset === 0 && run.segment === this.#place.entryNo + 1;
      if (!startsHere) throw elsewhere(run);
      await this.#startSegment(run.segment);
    } else if (run.offset !== this.#segmentBytes) {
      throw elsewhere(run);
    }
    this.#file ??= await open(segmentFile(this.dir, this.#segment), 'r+');
    await writeAll(this.#file, run.bytes, this.#segmentBytes);
    await this.#file.datasync();
    await this.#lock.confirm();
    this.#segmentBytes += run.bytes.length;
    const { entryNo, chain, acceptedAtMs } = checked;
    this.#place = { entryNo, chain };
    this.#position = { ...this.#position, entryNo, chain: hex(chain), acceptedAtMs };
    await this.#note(nowMs);
  }

  async #startSegment(firstNo: number): Promise<void> {
    await this.#file?.close();
    this.#file = null;
    // An empty one of that name may be left from a crash.
    await (await open(segmentFile(this.dir, firstNo), 'w')).close();
    await syncDirectory(path.join(this.dir, 'log'));
    this.#segment = firstNo;
    this.#segmentBytes = 0;
  }

  async #note(nowMs: number, always = false): Promise<void> {
    if (!always && Math.abs(nowMs - this.#notedAtMs) < NOTE_EVERY_MS) return;
    this.#notedAtMs = nowMs;
    const { heardAtMs: _now, ...said } = this.#position;
    const { heardAtMs: _before, ...known } = this.#noted;
    if (JSON.stringify(said) === JSON.stringify(known)) return;
    await writeFileDurably(path.join(this.dir, POSITION), `${JSON.stringify(this.#position)}\n`);
    this.#noted = this.#position;
  }

  /** A small file beside the log, when it is not here with these bytes. */
  async takeFile(file: string, bytes: Uint8Array): Promise<void> {
    if (!isSideFile(file)) throw new TollgridError('COPY_DAMAGED', `"${file}" is no file of a copy.`);
    const target = path.join(this.dir, file);
    await makeDirectory(path.dirname(target));
    await this.#lock.confirm();
    await writeFileDurably(target, bytes);
  }

  /** Sure of nothing any more after an error: only what stands in the files counts, at the next `open`. */
  async abandon(): Promise<void> {
    await this.#file?.close().catch(() => undefined);
    await this.#spool.close().catch(() => undefined);
    await this.#lock.release().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#note(Infinity, true);
    await this.abandon();
  }
}

export const NOWHERE: CopyPosition = { entryNo: 0, chain: '', acceptedAtMs: 0, headNo: 0, heardAtMs: 0, epoch: 0 };

interface Found extends LogPlace {
  acceptedAtMs: number;
  segment: number;
  segmentBytes: number;
}

/** As a writer opens its log: the tail is cut to whole entries, and made durable. */
async function recover(logDir: string, detach: boolean): Promise<Found> {
  await makeDirectory(logDir);
  const log = await LogWriter.open(logDir, { detach });
  const entryNo = log.headNo;
  await log.close();
  const last = (await listSegments(logDir)).at(-1);
  if (last === undefined) return { entryNo: 0, chain: CHAIN_START, acceptedAtMs: 0, segment: 0, segmentBytes: 0 };
  const { size: segmentBytes } = await stat(last.path);
  if (entryNo === 0) return { entryNo, chain: CHAIN_START, acceptedAtMs: 0, segment: last.firstNo, segmentBytes };
  const reader = new LogReader(logDir);
  try {
    const { chain, acceptedAtMs } = await reader.entry(entryNo);
    return { entryNo, chain: Uint8Array.from(chain), acceptedAtMs, segment: last.firstNo, segmentBytes };
  } finally {
    await reader.close();
  }
}

/** Null when none was ever noted. Error: COPY_DAMAGED. */
export async function readPosition(dir: string): Promise<CopyPosition | null> {
  return readNote<CopyPosition>(path.join(dir, POSITION));
}

export async function readFence(dir: string): Promise<Fence | null> {
  return readNote<Fence>(path.join(dir, FENCE));
}

export async function writeFence(dir: string, fence: Fence): Promise<void> {
  await writeFileDurably(path.join(dir, FENCE), `${JSON.stringify(fence)}\n`);
}

async function readNote<T>(file: string): Promise<T | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new TollgridError('COPY_DAMAGED', `${file} is not JSON.`, { file });
  }
}

function segmentFile(dir: string, firstNo: number): string {
  return path.join(dir, 'log', `${String(firstNo).padStart(16, '0')}.log`);
}

function elsewhere({ segment, offset }: LogRun): TollgridError {
  return new TollgridError(
    'COPY_DIVERGED',
    `The log goes on at byte ${offset} of segment ${segment}, the copy ends elsewhere.`,
  );
}

function hex(chain: Uint8Array): string {
  return Buffer.from(chain).toString('hex');
}
