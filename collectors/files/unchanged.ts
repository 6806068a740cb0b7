/**
 * The bytes of a file as it was listed. A network file system may list what a file was a minute ago; opening one asks its
 * server. So it is opened anew before and after.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { readAhead } from '../../platform/log/index.ts';
import type { ListedFile } from './folder.ts';
import type { Patience } from './patience.ts';

/** It is being written to: what was read of it is nothing to keep. */
export class FileChanged extends Error {}

/** Error: FileChanged, at the end too. A file that gave way to another of its name is read as it was. */
export async function* unchanged(file: ListedFile, patience: Patience): AsyncGenerator<Uint8Array> {
  const opening = open(file.filePath, 'r');
  let reading: AsyncGenerator<Uint8Array> | undefined;
  try {
    const handle = await patience.of(() => opening);
    await patience.of(() => requireUnchanged(handle, file));
    reading = readAhead(handle);
    let sizeBytes = 0;
    for (;;) {
      const { done, value } = await patience.of(() => reading!.next());
      if (done === true) break;
      sizeBytes += value.length;
      if (sizeBytes > file.stat.size) throw new FileChanged();
      yield value;
    }
    if (sizeBytes !== file.stat.size) throw new FileChanged();
    await patience.of(() => requireUnchangedAnew(handle, file));
  } finally {
    // Not waited for: what hangs keeps its file open.
    void Promise.resolve(reading?.return(undefined))
      .then(() => opening)
      .then((handle) => handle.close())
      .catch(() => undefined);
  }
}

async function requireUnchanged(handle: FileHandle, { stat }: ListedFile): Promise<void> {
  const now = await handle.stat();
  if (now.size !== stat.size || now.mtimeMs !== stat.mtimeMs) throw new FileChanged();
}

async function requireUnchangedAnew(handle: FileHandle, file: ListedFile): Promise<void> {
  const again = await open(file.filePath, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });
  try {
    const isSame = again !== null && (await again.stat()).ino === (await handle.stat()).ino;
    await requireUnchanged(isSame ? again : handle, file);
  } finally {
    await again?.close();
  }
}
