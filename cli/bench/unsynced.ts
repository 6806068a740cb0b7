/**
 * Syncs that do nothing, to measure what syncing costs. Only a benchmark does this, by replacing functions of Node in its
 * own process and in those that it starts: the program has no switch for it.
 */
import fs from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** The same for a process that is started with it, and its threads. Said once, so that nobody mistakes it for a real one. */
const CHILD = `
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
const handle = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle);
await handle.close();
prototype.sync = prototype.datasync = async () => undefined;
fs.fsyncSync = fs.fdatasyncSync = () => undefined;
syncBuiltinESMExports();
if (isMainThread) process.stderr.write('BENCHMARK: nothing is synced to disk in process ' + process.pid + '\\n');
`;

/** Environment in which started processes do not sync. */
export function unsyncedEnvironment(): { NODE_OPTIONS: string } {
  const url = `data:text/javascript,${encodeURIComponent(CHILD)}`;
  return { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${url}`.trim() };
}

/** Whether file handles of this process sync; everything is as before after `restore`. */
export class Syncs {
  active = true;
  private readonly prototype: FileHandle;
  private readonly originals: Pick<FileHandle, 'sync' | 'datasync'>;

  static async take(): Promise<Syncs> {
    const file = path.join(os.tmpdir(), `tollgrid-bench-${process.pid}`);
    const handle = await open(file, 'w');
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    await rm(file);
    return new Syncs(prototype);
  }

  private constructor(prototype: FileHandle) {
    this.prototype = prototype;
    const { sync, datasync } = prototype;
    this.originals = { sync, datasync };
    const wanted = (): boolean => this.active;
    prototype.sync = async function (this: FileHandle) {
      if (wanted()) await sync.call(this);
    };
    prototype.datasync = async function (this: FileHandle) {
      if (wanted()) await datasync.call(this);
    };
  }

  restore(): void {
    Object.assign(this.prototype, this.originals);
  }
}

/** A file system in memory; null where there is none. */
export function memoryFolder(): string | null {
  return fs.existsSync('/dev/shm') ? '/dev/shm' : null;
}
