/**
 * Where the body of an insert waits until the engine reads it: a file, because the engine ends inline data at the first
 * blank line and runs what follows as SQL. In memory (tmpfs) when there is room for it, else beside the data.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export class BodyTooLarge extends Error {}

/** Room asked for a body of unknown length. */
const UNKNOWN_BYTES = 64 << 20;

export class Staging {
  /** In memory; a process of the same user may leave the data of an insert there. */
  readonly memoryFolder: string;
  private readonly diskFolder: string;
  private reservedBytes = 0;
  private next = 0;

  constructor(enginePath: string, memoryRoot = '/dev/shm') {
    const tag = createHash('sha256').update(path.resolve(enginePath)).digest('hex').slice(0, 16);
    this.memoryFolder = path.join(memoryRoot, `tollgrid-${tag}`);
    this.diskFolder = path.join(enginePath, 'staging');
  }

  /** Removes what an earlier process left behind. The engine's lock on its folder makes sure that it is gone. */
  async clear(): Promise<void> {
    await rm(this.memoryFolder, { recursive: true, force: true });
    await rm(this.diskFolder, { recursive: true, force: true });
  }

  /** Writes the body to a file, runs `use` on its path, and removes the file. Resolves to what `use` gives. */
  async with<T>(body: Readable, length: number, limit: number, use: (file: string) => Promise<T>): Promise<T> {
    const claimed = length >= 0 ? length : UNKNOWN_BYTES;
    if (claimed > limit) throw new BodyTooLarge();
    const inMemory = await this.fitsMemory(claimed);
    if (inMemory) this.reservedBytes += claimed;
    const folder = inMemory ? this.memoryFolder : this.diskFolder;
    const file = path.join(folder, `${process.pid}-${this.next++}.insert`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await pipeline(body, limitBytes(limit), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
      return await use(file);
    } finally {
      if (inMemory) this.reservedBytes -= claimed;
      await rm(file, { force: true });
    }
  }

  /** The file that a request names. Nothing but the name of a file of the staging folder will do; null otherwise. */
  handedOver(name: string): string | null {
    return /^\d+-\d\.handover$/.test(name) ? path.join(this.memoryFolder, name) : null;
  }

  private async fitsMemory(bytes: number): Promise<boolean> {
    try {
      const { bavail, bsize } = await statfs(path.dirname(this.memoryFolder));
      return bavail * bsize > 2 * (bytes + this.reservedBytes);
    } catch {
      return false;
    }
  }
}

function limitBytes(limit: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > limit) done(new BodyTooLarge());
      else done(null, chunk);
    },
  });
}
