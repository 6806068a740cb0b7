/** Files that are whole or not there after a power cut, and a journal that loses at most what was never confirmed. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { TollgridError } from './errors.ts';

/** Makes creations, renames and removals inside `dir` durable. */
export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it, durably. Step by step: where nothing can be made, Node's own recursion may never end. */
export async function makeDirectory(dir: string): Promise<void> {
  const parent = path.dirname(dir);
  if (await isDirectory(dir)) return syncIfAllowed(parent);
  if (parent !== dir) await makeDirectory(parent);
  try {
    await mkdir(dir);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!(await isDirectory(dir))) throw error;
  }
  await syncDirectory(parent);
}

/** A folder may be there from a process that was killed before it made the name durable; others' folders are theirs. */
async function syncIfAllowed(dir: string): Promise<void> {
  try {
    await syncDirectory(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
  }
}

async function isDirectory(dir: string): Promise<boolean> {
  const found = await stat(dir).catch(() => null);
  return found?.isDirectory() ?? false;
}

/** Writes the whole of `bytes` at `position`. A write may take only a part, for example when the disk fills. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(
      bytes,
      done,
      bytes.length - done,
      position === null ? null : position + done,
    );
    done += bytesWritten;
  }
}

/** Replaces a file by `content`: afterwards, and after a power cut, it holds the old content or the new, whole. */
export async function writeFileDurably(file: string, content: Uint8Array | string): Promise<void> {
  const dir = path.dirname(file);
  const temporary = path.join(dir, `.${path.basename(file)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await writeAll(handle, typeof content === 'string' ? Buffer.from(content) : content, null);
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

/**
 * An append-only file of JSON lines, each behind the CRC-32 of its bytes: `1a2b3c4d {"a":1}`.
 * A torn last line is cut when the file is opened; a damaged line with whole ones behind it is JOURNAL_DAMAGED.
 */
export class AppendJournal<T> {
  readonly path: string;
  readonly #file: FileHandle;
  #size: number;
  #waiting: { line: string; done: () => void; failed: (error: unknown) => void }[] = [];
  #running: Promise<void> | null = null;
  #broken: Error | null = null;

  private constructor(file: string, handle: FileHandle, size: number) {
    this.path = file;
    this.#file = handle;
    this.#size = size;
  }

  /** Opens or creates the file; `each` is given every entry that stands in it, in order. */
  static async open<T>(file: string, each: (entry: T) => void = () => {}): Promise<AppendJournal<T>> {
    await makeDirectory(path.dirname(file));
    const handle = await open(file, 'a+');
    try {
      const sound = readLines<T>(file, await readFile(file), each);
      if (sound < (await handle.stat()).size) await handle.truncate(sound);
      await handle.sync();
      await syncDirectory(path.dirname(file));
      return new AppendJournal<T>(file, handle, sound);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Puts a file with these entries in the place of what is there, whole, and opens it. */
  static async replace<T>(file: string, entries: Iterable<T>): Promise<AppendJournal<T>> {
    const lines = [...entries].map((entry) => lineOf(JSON.stringify(entry)));
    await writeFileDurably(file, lines.join(''));
    return AppendJournal.open<T>(file);
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** Resolves when the entry is durable. After a failed write or sync the journal takes nothing more. */
  append(entry: T): Promise<void> {
    const json = JSON.stringify(entry);
    return new Promise((done, failed) => {
      this.#waiting.push({ line: lineOf(json), done, failed });
      this.#running ??= this.#run();
    });
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#file.close();
  }

  async #run(): Promise<void> {
    // Entries that came while the last sync ran share the next one.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#broken !== null) throw this.#broken;
        const bytes = Buffer.from(group.map((one) => one.line).join(''));
        await writeAll(this.#file, bytes, null);
        await this.#file.datasync();
        this.#size += bytes.length;
        for (const one of group) one.done();
      } catch (error) {
        // Never synced again: after a failed sync the kernel may call lost pages clean.
        this.#broken = error as Error;
        for (const one of group) one.failed(error);
      }
    }
    this.#running = null;
  }
}

/** Calls `each` for every sound line; returns where the last one ends. */
function readLines<T>(file: string, bytes: Buffer, each: (entry: T) => void): number {
  let sound = 0;
  let lineNo = 0;
  while (sound < bytes.length) {
    lineNo += 1;
    const end = soundLineEnd(bytes, sound);
    if (end === 0) {
      // Looked for at every byte, not only behind line feeds: the damage may be to one of these.
      for (let at = sound + 1; at < bytes.length; at++) {
        if (soundLineEnd(bytes, at) === 0) continue;
        const message = `line ${lineNo} of ${file} is damaged and there are whole ones behind it`;
        throw new TollgridError('JOURNAL_DAMAGED', message, { file, line: lineNo });
      }
      break;
    }
    each(JSON.parse(bytes.toString('utf8', sound + 9, end - 1)) as T);
    sound = end;
  }
  return sound;
}

/** Where the line that starts at `start` ends, behind its line feed; 0 when there is no sound one. */
function soundLineEnd(bytes: Buffer, start: number): number {
  if (bytes[start + 8] !== 0x20) return 0;
  const newline = bytes.indexOf(10, start + 9);
  if (newline < 0) return 0;
  const given = bytes.toString('latin1', start, start + 8);
  return given === checksum(bytes.subarray(start + 9, newline)) ? newline + 1 : 0;
}

function lineOf(json: string): string {
  return `${checksum(Buffer.from(json))} ${json}\n`;
}

function checksum(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
