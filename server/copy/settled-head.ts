/** How far the log of a data directory goes that nobody runs on. */
import path from 'node:path';
import { TollgridError } from '../../platform/errors.ts';
import { lockDataDir } from '../../platform/lock.ts';
import { LogWriter } from '../../platform/log/index.ts';
import { isThere } from './backup-folder.ts';

/** Cuts a torn tail and makes the rest durable, as a start would. Errors: DATA_DIR_LOCKED, LOG_DAMAGED, FILE_UNREADABLE. */
export async function settledHead(dataDir: string): Promise<number> {
  const dir = path.join(dataDir, 'log');
  if (!(await isThere(dir))) throw new TollgridError('FILE_UNREADABLE', `${dataDir} holds no log.`, { dataDir });
  const lock = await lockDataDir(dataDir);
  try {
    const log = await LogWriter.open(dir, { confirm: () => lock.confirm(), detach: lock.tookFromSilent });
    await log.close();
    return log.headNo;
  } finally {
    await lock.release();
  }
}
