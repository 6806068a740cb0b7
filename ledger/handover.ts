/**
 * How the blocks of an insert reach the engine. Over HTTP as the body, always possible; or, when the engine runs on this
 * machine, as a file in memory that the request only names: a body would be copied through a socket in small pieces, which
 * costs as much as the insert itself.
 */
import { constants } from 'node:fs';
import { mkdir, open, statfs } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { writeAll } from '../platform/durable-file.ts';
import type { LedgerClient } from './client.ts';

/** Header that names the file with the data of an insert, in the engine's folder. */
export const HANDED_OVER_HEADER = 'x-tollgrid-data-file';

/** While the engine reads one file, the next is written. */
const FILES = 2;

export interface Handover {
  /** Runs an INSERT ... FORMAT Native with these chunks as its data. */
  insert(query: string, chunks: readonly Uint8Array[]): Promise<void>;
}

export function bodyHandover(client: LedgerClient): Handover {
  return {
    insert: async (query, chunks) => {
      const { stream } = await client.exec({ query, values: Readable.from(chunks, { objectMode: false }) });
      for await (const ignored of stream) void ignored;
    },
  };
}

/** `folder`: in memory, where the engine looks for files. What does not fit there twice over goes as a body. */
export function fileHandover(client: LedgerClient, folder: string, freeBytes = freeBytesOf): Handover {
  const body = bodyHandover(client);
  // The same files each time: their pages are written over, not given back and asked for again.
  const names = Array.from({ length: FILES }, (_, i) => `${process.pid}-${i}.handover`);
  const waiting: ((name: string) => void)[] = [];
  const take = async (): Promise<string> =>
    names.pop() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
  const give = (name: string): void => {
    const next = waiting.shift();
    if (next === undefined) names.push(name);
    else next(name);
  };
  return {
    insert: async (query, chunks) => {
      const lengthBytes = chunks.reduce((sum, { length }) => sum + length, 0);
      const name = await take();
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if ((await freeBytes(folder)) < 2 * lengthBytes) return await body.insert(query, chunks);
        await writeChunks(path.join(folder, name), chunks, lengthBytes);
        await client.command({ query, http_headers: { [HANDED_OVER_HEADER]: name } });
      } finally {
        give(name);
      }
    },
  };
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function writeChunks(filePath: string, chunks: readonly Uint8Array[], lengthBytes: number): Promise<void> {
  const file = await open(filePath, constants.O_CREAT | constants.O_WRONLY, 0o600);
  try {
    let at = 0;
    for (const chunk of chunks) {
      await writeAll(file, chunk, at);
      at += chunk.length;
    }
    await file.truncate(lengthBytes);
  } finally {
    await file.close();
  }
}
