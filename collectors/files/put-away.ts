/** Where files of a folder go when they are done with: beside what went there before, never over it. */
import { constants, type Stats } from 'node:fs';
import { copyFile, lstat, open, rename, rm, stat as fileStat } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory, writeFileDurably } from '../../platform/durable-file.ts';

/** A file as it was listed. Whatever bears its name by now stays, unless it is that very file. */
export interface Listed {
  filePath: string;
  /** Undefined: whatever bears that name goes. */
  stat: Stats | undefined;
}

/**
 * `name` is one step of a path, as a listing gives it. `before` is told where the file goes. False: it was written to or
 * exchanged since it was listed, and stands where it stood.
 */
export async function putAway(
  file: Listed,
  folder: string,
  name: string,
  before: (target: string) => Promise<void> = () => Promise.resolve(),
): Promise<boolean> {
  if (!(await isUnchanged(file))) return false;
  await makeDirectory(folder);
  const target = await freePath(folder, name);
  await before(target);
  try {
    await rename(file.filePath, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    if (!(await copyAway(file, target))) return false;
  }
  await syncDirectory(folder);
  return true;
}

async function isUnchanged({ filePath, stat }: Listed): Promise<boolean> {
  if (stat === undefined) return true;
  const now = await fileStat(filePath);
  return (['ino', 'size', 'mtimeMs', 'ctimeMs'] as const).every((key) => now[key] === stat[key]);
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
async function copyAway(file: Listed, target: string): Promise<boolean> {
  await copyFile(file.filePath, target, constants.COPYFILE_EXCL);
  const copy = await open(target, 'r+');
  try {
    await copy.sync();
  } finally {
    await copy.close();
  }
  const isSame = await isUnchanged(file);
  await rm(isSame ? file.filePath : target);
  return isSame;
}
