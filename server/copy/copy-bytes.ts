/** Copying files so that they are durable. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory, writeAll } from '../../platform/durable-file.ts';
import { readAhead, type Blob, type Spool } from '../../platform/log/index.ts';

/** Files that are put below a folder. Durable after `finish`. */
export class Laying {
  private readonly into: string;
  private readonly folders = new Set<string>();
  bytes = 0;

  constructor(into: string) {
    this.into = into;
  }

  /** Copies a file, or bytes as they come, into a new file. */
  async lay(from: string | AsyncIterable<Uint8Array>, name: string): Promise<void> {
    const target = path.join(this.into, name);
    const folder = path.dirname(target);
    if (!this.folders.has(folder)) await makeDirectory(folder);
    this.folders.add(folder);
    const file = await open(target, 'wx', 0o600);
    try {
      for await (const chunk of typeof from === 'string' ? readAhead(from) : from) {
        await writeAll(file, chunk, null);
        this.bytes += chunk.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async finish(): Promise<void> {
    for (const folder of this.folders) await syncDirectory(folder);
  }
}

/** The bytes of parts one behind the other; what is wrong with one is told, and the others follow all the same. */
export async function* readParts(
  parts: Spool,
  list: readonly Blob[],
  wrong: (part: string, how: string) => void,
): AsyncGenerator<Uint8Array> {
  for (const { sha256, sizeBytes } of list) {
    const part = parts.path(sha256);
    const digest = createHash('sha256');
    let read = 0;
    try {
      for await (const chunk of readAhead(part)) {
        digest.update(chunk);
        read += chunk.length;
        yield chunk;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      wrong(part, code === 'ENOENT' ? 'is missing' : `cannot be read (${code ?? (error as Error).message})`);
      continue;
    }
    if (read !== sizeBytes) wrong(part, `has ${read} bytes instead of ${sizeBytes}`);
    else if (digest.digest('hex') !== sha256) wrong(part, 'is not what was written');
  }
}
