/**
 * Files on their way from another machine, under our own names in the data directory. What a broken transfer leaves is
 * gone on with. After a restart of the machine it is thrown away: only a synced file is known to hold what its size says.
 */
import { createHash } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, writeAll } from '../../platform/durable-file.ts';
import type { RemoteFile } from './port.ts';

export class Incoming {
  private readonly folder: string;
  private readonly dir: string;

  /** `folder`: of this source alone. `bootId`: differs after each start of the machine. */
  constructor(folder: string, bootId: string) {
    this.folder = folder;
    this.dir = path.join(folder, createHash('sha256').update(bootId).digest('hex').slice(0, 16));
  }

  async open(): Promise<void> {
    await makeDirectory(this.dir);
    for (const name of await readdir(this.folder)) {
      if (name !== path.basename(this.dir)) await rm(path.join(this.folder, name), { recursive: true, force: true });
    }
  }

  /** Our own name: the sender's is data. */
  pathOf({ name, sizeBytes, modifiedMs }: RemoteFile): string {
    const key = createHash('sha256').update(`${sizeBytes}\u0000${modifiedMs}\u0000${name}`).digest('hex');
    return path.join(this.dir, `${key}.part`);
  }

  async sizeOf(file: string): Promise<number> {
    return (await stat(file).catch(() => null))?.size ?? 0;
  }

  /** Adds bytes behind what is there. What came before an error stays. */
  async append(file: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const handle = await open(file, 'a');
    try {
      for await (const chunk of chunks) await writeAll(handle, chunk, null);
    } finally {
      await handle.close();
    }
  }

  async remove(file: string): Promise<void> {
    await rm(file, { force: true });
  }

  /** What broken transfers left. */
  async parts(): Promise<Set<string>> {
    return new Set((await readdir(this.dir)).map((name) => path.join(this.dir, name)));
  }
}
