/** Where a follower copies from. The original's log is read up to its last durable entry and never waits for a follower. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { TollgridError } from '../../platform/errors.ts';
import { LogReader, readRuns, Spool, type LogRun } from '../../platform/log/index.ts';
import { isSecret, isSideFile, sideFiles, type SideFile } from './layout.ts';

export interface SourceAnswer {
  /** Null: nothing came within the time. */
  run: LogRun | null;
  /** Last durable entry of the original, and its owner's number. */
  headNo: number;
  epoch: number;
}

export interface CopySource {
  /**
   * Entries after `afterNo`, which tells too that the copy is durable up to there.
   * Waits until there are some, for `waitMs` at most. Errors: COPY_DIVERGED, COPY_BEHIND.
   */
  next(afterNo: number, waitMs: number): Promise<SourceAnswer>;
  /** Bytes of a spool file from `offset` on. Error: SPOOL_BLOB_MISSING. */
  blob(sha256: string, offset: number): AsyncIterable<Uint8Array>;
  /** Small files beside the log, without secrets. */
  files(): Promise<SideFile[]>;
  file(name: string): Promise<Uint8Array>;
  /** Whoever waits for news gets an answer now. */
  interrupt(): void;
  close(): Promise<void>;
}

const READ_BYTES = 1024 * 1024;

/** A data directory on this machine, whose owner tells how far its log goes. */
export class LocalSource implements CopySource {
  private readonly dataDir: string;
  private readonly epoch: number;
  private readonly reader: LogReader;
  private headNo: number;
  private spool: Spool | null = null;
  private waiting: (() => void)[] = [];

  constructor(dataDir: string, headNo: number, epoch: number) {
    this.dataDir = dataDir;
    this.epoch = epoch;
    this.headNo = headNo;
    this.reader = new LogReader(path.join(dataDir, 'log'));
  }

  setHead(headNo: number): void {
    this.headNo = Math.max(this.headNo, headNo);
    this.interrupt();
  }

  interrupt(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  async next(afterNo: number, waitMs: number): Promise<SourceAnswer> {
    if (this.headNo === afterNo && waitMs > 0) await this.moved(waitMs);
    const { headNo, epoch } = this;
    return { run: await nextRun(this.reader, afterNo, headNo), headNo, epoch };
  }

  private moved(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async *blob(sha256: string, offset: number): AsyncGenerator<Uint8Array> {
    this.spool ??= await Spool.open(path.join(this.dataDir, 'spool'), { owner: false });
    yield* readBlob(this.spool, sha256, offset);
  }

  files(): Promise<SideFile[]> {
    return sideFiles(this.dataDir, { secrets: false });
  }

  file(name: string): Promise<Uint8Array> {
    return readSideFile(this.dataDir, name);
  }

  async close(): Promise<void> {
    this.interrupt();
    await this.spool?.close();
    await this.reader.close();
  }
}

/** Entries of one segment after `afterNo`, null when there are none up to `headNo`. Errors: COPY_DIVERGED, COPY_BEHIND. */
export async function nextRun(reader: LogReader, afterNo: number, headNo: number): Promise<LogRun | null> {
  if (afterNo > headNo) {
    throw new TollgridError('COPY_DIVERGED', `The copy goes to entry ${afterNo}, the log only to entry ${headNo}.`);
  }
  if (afterNo === headNo) return null;
  try {
    for await (const run of readRuns(reader, afterNo, headNo)) return run;
    return null;
  } catch (error) {
    await requireNext(reader, afterNo);
    throw error;
  }
}

/** Error: COPY_BEHIND when the log does not hold what follows `afterNo` any more. */
export async function requireNext(reader: LogReader, afterNo: number): Promise<void> {
  const firstNo = await reader.firstNo();
  if (afterNo + 1 >= firstNo) return;
  const message = `The copy needs entry ${afterNo + 1} next, the log begins with entry ${firstNo}.`;
  throw new TollgridError('COPY_BEHIND', message, { copied: afterNo, firstNo });
}

/** Bytes of a spool file from `offset` on. Error: SPOOL_BLOB_MISSING. */
export async function* readBlob(spool: Spool, sha256: string, offset = 0): AsyncGenerator<Uint8Array> {
  const sizeBytes = await spool.sizeOf(sha256);
  if (sizeBytes === null) {
    throw new TollgridError('SPOOL_BLOB_MISSING', `the spool in ${spool.dir} has no ${sha256}`, { sha256 });
  }
  for (let at = offset; at < sizeBytes; at += READ_BYTES) {
    yield await spool.read(sha256, at, Math.min(READ_BYTES, sizeBytes - at));
  }
}

/** Error: NOT_FOUND, also for secrets. */
export async function readSideFile(dataDir: string, name: string): Promise<Uint8Array> {
  const missing = (): TollgridError => new TollgridError('NOT_FOUND', `There is no file ${name} to copy.`);
  if (!isSideFile(name) || isSecret(name)) throw missing();
  return readFile(path.join(dataDir, name)).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? missing() : error;
  });
}
