/**
 * A folder of backups: `parts/` by their SHA-256, `manifests/` that name them, and a file that says what the folder is.
 * One process at a time writes in it.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { TollgridError } from '../../platform/errors.ts';
import { lockDataDir } from '../../platform/lock.ts';
import { Spool, type Blob } from '../../platform/log/index.ts';
import { isEmptyDirectory } from './layout.ts';
import { BACKUP_VERSION } from './manifest.ts';

export const BACKUP_MARKER = 'backup.json';

export class BackupFolder {
  readonly dir: string;
  readonly parts: Spool;
  readonly #release: () => Promise<void>;

  private constructor(dir: string, parts: Spool, release: () => Promise<void>) {
    this.dir = dir;
    this.parts = parts;
    this.#release = release;
  }

  /** To be read only. Error: BACKUP_UNKNOWN when that is no folder of backups. */
  static async read(dir: string): Promise<BackupFolder> {
    if (!(await isThere(path.join(dir, BACKUP_MARKER)))) {
      throw new TollgridError('BACKUP_UNKNOWN', `${dir} holds no backups.`, { dir });
    }
    return new BackupFolder(dir, await partsOf(dir, false), async () => undefined);
  }

  /** To be written, made when there is none. Errors: BACKUP_FOLDER_FOREIGN, DATA_DIR_LOCKED, COPY_WRITE_FAILED. */
  static async open(dir: string): Promise<BackupFolder> {
    // Call records, customers and keys: nobody else's business.
    process.umask(0o077);
    if (!(await isThere(path.join(dir, BACKUP_MARKER)))) {
      if (!(await isEmptyDirectory(dir))) {
        throw new TollgridError('BACKUP_FOLDER_FOREIGN', `${dir} holds something else than backups.`, { dir });
      }
      await writing(async () => {
        await makeDirectory(dir);
        await writeFileDurably(
          path.join(dir, BACKUP_MARKER),
          `${JSON.stringify({ tollgridBackup: BACKUP_VERSION })}\n`,
        );
      });
    }
    const lock = await lockDataDir(dir);
    return new BackupFolder(dir, await partsOf(dir, true), () => lock.release());
  }

  async has({ sha256, sizeBytes }: Blob): Promise<boolean> {
    const found = await stat(this.parts.path(sha256)).catch(() => null);
    return found?.size === sizeBytes;
  }

  async close(): Promise<void> {
    await this.parts.close();
    await this.#release();
  }
}

function partsOf(dir: string, owner: boolean): Promise<Spool> {
  return Spool.open(path.join(dir, 'parts'), { owner });
}

export async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null)) !== null;
}

/** Errors of the folder of copies or backups by their own code; those with a code already are passed on. */
export async function writing<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof TollgridError && cause.code !== 'SPOOL_WRITE_FAILED') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TollgridError('COPY_WRITE_FAILED', `The copy cannot be written: ${reason}`, {}, { cause });
  }
}
