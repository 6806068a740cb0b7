/** Copying files so that they are durable. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory, writeAll } from '../../platform/durable-file.ts';
import { readAhead, type Blob, type Spool } from '../../platform/log/index.ts';

/** Copies a file, or bytes as they come, into a new file; returns how many. */
export async function copyBytes(from: string | AsyncIterable<Uint8Array>, target: string): Promise<number> {
  await makeDirectory(path.dirname(target));
  const file = await open(target, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of typeof from === 'string' ? readAhead(from) : from) {
      await writeAll(file, chunk, null);
      bytes += chunk.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await syncDirectory(path.dirname(target));
  return bytes;
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
