/** Received files, each kept once under the SHA-256 of its content. No name from outside becomes a path. */
import { createHash, randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory, writeAll } from '../durable-file.ts';
import { TollgridError } from '../errors.ts';
import { FileCache } from '../file-cache.ts';
import { readInto } from './scan.ts';
import { ARCHIVE_SUFFIX } from './archive-file.ts';
import { ARCHIVE_FOLDER, archivedBlobPath, openStored, type StoredFile } from './stored-file.ts';

export interface Blob {
  sha256: string;
  sizeBytes: number;
}

/** Written bytes are synced as they come, so that the last sync before the answer is a short one. */
const SYNC_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
/** A file of that age is taken for the copy of the same bytes. */
const REUSED_MS = 3_600_000;
const SHA256_LENGTH = 64;
const SHA256 = /^[0-9a-f]{64}$/;

export class Spool {
  readonly dir: string;
  readonly #files = new FileCache<StoredFile>(openStored);

  private constructor(dir: string) {
    this.dir = dir;
  }

  /**
   * `owner`: this process owns the data directory; what an ended process left half copied is removed.
   * Others only read.
   */
  static async open(dir: string, { owner = true }: { owner?: boolean } = {}): Promise<Spool> {
    const spool = new Spool(dir);
    if (owner) {
      await rm(spool.#temporaryDir, { recursive: true, force: true });
      await makeDirectory(spool.#temporaryDir);
    }
    return spool;
  }

  get #temporaryDir(): string {
    return path.join(this.dir, 'tmp');
  }

  /**
   * Copies a file or a stream in and resolves when it is durable under its hash; the same content twice is kept once.
   * Error: SPOOL_WRITE_FAILED. What reading the source throws is passed on.
   */
  async add(source: AsyncIterable<Uint8Array> | string): Promise<Blob> {
    const chunks = typeof source === 'string' ? readAhead(source) : source;
    const temporary = path.join(this.#temporaryDir, randomUUID());
    try {
      const blob = await this.#copy(chunks, temporary);
      await guard(() => this.#keep(temporary, blob));
      return blob;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async #copy(chunks: AsyncIterable<Uint8Array>, temporary: string): Promise<Blob> {
    const digest = createHash('sha256');
    let sizeBytes = 0;
    let unsyncedBytes = 0;
    let writing: Promise<void> = Promise.resolve();
    let syncing: Promise<void> = Promise.resolve();
    const file = await guard(() => open(temporary, 'wx'));
    try {
      for await (const chunk of chunks) {
        // Written by another thread while this one hashes, the next chunk too.
        const before = writing;
        writing = before.then(() => guard(() => writeAll(file, chunk, null)));
        writing.catch(() => undefined);
        digest.update(chunk);
        await before;
        sizeBytes += chunk.length;
        unsyncedBytes += chunk.length;
        if (unsyncedBytes >= SYNC_BYTES) {
          // One sync at a time, while the next bytes are read and hashed.
          await syncing;
          syncing = guard(() => file.datasync());
          syncing.catch(() => undefined);
          unsyncedBytes = 0;
        }
      }
      await writing;
      await syncing;
      await guard(() => file.sync());
    } finally {
      await writing.catch(() => undefined);
      await file.close();
    }
    return { sha256: digest.digest('hex'), sizeBytes };
  }

  async #keep(temporary: string, { sha256, sizeBytes }: Blob): Promise<void> {
    const target = this.path(sha256);
    const there = await stat(target).catch(() => null);
    // An old one is replaced: retention may be about to remove it, and takes a fresh one for wanted.
    if (there?.size === sizeBytes && Date.now() - there.mtimeMs < REUSED_MS) return rm(temporary);
    await makeDirectory(path.dirname(target));
    await rename(temporary, target);
    await syncDirectory(path.dirname(target));
  }

  /**
   * A run of a blob that was received elsewhere; durable when it resolves. The blob is whole when all its runs came.
   * Error: SPOOL_WRITE_FAILED.
   */
  async put(sha256: string, offset: number, bytes: Uint8Array): Promise<void> {
    const target = this.path(sha256);
    await guard(async () => {
      await makeDirectory(path.dirname(target));
      const isNew = !existsSync(target);
      const file = await open(target, constants.O_RDWR | constants.O_CREAT, 0o600);
      try {
        await writeAll(file, bytes, offset);
        await file.datasync();
      } finally {
        await file.close();
      }
      if (isNew) await syncDirectory(path.dirname(target));
    });
  }

  has(sha256: string): boolean {
    return existsSync(this.path(sha256)) || existsSync(archivedBlobPath(this.dir, sha256));
  }

  /** Where the blob can be read (see `openStored`): its own place, or the archive. Error: SPOOL_BLOB_MISSING. */
  locate(sha256: string): string {
    const plain = this.path(sha256);
    const archived = archivedBlobPath(this.dir, sha256);
    return !existsSync(plain) && existsSync(archived) ? archived : plain;
  }

  /** Bytes of a blob's content as its file stands there now; null when it is missing. */
  async sizeOf(sha256: string): Promise<number | null> {
    try {
      return (await stat(this.path(sha256))).size;
    } catch {
      const archived = await openStored(archivedBlobPath(this.dir, sha256)).catch(() => null);
      if (archived === null) return null;
      const { size } = await archived.stat();
      await archived.close();
      return size;
    }
  }

  /** Names of all blobs, plain and archived, in order. */
  async blobs(): Promise<string[]> {
    const found = new Set<string>();
    for (const [folder, suffix] of [
      [this.dir, ''],
      [path.join(this.dir, ARCHIVE_FOLDER), ARCHIVE_SUFFIX],
    ] as const) {
      for (const two of await readdir(folder).catch(() => [])) {
        if (!/^[0-9a-f]{2}$/.test(two)) continue;
        for (const name of await readdir(path.join(folder, two))) {
          const blob = name.slice(0, SHA256_LENGTH);
          if (SHA256.test(blob) && name === blob + suffix) found.add(blob);
        }
      }
    }
    return [...found].sort();
  }

  /** Where a blob is. Error: SPOOL_BLOB_MISSING when that is no SHA-256. */
  path(sha256: string): string {
    if (!SHA256.test(sha256))
      throw new TollgridError('SPOOL_BLOB_MISSING', 'that is not the name of a file in the spool');
    return path.join(this.dir, sha256.slice(0, 2), sha256);
  }

  /**
   * Bytes [offset, offset + length) of a blob, into `target` (which may be shared memory) when given.
   * Errors: SPOOL_BLOB_MISSING, SPOOL_DAMAGED when it is shorter.
   */
  async read(sha256: string, offset: number, length: number, target?: Uint8Array): Promise<Uint8Array> {
    const bytes = target ? target.subarray(0, length) : new Uint8Array(length);
    const filled = await this.#use(sha256, (file) => readInto(file, bytes, offset));
    if (filled < length || bytes.length < length) {
      throw new TollgridError(
        'SPOOL_DAMAGED',
        `${this.path(sha256)} gives ${filled} bytes at ${offset} instead of ${length}`,
      );
    }
    return bytes;
  }

  /** Do the bytes still give the name? Error: SPOOL_BLOB_MISSING. */
  async isSound(sha256: string): Promise<boolean> {
    const digest = createHash('sha256');
    await this.#use(sha256, async (file) => {
      const chunk = new Uint8Array(READ_BYTES);
      for (let offset = 0, filled = 1; filled > 0; offset += filled) {
        filled = await readInto(file, chunk, offset);
        digest.update(chunk.subarray(0, filled));
      }
    });
    return digest.digest('hex') === sha256;
  }

  async #use<R>(sha256: string, work: (file: StoredFile) => Promise<R>): Promise<R> {
    const gone = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === 'ENOENT';
    try {
      const plain = this.path(sha256);
      return await this.#files.use(plain, work).catch((cause: unknown) => {
        if (!gone(cause)) throw cause;
        return this.#files.use(archivedBlobPath(this.dir, sha256), work);
      });
    } catch (cause) {
      if (!gone(cause)) throw cause;
      throw new TollgridError('SPOOL_BLOB_MISSING', `the spool in ${this.dir} has no ${sha256}`, { sha256 }, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#files.close();
  }
}

/**
 * The bytes of a file through three buffers, one being read, one used, one perhaps still written: fresh memory for each
 * chunk would cost more than reading it. A chunk holds until the one behind the next is asked for. A file that is open
 * already stays open.
 */
export async function* readAhead(from: string | FileHandle): AsyncGenerator<Uint8Array> {
  const file = typeof from === 'string' ? await open(from, 'r') : from;
  const buffers = Array.from({ length: 3 }, () => Buffer.allocUnsafeSlow(READ_BYTES));
  let reading = file.read(buffers[0], 0, READ_BYTES, 0);
  try {
    for (let turn = 0, offset = 0; ; turn = (turn + 1) % buffers.length) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      offset += bytesRead;
      reading = file.read(buffers[(turn + 1) % buffers.length], 0, READ_BYTES, offset);
      // Awaited above; without this a failure would count as unhandled when the consumer stops before.
      reading.catch(() => undefined);
      yield buffers[turn].subarray(0, bytesRead);
    }
  } finally {
    await reading.catch(() => undefined);
    if (file !== from) await file.close();
  }
}

/** Runs a step of writing and says so when it fails. A failed sync is not tried again: the copy starts anew. */
async function guard<R>(step: () => Promise<R>): Promise<R> {
  try {
    return await step();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TollgridError('SPOOL_WRITE_FAILED', `writing to the spool failed: ${reason}`, {}, { cause });
  }
}
