/** A folder that files arrive in: what stands there, and what cannot be read. */
import type { Stats } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { TollgridError } from '../../platform/errors.ts';

export interface ListedFile {
  name: string;
  filePath: string;
  stat: Stats;
}

/**
 * Its files in the order of their names. Error: SOURCE_UNREADABLE. `unreadable`: is told of those whose size and time
 * cannot be had. `alive`: is called as the listing goes on.
 */
export async function listFiles(
  directory: string,
  unreadable = new Unreadable(),
  alive: () => void = () => undefined,
): Promise<ListedFile[]> {
  let names: string[];
  try {
    names = await fs.readdir(directory);
  } catch (cause) {
    throw troubleOf(cause);
  }
  const files: ListedFile[] = [];
  for (const name of names.sort()) {
    const filePath = path.join(directory, name);
    // What vanishes between the two calls was moved by its writer.
    const stat = await unreadable.pass(() => fs.stat(filePath));
    alive();
    if (stat?.isFile()) files.push({ name, filePath, stat });
  }
  return files;
}

/** A file that cannot be read does not keep its neighbours from being taken; it is reported when they are through. */
export class Unreadable {
  private first: TollgridError | null = null;

  async pass<T>(take: () => Promise<T>): Promise<T | null> {
    try {
      return await take();
    } catch (error) {
      // What the intake refuses, it refuses for all of them.
      if (!isFileError(error)) throw error;
      if (error.code !== 'ENOENT') this.first ??= troubleOf(error);
      return null;
    }
  }

  /** Error: SOURCE_UNREADABLE. */
  raise(): void {
    if (this.first !== null) throw this.first;
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && !(error instanceof TollgridError) && 'errno' in error;
}

function troubleOf(cause: unknown): TollgridError {
  return new TollgridError('SOURCE_UNREADABLE', (cause as Error).message, {}, { cause });
}
