/**
 * Compiled tariffs on their way from the front to the rater: files under `run/compiled`, named by the SHA-256 of their
 * publication. So a million prefixes are laid out once, before their entry stands in the log, and nobody waits for it.
 * A file that is not there, or not whole, costs time only: the rater compiles the publication itself.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { TariffParts } from '../../rating/index.ts';

/** The checksum of all that follows, and the length of the description. */
const PREFIX_BYTES = 8;
const FILES_MAX = 8;

export function compiledFolder(dataDir: string): string {
  return path.join(dataDir, 'run', 'compiled');
}

/** Whole or absent under its name. Of many, the oldest go. */
export async function writeCompiled(folder: string, sha256: string, parts: TariffParts): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  await dropOldest(folder);
  const arrays: Int32Array[] = [];
  const trie = JSON.stringify(parts.trie, (_key, value: unknown) =>
    value instanceof Int32Array ? { array: arrays.push(value) - 1, length: value.length } : value,
  );
  const described = serialize({ model: parts.model, transitions: parts.transitions, trie });
  const padding = Buffer.alloc((4 - (described.length % 4)) % 4);
  const chunks = [described, padding, ...arrays.map((array) => new Uint8Array(array.buffer, 0, array.byteLength))];
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(described.length, 4);
  const checksum = [prefix.subarray(4), ...chunks].reduce((crc, chunk) => crc32(chunk, crc), 0);
  prefix.writeUInt32LE(checksum, 0);
  const made = path.join(folder, `.${randomUUID()}`);
  await fs.writeFile(made, [prefix, ...chunks]);
  await fs.rename(made, path.join(folder, sha256));
}

/** Null when there is none. Its tables are shared memory. */
export async function readCompiled(folder: string, sha256: string): Promise<TariffParts | null> {
  const file = await fs.open(path.join(folder, sha256)).catch(() => null);
  if (file === null) return null;
  try {
    const bytes = new Uint8Array(new SharedArrayBuffer((await file.stat()).size));
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at);
      if (bytesRead === 0) return null;
      at += bytesRead;
    }
    return partsIn(bytes);
  } finally {
    await file.close();
  }
}

function partsIn(bytes: Uint8Array<SharedArrayBuffer>): TariffParts | null {
  if (bytes.length < PREFIX_BYTES) return null;
  const view = Buffer.from(bytes.buffer);
  if (crc32(bytes.subarray(4)) !== view.readUInt32LE(0)) return null;
  const length = view.readUInt32LE(4);
  const described = deserialize(Buffer.from(view.subarray(PREFIX_BYTES, PREFIX_BYTES + length))) as {
    model: TariffParts['model'];
    transitions: TariffParts['transitions'];
    trie: string;
  };
  let at = PREFIX_BYTES + length + ((4 - (length % 4)) % 4);
  const trie = JSON.parse(described.trie, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('array' in value)) return value;
    const { length: words } = value as { array: number; length: number };
    const array = new Int32Array(bytes.buffer, at, words);
    at += array.byteLength;
    return array;
  }) as TariffParts['trie'];
  return { ...described, trie };
}

async function dropOldest(folder: string): Promise<void> {
  const found = await Promise.all(
    (await fs.readdir(folder)).map(async (name) => {
      const file = path.join(folder, name);
      return { file, ms: (await fs.stat(file).catch(() => null))?.mtimeMs ?? 0 };
    }),
  );
  found.sort((a, b) => b.ms - a.ms);
  for (const { file } of found.slice(FILES_MAX - 1)) await fs.rm(file, { force: true });
}
