/** Makes the ledger durable, before what it was computed from is removed. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { TollgridError } from '../../platform/errors.ts';
import type { RaterOptions } from './messages.ts';

/**
 * The engine does not sync the parts it writes, and Node.js cannot sync a whole file system: coreutils' `sync -f` does.
 * False: the ledger is on a ClickHouse server of one's own, which nothing can be asked to sync. Error: LEDGER_NOT_SYNCED.
 */
export async function syncLedger({ dataDir, ledger }: RaterOptions): Promise<boolean> {
  if (ledger.handoverFolder === undefined) return false;
  const folder = path.join(dataDir, 'engine');
  await syncFileSystem(folder);
  return true;
}

/** Of the file system that holds the folder. Error: LEDGER_NOT_SYNCED. */
export async function syncFileSystem(folder: string): Promise<void> {
  try {
    await promisify(execFile)('sync', ['-f', folder]);
  } catch (error) {
    throw new TollgridError('LEDGER_NOT_SYNCED', `${folder} could not be synced: ${(error as Error).message}`, {
      folder,
    });
  }
}
