/**
 * A file of named sections behind a head, written whole or not at all, and believed only byte for byte.
 *
 *   { head as JSON, with the length of each section } line feed, sections end to end, SHA-256 of all before it
 */
import { createHash, hash, randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory, writeAll } from './durable-file.ts';

const HASH_BYTES = 32;
const PIECE_BYTES = 1024 * 1024;

export interface SectionFile<H> {
  head: H;
  sections: Record<string, Buffer>;
}

/** Afterwards, and after a power cut, the file holds what it held before or this. The folder is made. */
export async function writeSections(
  file: string,
  head: object,
  sections: Record<string, readonly Uint8Array[]>,
): Promise<void> {
  const dir = path.dirname(file);
  await makeDirectory(dir);
  const temporary = path.join(dir, `.${path.basename(file)}.${randomUUID()}.tmp`);
  const lengths = Object.entries(sections).map(([name, pieces]) => [
    name,
    pieces.reduce((sum, one) => sum + one.length, 0),
  ]);
  try {
    const handle = await open(temporary, 'wx');
    try {
      const digest = createHash('sha256');
      const put = async (bytes: Uint8Array): Promise<void> => {
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
          const piece = bytes.subarray(at, at + PIECE_BYTES);
          digest.update(piece);
          await writeAll(handle, piece, null);
        }
      };
      await put(Buffer.from(`${JSON.stringify({ head, sections: lengths })}\n`));
      for (const pieces of Object.values(sections)) for (const piece of pieces) await put(piece);
      await writeAll(handle, digest.digest(), null);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dir);
}

/** Null when there is none, or one that is not byte for byte what was written. */
export async function readSections<H>(file: string): Promise<SectionFile<H> | null> {
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null || bytes.length < HASH_BYTES) return null;
  const content = bytes.subarray(0, bytes.length - HASH_BYTES);
  if (!hash('sha256', content, 'buffer').equals(bytes.subarray(content.length))) return null;
  const line = content.indexOf(10);
  const { head, sections: lengths } = JSON.parse(content.toString('utf8', 0, line)) as {
    head: H;
    sections: [string, number][];
  };
  const sections: Record<string, Buffer> = {};
  let at = line + 1;
  for (const [name, length] of lengths) sections[name] = content.subarray(at, (at += length));
  return { head, sections };
}

/** Objects as lines of JSON, in pieces of about a megabyte. */
export function jsonLines(objects: Iterable<unknown>): Buffer[] {
  const pieces: Buffer[] = [];
  let lines: string[] = [];
  let length = 0;
  const take = (): void => {
    if (lines.length > 0) pieces.push(Buffer.from(lines.join('')));
    lines = [];
    length = 0;
  };
  for (const object of objects) {
    const line = `${JSON.stringify(object)}\n`;
    lines.push(line);
    if ((length += line.length) > PIECE_BYTES) take();
  }
  take();
  return pieces;
}

export function* parseLines<T>(bytes: Buffer): Generator<T> {
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    yield JSON.parse(bytes.toString('utf8', at, end)) as T;
    at = end + 1;
  }
}
