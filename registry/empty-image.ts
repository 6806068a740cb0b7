/**
 * The empty registry database as it was made first, kept as one file: PostgreSQL takes seconds of computing to make one,
 * and each first start, and each after an unclean end, needs it. The build makes one for all data directories; without
 * it a data directory keeps its own, synced to disk, so that it serves after a power cut too.
 *
 * The file is gzip (whose checksum tells damage) of: length of the list as uint32 LE, the list as JSON, the contents of
 * the files one after the other, without the zeros at their ends.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { writeFileDurably } from '../platform/durable-file.ts';
import { projectRoot } from '../platform/paths.ts';

/** Made by scripts/lib/empty-registry.mjs. */
const BUILT_IMAGE = path.join(projectRoot, 'dist', 'registry', 'empty.image');

interface ImagedFile {
  path: string;
  sizeBytes: number;
  /** Those that are not zeros at the end. */
  storedBytes: number;
}

interface ImageList {
  folders: string[];
  files: ImagedFile[];
}

const LENGTH_BYTES = 4;

/** Keeps the files of a database that is closed; nothing when there is an image already. */
export async function keepImage(folder: string, image: string): Promise<void> {
  if (existsSync(image)) return;
  const list: ImageList = { folders: [], files: [] };
  const contents: Buffer[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const full = path.join(folder, name);
    if (statSync(full).isDirectory()) {
      list.folders.push(name);
      continue;
    }
    const bytes = readFileSync(full);
    const stored = bytes.subarray(0, endOfContent(bytes));
    list.files.push({ path: name, sizeBytes: bytes.length, storedBytes: stored.length });
    contents.push(stored);
  }
  const head = Buffer.from(JSON.stringify(list));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  const packed = await promisify(gzip)(Buffer.concat([length, head, ...contents]), { level: 1 });
  await writeFileDurably(image, packed);
}

/**
 * Puts the files into a folder that is not there, from the data directory's own image or the one of the build; false
 * without an image, or when it is damaged.
 */
export async function restoreImage(image: string, folder: string, built = BUILT_IMAGE): Promise<boolean> {
  try {
    const bytes: Buffer = await promisify(gunzip)(await readFile(existsSync(image) ? image : built));
    let at = LENGTH_BYTES + bytes.readUInt32LE();
    const list = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, at)) as ImageList;
    mkdirSync(folder, { recursive: true });
    for (const name of list.folders) mkdirSync(path.join(folder, name));
    for (const { path: name, sizeBytes, storedBytes } of list.files) {
      writeFileSync(path.join(folder, name), bytes.subarray(at, at + storedBytes));
      if (sizeBytes > storedBytes) truncateSync(path.join(folder, name), sizeBytes);
      at += storedBytes;
    }
    return true;
  } catch {
    return false;
  }
}

function endOfContent(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}
