/** Reading the log, also while a writer in another process appends: up to the entry number the reader was told. */
import type { FileHandle } from 'node:fs/promises';
import { TollgridError } from '../errors.ts';
import { FileCache } from '../file-cache.ts';
import { CHAIN_START, chainOf, frameIsSound, HEADER_BYTES, nextChain } from './frame.ts';
import { damaged, newer } from './recovery.ts';
import { readInto, scanFrames, soundFrameFollows, type ScanEnd, type ScannedFrame } from './scan.ts';
import { listSegments, segmentOf, type LogPosition, type Segment } from './segments.ts';

/** Bytes read at once: for whole entries, for heads only, and to find one entry. */
const ENTRY_WINDOW_BYTES = 1024 * 1024;
const HEAD_WINDOW_BYTES = 64 * 1024;
const FIND_WINDOW_BYTES = 16 * 1024;
const INDEX_STEP = 32;

/** One entry. The head is parsed when it is first asked for, the body read and checked each time. */
export class LogEntry {
  readonly entryNo: number;
  readonly type: number;
  readonly version: number;
  readonly acceptedAtMs: number;
  readonly registryNo: number;
  readonly semanticsNo: number;
  readonly bodyLength: number;
  readonly position: LogPosition;
  readonly #frame: ScannedFrame;
  readonly #segment: Segment;
  readonly #files: FileCache;
  #head: unknown = undefined;

  constructor(frame: ScannedFrame, segment: Segment, files: FileCache) {
    const { header } = frame;
    this.entryNo = header.entryNo;
    this.type = header.type;
    this.version = header.version;
    this.acceptedAtMs = header.acceptedAtMs;
    this.registryNo = header.registryNo;
    this.semanticsNo = header.semanticsNo;
    this.bodyLength = header.bodyLength;
    this.position = { segment: segment.firstNo, offset: frame.offset };
    this.#frame = frame;
    this.#segment = segment;
    this.#files = files;
  }

  get head(): unknown {
    return (this.#head ??= JSON.parse(this.#frame.prefix.toString('utf8', HEADER_BYTES)));
  }

  /** A copy with a buffer of its own, which may be transferred. Error: LOG_DAMAGED. */
  async body(): Promise<Uint8Array> {
    const { prefix, offset, body } = this.#frame;
    const bytes = body ? Uint8Array.from(body) : new Uint8Array(this.bodyLength);
    if (!body) await this.#files.use(this.#segment.path, (file) => readInto(file, bytes, offset + prefix.length));
    if (!frameIsSound(prefix, bytes)) {
      throw damaged(this.#segment, offset, `the body of entry ${this.entryNo} is not what was written`);
    }
    return bytes;
  }

  /** The whole frame as it stands in the segment, checked. Error: LOG_DAMAGED. */
  async bytes(): Promise<Buffer> {
    return Buffer.concat([this.#frame.prefix, await this.body()]);
  }

  /** The chain as it stands in the entry. */
  get chain(): Uint8Array {
    return chainOf(this.#frame.prefix);
  }

  /** The chain as it has to be after an entry with chain `previous`. */
  async chainAfter(previous: Uint8Array): Promise<Uint8Array> {
    return nextChain(previous, this.#frame.prefix, await this.body());
  }
}

interface Place {
  entryNo: number;
  offset: number;
}

export class LogReader {
  readonly dir: string;
  readonly #files = new FileCache();
  #segments: Segment[] = [];
  /** By segment: places of some entries, ascending, so that one entry is found without reading the whole segment. */
  readonly #index = new Map<number, Place[]>();
  /** Just behind the last entry that was given: who asks for one after the other need not search. */
  #behind: Place & { segment: number } = { segment: 0, entryNo: 0, offset: 0 };

  constructor(dir: string) {
    this.dir = dir;
  }

  /**
   * Entries from `entryNo` to `upTo` (both included), in order. Without `upTo` up to the last whole one: for a log
   * that nobody writes. Errors: LOG_ENTRY_MISSING, LOG_DAMAGED, LOG_VERSION_UNKNOWN.
   */
  readFrom(entryNo: number, upTo?: number): AsyncGenerator<LogEntry, void> {
    return this.#read(entryNo, upTo, ENTRY_WINDOW_BYTES);
  }

  /** The same, made for a quick look at heads: bodies are skipped, and read from the file when asked for. */
  readHeads(entryNo = 1, upTo?: number): AsyncGenerator<LogEntry, void> {
    return this.#read(entryNo, upTo, HEAD_WINDOW_BYTES);
  }

  /** One entry by its number. Error: LOG_ENTRY_MISSING. */
  async entry(entryNo: number): Promise<LogEntry> {
    for await (const entry of this.#read(entryNo, undefined, FIND_WINDOW_BYTES)) return entry;
    throw missing(entryNo, this.dir);
  }

  /**
   * Checks every byte and the chain from the first kept entry up to `upTo`.
   * Returns the last entry's number and chain (hexadecimal): the same pair, noted elsewhere, shows that nothing before it changed.
   */
  async verify(upTo?: number): Promise<{ firstNo: number; headNo: number; chain: string }> {
    const firstNo = await this.firstNo();
    let headNo = firstNo - 1;
    let chain: Uint8Array | null = firstNo === 1 ? CHAIN_START : null;
    for await (const entry of this.readFrom(firstNo, upTo)) {
      const expected = chain && (await entry.chainAfter(chain));
      if (expected === null) await entry.body();
      else if (Buffer.compare(expected, entry.chain) !== 0) {
        throw new TollgridError('LOG_DAMAGED', `entry ${entry.entryNo} does not follow from the one before it`, {
          entryNo: entry.entryNo,
        });
      }
      chain = entry.chain;
      headNo = entry.entryNo;
    }
    return { firstNo, headNo, chain: Buffer.from(chain ?? CHAIN_START).toString('hex') };
  }

  /** Number of the first entry that is kept; 1 in an empty log. */
  async firstNo(): Promise<number> {
    this.#segments = await listSegments(this.dir);
    return this.#segments[0]?.firstNo ?? 1;
  }

  async close(): Promise<void> {
    await this.#files.close();
  }

  async *#read(from: number, upTo: number | undefined, windowBytes: number): AsyncGenerator<LogEntry, void> {
    if (upTo !== undefined && upTo < from) return;
    let segment: Segment | undefined = await this.#find(from);
    if (segment === undefined) {
      if ((await this.firstNo()) === from && upTo === undefined) return;
      throw missing(from, this.dir);
    }
    while (segment !== undefined) {
      const end: ScanEnd | null = yield* this.#readSegment(segment, from, upTo, windowBytes);
      if (end === null) return;
      const next = await this.#nextSegment(segment);
      if (next !== undefined && next.firstNo !== end.nextNo) {
        throw damaged(
          segment,
          end.offset,
          `entry ${end.nextNo} is not here and the next segment starts with another one`,
        );
      }
      if (next === undefined && upTo !== undefined) {
        throw damaged(segment, end.offset, `entry ${end.nextNo} cannot be read and entry ${upTo} was written`);
      }
      segment = next;
    }
  }

  /** Yields a segment's entries from `from` on; null when `upTo` was reached, otherwise where the segment ends. */
  async *#readSegment(
    segment: Segment,
    from: number,
    upTo: number | undefined,
    windowBytes: number,
  ): AsyncGenerator<LogEntry, ScanEnd | null> {
    const file = await this.#files.acquire(segment.path);
    try {
      const frames = scanFrames(file, { ...this.#placeBefore(segment, from), windowBytes, checkBodies: false });
      for (;;) {
        const step = await frames.next();
        if (step.done) {
          await this.#judge(file, segment, step.value);
          return step.value;
        }
        const { offset, header } = step.value;
        const { entryNo } = header;
        this.#remember(segment, entryNo, offset);
        this.#behind = { segment: segment.firstNo, entryNo: entryNo + 1, offset: offset + header.totalLength };
        if (entryNo >= from) yield new LogEntry(step.value, segment, this.#files);
        if (entryNo === upTo) return null;
      }
    } finally {
      await this.#files.release(segment.path);
    }
  }

  /** A segment may end in the middle of a frame that is being written or was torn; anything else is damage. */
  async #judge(file: FileHandle, segment: Segment, end: ScanEnd): Promise<void> {
    if (end.reason === 'newer') throw newer(segment, end);
    if (end.reason !== 'end' && (await soundFrameFollows(file, end.offset, end.nextNo - 1))) {
      throw damaged(segment, end.offset, `entry ${end.nextNo} cannot be read although later ones can`);
    }
  }

  /** A segment made since the last listing is found by walking on from the last one known. */
  async #find(entryNo: number): Promise<Segment | undefined> {
    const known = segmentOf(this.#segments, entryNo);
    if (known !== undefined) return known;
    this.#segments = await listSegments(this.dir);
    return segmentOf(this.#segments, entryNo);
  }

  async #nextSegment(segment: Segment): Promise<Segment | undefined> {
    const after = () => this.#segments.find((one) => one.firstNo > segment.firstNo);
    if (after() === undefined) this.#segments = await listSegments(this.dir);
    return after();
  }

  #placeBefore(segment: Segment, entryNo: number): Place {
    if (this.#behind.entryNo === entryNo && this.#behind.segment === segment.firstNo) return this.#behind;
    const places = this.#index.get(segment.firstNo);
    const start = { entryNo: segment.firstNo, offset: 0 };
    if (places === undefined) return start;
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (places[middle].entryNo <= entryNo) low = middle + 1;
      else high = middle;
    }
    return places[low - 1] ?? start;
  }

  #remember(segment: Segment, entryNo: number, offset: number): void {
    let places = this.#index.get(segment.firstNo);
    if (places === undefined) this.#index.set(segment.firstNo, (places = []));
    const last = places.at(-1)?.entryNo ?? segment.firstNo;
    if (entryNo >= last + INDEX_STEP) places.push({ entryNo, offset });
  }
}

function missing(entryNo: number, dir: string): TollgridError {
  return new TollgridError('LOG_ENTRY_MISSING', `the log in ${dir} has no entry ${entryNo}`, { entryNo });
}
