/** Where files of a folder go when they are done with: beside what went there before, never over it. */
import { constants } from 'node:fs';
import { copyFile, open, rename, rm, lstat } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory, writeFileDurably } from '../../platform/durable-file.ts';

/** `name` is one step of a path, as a listing gives it. `before` is told where the file goes. */
export async function putAway(
  filePath: string,
  folder: string,
  name: string,
  before: (target: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await makeDirectory(folder);
  const target = await freePath(folder, name);
  await before(target);
  try {
    await rename(filePath, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyAway(filePath, target);
  }
  await syncDirectory(folder);
}

/** Why a file was refused, for who looks into the folder: beside it, under its name. */
export async function leaveNote(target: string, code: string, detail: string): Promise<void> {
  await writeFileDurably(`${target}${NOTE_SUFFIX}`, `${code}: ${detail}\n`);
}

export const NOTE_SUFFIX = '.reason';

async function freePath(folder: string, name: string): Promise<string> {
  for (let no = 0; ; no++) {
    const target = path.join(folder, no === 0 ? name : `${name}.${no}`);
    if ((await lstat(target).catch(() => null)) === null) return target;
  }
}

/** Onto another file system: the file stays until its copy is durable. */
async function copyAway(filePath: string, target: string): Promise<void> {
  await copyFile(filePath, target, constants.COPYFILE_EXCL);
  const copy = await open(target, 'r+');
  try {
    await copy.sync();
  } finally {
    await copy.close();
  }
  await rm(filePath);
}
