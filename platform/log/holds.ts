/**
 * Whoever copies the log leaves a file in `log/holds/` with the last entry that he has: retention removes nothing behind it.
 * Its first line is the number of the entry, the second one says for whom.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, writeFileDurably } from '../durable-file.ts';

export interface Hold {
  name: string;
  /** Everything behind it is needed. */
  entryNo: number;
  /** Empty when nobody said it. */
  of: string;
}

/** What is being written has a dot in front of it. What cannot be read holds everything. */
export async function readHolds(logDir: string): Promise<Hold[]> {
  const names = (await readdir(folderOf(logDir)).catch((): string[] => [])).filter((name) => !name.startsWith('.'));
  const texts = await Promise.all(names.map((name) => readFile(fileOf(logDir, name), 'utf8').catch(gone)));
  return names.flatMap((name, i) => {
    const text = texts[i];
    if (text === null) return [];
    const [first, of = ''] = text.split('\n');
    return [{ name, entryNo: /^\d+$/.test(first) ? Number(first) : 0, of }];
  });
}

/** Lasts until it is written again or removed. */
export async function writeHold(logDir: string, { name, entryNo, of }: Hold): Promise<void> {
  await makeDirectory(folderOf(logDir));
  await writeFileDurably(fileOf(logDir, name), of === '' ? `${entryNo}\n` : `${entryNo}\n${of}\n`);
}

export async function removeHold(logDir: string, name: string): Promise<void> {
  await rm(fileOf(logDir, name), { force: true });
}

function gone(error: NodeJS.ErrnoException): string | null {
  return error.code === 'ENOENT' ? null : '';
}

function folderOf(logDir: string): string {
  return path.join(logDir, 'holds');
}

function fileOf(logDir: string, name: string): string {
  return path.join(folderOf(logDir), name);
}
