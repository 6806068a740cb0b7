/** The one writer of the log: numbers entries, and makes whole groups of them durable with one sync. */
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { makeDirectory, syncDirectory, writeAll } from '../durable-file.ts';
import { TollgridError } from '../errors.ts';
import { checkFrame, encodeFrame, ENTRY_BYTES_MAX, type Pins } from './frame.ts';
import type { Appended, LogPort } from './port.ts';
import { detachLastSegment, recoverTail, type Tail } from './recovery.ts';
import { segmentPath } from './segments.ts';

export interface LogWriterOptions {
  /** A segment is closed when the next group would make it longer. */
  segmentBytesMax?: number;
  /** How long the first entry of a group waits for company. */
  groupWaitMs?: number;
  /** A group of that size does not wait. */
  groupBytesMax?: number;
  /** Bytes that may wait for the disk; more are refused with LOG_BUSY. */
  waitingBytesMax?: number;
  /**
   * Called before each write and before it is acknowledged; throws when this process is the owner of the directory no
   * more. Free while that is certain.
   */
  confirm?: () => Promise<void>;
  /** Another process may still have the last segment open: go on in a copy of it. */
  detach?: boolean;
  /** Called after each sync with the number of the last durable entry; must not throw. */
  onDurable?: (headNo: number) => void;
}

interface Waiting {
  entryNo: number;
  pieces: Uint8Array[];
  sizeBytes: number;
  resolve: (appended: Appended) => void;
  reject: (error: unknown) => void;
}

const MIB = 1024 * 1024;
const EMPTY = new Uint8Array(0);

export class LogWriter implements LogPort {
  readonly dir: string;
  /** Bytes of a torn tail that opening has cut. */
  readonly cutBytes: number;
  readonly #options: Required<LogWriterOptions>;
  #file: FileHandle | null = null;
  #segmentNo: number;
  #segmentBytes: number;
  #chain: Uint8Array;
  #headNo: number;
  #lastNo: number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> | null = null;
  #refusal: TollgridError | null = null;

  private constructor(dir: string, tail: Tail, options: LogWriterOptions) {
    this.dir = dir;
    this.cutBytes = tail.cutBytes;
    this.#segmentNo = tail.segment?.firstNo ?? 0;
    this.#segmentBytes = tail.sizeBytes;
    this.#chain = tail.chain;
    this.#headNo = tail.headNo;
    this.#lastNo = tail.headNo;
    this.#options = {
      segmentBytesMax: 128 * MIB,
      groupWaitMs: 1,
      groupBytesMax: MIB,
      waitingBytesMax: ENTRY_BYTES_MAX,
      confirm: async () => {},
      detach: false,
      onDurable: () => {},
      ...options,
    };
  }

  /** Recovers the log in `dir` (made when missing). The caller owns the directory: two writers would destroy it. */
  static async open(dir: string, options: LogWriterOptions = {}): Promise<LogWriter> {
    try {
      await makeDirectory(dir);
      if (options.detach === true) await detachLastSegment(dir);
      const tail = await recoverTail(dir);
      const writer = new LogWriter(dir, tail, options);
      if (tail.segment) writer.#file = await open(tail.segment.path, 'r+');
      return writer;
    } catch (cause) {
      if (cause instanceof TollgridError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TollgridError('LOG_BROKEN', `the log cannot be opened: ${reason}`, { dir }, { cause });
    }
  }

  /** Number of the last durable entry, 0 in an empty log. */
  get headNo(): number {
    return this.#headNo;
  }

  /** Number that the next call of `append` will give. */
  get nextNo(): number {
    return this.#lastNo + 1;
  }

  /** Chain behind the last entry that has a number. */
  get chain(): Uint8Array {
    return this.#chain;
  }

  /** Bytes that were appended and are not durable yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Numbers the entry at once, in the order of calls, and resolves when it is durable. Until then `body` must not change.
   * Errors: LOG_BROKEN, LOG_CLOSED, LOG_BUSY, LOG_ENTRY_TOO_LARGE.
   */
  append(type: number, head: object, body: Uint8Array = EMPTY, pins: Pins): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.#refusal) throw this.#refusal;
      const entryNo = this.#lastNo + 1;
      const fields = { type, entryNo, ...pins };
      const { prefix, chain } = encodeFrame(fields, Buffer.from(JSON.stringify(head)), body, this.#chain);
      const sizeBytes = prefix.length + body.length;
      if (this.#waitingBytes > 0 && this.#waitingBytes + sizeBytes > this.#options.waitingBytesMax) {
        throw new TollgridError('LOG_BUSY', `${this.#waitingBytes} bytes wait for the disk`);
      }
      this.#queue({ entryNo, pieces: [prefix, body], sizeBytes, resolve, reject }, chain);
    });
  }

  /** The next entry as the writer of the same log elsewhere framed it. Errors: LOG_DAMAGED when it does not follow; as `append`. */
  appendFrame(frame: Buffer): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.#refusal) throw this.#refusal;
      const entryNo = this.#lastNo + 1;
      const chain = checkFrame(frame, entryNo, this.#chain);
      this.#queue({ entryNo, pieces: [frame], sizeBytes: frame.length, resolve, reject }, chain);
    });
  }

  #queue(entry: Waiting, chain: Uint8Array): void {
    this.#chain = chain;
    this.#lastNo = entry.entryNo;
    this.#waiting.push(entry);
    this.#waitingBytes += entry.sizeBytes;
    this.#schedule();
  }

  /** Makes durable what waits, then closes. */
  async close(): Promise<void> {
    this.#refusal ??= new TollgridError('LOG_CLOSED', 'the log is closed');
    this.#startFlush();
    await this.#flushing;
    await this.#file?.close();
    this.#file = null;
  }

  #schedule(): void {
    if (this.#flushing) return;
    if (this.#waitingBytes >= this.#options.groupBytesMax || this.#options.groupWaitMs === 0) this.#startFlush();
    else this.#timer ??= setTimeout(() => this.#startFlush(), this.#options.groupWaitMs);
  }

  #startFlush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    // Calls made in the same turn belong to this group also when groups do not wait.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#write(group);
      } catch (error) {
        this.#fail(error, group);
        break;
      }
      this.#options.onDurable(this.#headNo);
    }
    // In the same turn as the look at the queue: whoever appends from here on starts the next flush.
    this.#flushing = null;
  }

  #takeGroup(): Waiting[] {
    let count = 1;
    let bytes = this.#waiting[0].sizeBytes;
    while (count < this.#waiting.length && bytes < this.#options.groupBytesMax)
      bytes += this.#waiting[count++].sizeBytes;
    return this.#waiting.splice(0, count);
  }

  async #write(group: Waiting[]): Promise<void> {
    const sizeBytes = group.reduce((sum, one) => sum + one.sizeBytes, 0);
    await this.#options.confirm();
    if (this.#file && this.#segmentBytes > 0 && this.#segmentBytes + sizeBytes > this.#options.segmentBytesMax) {
      await this.#file.close();
      this.#file = null;
    }
    this.#file ??= await this.#startSegment(group[0].entryNo);
    // One piece: a group is small, and one write is the least that a crash can tear.
    const bytes = Buffer.concat(
      group.flatMap((one) => one.pieces),
      sizeBytes,
    );
    await writeAll(this.#file, bytes, this.#segmentBytes);
    await this.#file.datasync();
    await this.#options.confirm();

    let offset = this.#segmentBytes;
    this.#segmentBytes += sizeBytes;
    this.#waitingBytes -= sizeBytes;
    this.#headNo = group.at(-1)!.entryNo;
    for (const one of group) {
      one.resolve({ entryNo: one.entryNo, position: { segment: this.#segmentNo, offset } });
      offset += one.sizeBytes;
    }
  }

  async #startSegment(firstNo: number): Promise<FileHandle> {
    const path = segmentPath(this.dir, firstNo);
    const file = await open(path, 'wx');
    await syncDirectory(this.dir);
    try {
      // Made after somebody else took over, it would stand in the way; made before, it has been replaced by a copy.
      await this.#options.confirm();
    } catch (error) {
      const [mine, there] = [await file.stat(), await stat(path)];
      await file.close();
      if (mine.ino === there.ino) await rm(path);
      throw error;
    }
    this.#segmentNo = firstNo;
    this.#segmentBytes = 0;
    return file;
  }

  /** A failed write or sync is never tried again: what is on disk is known only by reading it, at the next start. */
  #fail(cause: unknown, group: Waiting[]): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#refusal = new TollgridError('LOG_BROKEN', `writing the log failed: ${reason}`, { dir: this.dir }, { cause });
    for (const one of [...group, ...this.#waiting.splice(0)]) one.reject(this.#refusal);
    this.#waitingBytes = 0;
  }
}
