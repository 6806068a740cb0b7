/** Reading the log, also while a writer in another process appends: up to the entry number the reader was told. */
import path from 'node:path';
import { TollgridError } from '../errors.ts';
import { FileCache } from '../file-cache.ts';
import { chainOf, frameIsSound, HEADER_BYTES, nextChain } from './frame.ts';
import { damaged, newer } from './recovery.ts';
import { readInto, scanFrames, soundFrameFollows, type ScanEnd, type ScannedFrame } from './scan.ts';
import { logStart, readRetained } from './retained.ts';
import {
  archivedSegmentPath,
  listSegments,
  requireFirst,
  segmentOf,
  type LogPosition,
  type Segment,
} from './segments.ts';
import { openStored, type StoredFile } from './stored-file.ts';

/** Bytes read at once: for whole entries, for heads only, and to find one entry. */
const ENTRY_WINDOW_BYTES = 1024 * 1024;
const HEAD_WINDOW_BYTES = 64 * 1024;
const FIND_WINDOW_BYTES = 16 * 1024;
const INDEX_STEP = 32;
/** Each takes the room of a segment on the disk also when that was archived or removed. */
const IDLE_FILES_MAX = 4;
/** Segments whose places are remembered: a reader that walks over a long log forgets the older ones. */
const INDEXED_SEGMENTS_MAX = 16;

/** Tells one log from another: who noted it may rely on what he made of everything up to that entry. */
export interface EntryProof {
  entryNo: number;
  position: LogPosition;
  /** Hexadecimal. */
  chain: string;
  acceptedAtMs: number;
}

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
  readonly #files: FileCache<StoredFile>;
  #head: unknown = undefined;

  constructor(frame: ScannedFrame, segment: Segment, files: FileCache<StoredFile>) {
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
    if (!body) await this.#read(bytes, offset + prefix.length);
    if (!frameIsSound(prefix, bytes)) {
      throw damaged(this.#segment, offset, `the body of entry ${this.entryNo} is not what was written`);
    }
    return bytes;
  }

  /** The whole frame as it stands in the segment, checked. Error: LOG_DAMAGED. */
  async bytes(): Promise<Buffer> {
    return Buffer.concat([this.#frame.prefix, await this.body()]);
  }

  async #read(target: Uint8Array, offset: number): Promise<void> {
    const read = (): Promise<number> => this.#files.use(this.#segment.path, (file) => readInto(file, target, offset));
    try {
      await read();
    } catch (error) {
      // Archived since the head was read.
      const archived = archivedSegmentPath(path.dirname(this.#segment.path), this.#segment.firstNo);
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || this.#segment.archived) throw error;
      Object.assign(this.#segment, { path: archived, archived: true });
      await read();
    }
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
  readonly #files = new FileCache<StoredFile>(openStored, IDLE_FILES_MAX);
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
   * that nobody writes. Errors: LOG_ENTRY_MISSING, LOG_ENTRY_RETIRED, LOG_DAMAGED, LOG_VERSION_UNKNOWN.
   */
  readFrom(entryNo: number, upTo?: number): AsyncGenerator<LogEntry, void> {
    return this.#read(entryNo, upTo, ENTRY_WINDOW_BYTES);
  }

  /** The same, made for a quick look at heads: bodies are skipped, and read from the file when asked for. */
  readHeads(entryNo = 1, upTo?: number): AsyncGenerator<LogEntry, void> {
    return this.#read(entryNo, upTo, HEAD_WINDOW_BYTES);
  }

  /** One entry by its number. Errors: LOG_ENTRY_MISSING, LOG_ENTRY_RETIRED. */
  async entry(entryNo: number): Promise<LogEntry> {
    for await (const entry of this.#read(entryNo, undefined, FIND_WINDOW_BYTES)) return entry;
    throw await this.#missing(entryNo);
  }

  /** The same where its place is known: nothing before it is read. */
  entryAt(entryNo: number, { segment, offset }: LogPosition): Promise<LogEntry> {
    this.#behind = { segment, entryNo, offset };
    return this.entry(entryNo);
  }

  async prove(entryNo: number, position?: LogPosition): Promise<EntryProof> {
    const entry = position === undefined ? await this.entry(entryNo) : await this.entryAt(entryNo, position);
    const chain = Buffer.from(entry.chain).toString('hex');
    return { entryNo, position: entry.position, chain, acceptedAtMs: entry.acceptedAtMs };
  }

  /** Does this log have that entry, and before it the same ones? What is wrong with a log is told where it is read. */
  async holds({ entryNo, position, chain }: EntryProof): Promise<boolean> {
    try {
      return (await this.prove(entryNo, position)).chain === chain;
    } catch (error) {
      if (error instanceof TollgridError) return false;
      throw error;
    }
  }

  /** Entries from one whose place is known, as `readHeads` gives them. */
  readHeadsAt(entryNo: number, { segment, offset }: LogPosition, upTo?: number): AsyncGenerator<LogEntry, void> {
    this.#behind = { segment, entryNo, offset };
    return this.readHeads(entryNo, upTo);
  }

  /**
   * Checks every byte and the chain from the first kept entry up to `upTo`.
   * Returns the last entry's number and chain (hexadecimal): the same pair, noted elsewhere, shows that nothing before it changed.
   */
  async verify(upTo?: number): Promise<{ firstNo: number; headNo: number; chain: string }> {
    const { firstNo, chain: before } = await this.start();
    let headNo = firstNo - 1;
    let chain = before;
    for await (const entry of this.readFrom(firstNo, upTo)) {
      const expected = await entry.chainAfter(chain);
      if (Buffer.compare(expected, entry.chain) !== 0) {
        throw new TollgridError('LOG_DAMAGED', `entry ${entry.entryNo} does not follow from the one before it`, {
          entryNo: entry.entryNo,
        });
      }
      chain = entry.chain;
      headNo = entry.entryNo;
    }
    return { firstNo, headNo, chain: Buffer.from(chain).toString('hex') };
  }

  /** Number of the first entry that is kept; 1 in an empty log. Error: LOG_DAMAGED. */
  async firstNo(): Promise<number> {
    return (await this.start()).firstNo;
  }

  /** The first entry that is kept, and the chain before it. Error: LOG_DAMAGED when the first segment is missing. */
  async start(): Promise<{ firstNo: number; chain: Uint8Array }> {
    this.#segments = await listSegments(this.dir);
    const start = await logStart(this.dir);
    requireFirst(this.dir, this.#segments, start.firstNo);
    return start;
  }

  /** Segments were archived or removed: what is open of them is closed, and is not read any more. */
  async refresh(): Promise<void> {
    this.#segments = await listSegments(this.dir);
    const there = new Set(this.#segments.map(({ path: file }) => file));
    await this.#files.closeIdle((file) => there.has(file));
  }

  async close(): Promise<void> {
    await this.#files.close();
  }

  async *#read(from: number, upTo: number | undefined, windowBytes: number): AsyncGenerator<LogEntry, void> {
    if (upTo !== undefined && upTo < from) return;
    let segment: Segment | undefined = await this.#find(from);
    if (segment === undefined) {
      if ((await this.firstNo()) === from && upTo === undefined) return;
      throw await this.#missing(from);
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
    const file = await this.#open(segment);
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

  /** A segment that was archived since it was listed is read from there. */
  async #open(segment: Segment): Promise<StoredFile> {
    try {
      return await this.#files.acquire(segment.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#segments = await listSegments(this.dir);
      const moved = this.#segments.find(({ firstNo }) => firstNo === segment.firstNo);
      if (moved === undefined || moved.path === segment.path) throw await this.#missing(segment.firstNo);
      Object.assign(segment, moved);
      return this.#files.acquire(segment.path);
    }
  }

  /** A segment may end in the middle of a frame that is being written or was torn; anything else is damage. */
  async #judge(file: StoredFile, segment: Segment, end: ScanEnd): Promise<void> {
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

  async #missing(entryNo: number): Promise<TollgridError> {
    const retained = await readRetained(this.dir);
    if (retained === null || entryNo >= retained.firstNo) {
      return new TollgridError('LOG_ENTRY_MISSING', `the log in ${this.dir} has no entry ${entryNo}`, { entryNo });
    }
    const { firstNo } = retained;
    const when = new Date(retained.removedAtMs).toISOString();
    return new TollgridError(
      'LOG_ENTRY_RETIRED',
      `entry ${entryNo} was removed by retention at ${when}; the first one kept is ${firstNo}`,
      { entryNo, firstNo },
    );
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
    if (places === undefined) {
      this.#index.set(segment.firstNo, (places = []));
      if (this.#index.size > INDEXED_SEGMENTS_MAX) this.#index.delete(this.#index.keys().next().value!);
    }
    const last = places.at(-1)?.entryNo ?? segment.firstNo;
    if (entryNo >= last + INDEX_STEP) places.push({ entryNo, offset });
  }
}
