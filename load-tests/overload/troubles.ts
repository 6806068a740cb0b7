/** What goes wrong: the ledger stands still, its engine dies again and again, or the disk is full. */
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { wait, type OverloadInstallation } from './installation.ts';
import type { Trouble } from './overload.ts';

/** The engine neither answers nor ends. */
export function ledgerFrozen(installation: OverloadInstallation): Trouble {
  return {
    name: 'ledger stands still',
    begin: () => installation.engine('SIGSTOP'),
    end: () => installation.engine('SIGCONT'),
  };
}

/** Killed as soon as it is up again. */
export function ledgerKilled(installation: OverloadInstallation, everyMs = 500): Trouble {
  let over = false;
  let killing: Promise<void> = Promise.resolve();
  return {
    name: 'ledger killed again and again',
    begin: async () => {
      killing = (async () => {
        while (!over) {
          await installation.engine('SIGKILL').catch(() => undefined);
          await wait(everyMs);
        }
      })();
    },
    end: async () => {
      over = true;
      await killing;
    },
  };
}

/**
 * Somebody else fills the disk to the last byte: first beyond the reserve, which Tollgrid notices within seconds, then all of it.
 * A disk that is full from one moment to the next breaks the log until the next start (test/server/front/disk-full.test.ts).
 */
export function diskFull(installation: OverloadInstallation, folder: string, reserveBytes: number): Trouble {
  const ballasts = ['ballast-1', 'ballast-2'].map((name) => path.join(folder, name));
  return {
    name: 'full disk',
    begin: async () => {
      const { bavail, bsize } = fs.statfsSync(folder);
      // Reserved in one go: writing gigabytes would hold up the devices of this process.
      await promisify(execFile)('fallocate', [
        '-l',
        String(bavail * bsize - Math.floor(reserveBytes / 2)),
        ballasts[0],
      ]);
      while (!(await installation.status()).reasons.join().includes('INTAKE_DISK_LOW')) await wait(100);
      const handle = fs.openSync(ballasts[1], 'a');
      const block = Buffer.alloc(64 * 1024, 1);
      try {
        for (;;) fs.writeSync(handle, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        fs.closeSync(handle);
      }
    },
    end: async () => ballasts.forEach((ballast) => fs.rmSync(ballast)),
  };
}

export interface SmallDisk {
  folder: string;
  remove(): void;
}

/** A file system of that size in a file; null where mounting is not permitted. */
export function smallDisk(folder: string, sizeBytes: number): SmallDisk | null {
  const mountPoint = path.join(folder, 'disk');
  const image = path.join(folder, 'disk.img');
  fs.mkdirSync(mountPoint);
  try {
    fs.writeFileSync(image, '');
    fs.truncateSync(image, sizeBytes);
    execFileSync('mkfs.ext4', ['-q', '-F', image], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'loop', image, mountPoint], { stdio: 'pipe' });
  } catch {
    return null;
  }
  return {
    folder: mountPoint,
    remove: () => {
      execFileSync('umount', ['-l', mountPoint]);
    },
  };
}
