/**
 * A backup goes on from where the one before in its folder ended, so retention keeps what lies behind that: while the backup is
 * made, when it was broken off, and until the next one. Who makes no more of them into a folder lets go of the hold.
 */
import { hash } from 'node:crypto';
import path from 'node:path';
import { toTollgridError } from '../../platform/errors.ts';
import { readHolds, removeHold, writeHold } from '../../platform/log/index.ts';

/** A follower's name has no dot. */
const NAME = /^backup\.[0-9a-f]{16}$/;

export function isBackupHold(name: string): boolean {
  return NAME.test(name);
}

/**
 * Returns why it could not be held, and null when it is: whoever may read the log, but not write beside it, can make
 * backups as well.
 */
export async function holdFor(logDir: string, to: string, entryNo: number): Promise<string | null> {
  const of = path.resolve(to);
  const name = `backup.${hash('sha256', of).slice(0, 16)}`;
  return writeHold(logDir, { name, entryNo, of }).then(
    () => null,
    (error: unknown) => toTollgridError(error).message,
  );
}

/** `to`: also a folder that is gone. False: nothing was held for it. */
export async function releaseBackup(dataDir: string, to: string): Promise<boolean> {
  const logDir = path.join(dataDir, 'log');
  const of = path.resolve(to);
  const held = (await readHolds(logDir)).filter((hold) => isBackupHold(hold.name) && hold.of === of);
  for (const { name } of held) await removeHold(logDir, name);
  return held.length > 0;
}
