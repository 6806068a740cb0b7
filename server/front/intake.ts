/**
 * The way into the log. Everything that can change the ledger is appended here, with its pins; bytes of files go to
 * the spool first. Files are admitted a few slices ahead of what is processed, so that pushed usage never waits
 * behind a file.
 */
import type { FileIntake, GrowingFile, KnownFile, SourceOfFiles } from '../../collectors/files/index.ts';
import type { CompiledFormat } from '../../mediation/formats/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { TollgridError } from '../../platform/errors.ts';
import { readAhead, type Appended, type LogPort, type Spool } from '../../platform/log/index.ts';
import { packingOf, USUAL_LIMITS, type PackedLimits } from '../../platform/packed/index.ts';
import {
  EntryType,
  isPackedHold,
  SEMANTICS_NO,
  type CommandHead,
  type EntryTypeNo,
  type FileHead,
  type SliceHead,
} from '../../schemas/log-entries.ts';
import { cutSlice } from './cut-slice.ts';
import { BatchIntake } from './batch-intake.ts';
import { sha256, single } from './bytes.ts';
import type { DiskReserve } from './disk-reserve.ts';
import { duplicateHead, plainHead, receivedHead, type ReceivedFile } from './file-reception.ts';
import { knownFile, type EntryFacts, type LogState } from './log-state.ts';
import { PackedFiles } from './packed-files.ts';
import { Turns } from './turns.ts';

/** Enough of the last records to tell a file by: they hold times and numbers. */
const TAIL_BYTES = 256;

export interface IntakeParts {
  log: LogPort;
  spool: Spool;
  state: LogState;
  clock: Clock;
  /** Absent: no room is kept free. */
  disk?: DiskReserve;
  format(name: string): CompiledFormat;
  /** Of an entry in the log. Error: LOG_ENTRY_RETIRED. */
  body(entryNo: number): Promise<Uint8Array>;
  /** Resolves when at most `slicesAheadMax` entries after `entryNo` wait for the rater. */
  waitForRoom(entryNo: number): Promise<void>;
  onAppended(entry: EntryFacts & { bodyBytes: number }): void;
  /** Throws when such an entry is not for the log of this process. */
  refuse?(type: EntryTypeNo, head: object): void;
  sliceBytesMax: number;
  /** Absent: as usual. */
  packedLimits?: PackedLimits;
  /** Entries that may wait for the rater before pushed usage is refused. */
  pushedEntriesMax: number;
  inFlightEntries(): number;
  /** Resolves when fewer than `pushedEntriesMax` entries wait for the rater. */
  waitForPushed(): Promise<void>;
}

export interface AdmittedFile {
  fileEntry: number;
  lastEntry: number;
  slices: number;
  sizeBytes: number;
  duplicateOf?: number;
  /** Why nothing of it is admitted for now. */
  held?: NonNullable<FileHead['held']>;
  /** Of a packed file: the files in it. */
  members?: (AdmittedFile & { name: string })[];
}

export class Intake implements FileIntake {
  private readonly parts: IntakeParts;
  private stopping = false;
  /** Why nothing is taken any more, until the next start. */
  failure: string | null = null;
  private halted: TollgridError | null = null;
  /** Last reference entry that was given a number. */
  private registryNo: number;
  readonly batches: BatchIntake;
  /** Files whose slices are being admitted. */
  private readonly admitting = new Map<number, Promise<void>>();
  private readonly turns = new Turns();
  private readonly packed: PackedFiles;

  constructor(parts: IntakeParts) {
    this.parts = parts;
    this.packed = new PackedFiles({
      ...{ state: parts.state, spool: parts.spool, limits: parts.packedLimits ?? USUAL_LIMITS },
      enterHeld: (file, held) => this.enterHeld(file, held),
      admit: (facts, content) => this.admitPlain(facts, content),
      admitSlices: (fileEntry) => this.admitSlices(fileEntry),
    });
    this.batches = new BatchIntake(parts, (head, body) => this.append(EntryType.batch, head, body));
    this.registryNo = parts.state.registryNo;
  }

  get sliceBytesMax(): number {
    return this.parts.sliceBytesMax;
  }

  stop(): void {
    this.stopping = true;
  }

  /** Nothing is appended any more, for that reason: somebody else goes on with this log. */
  halt(reason: TollgridError): void {
    this.halted = reason;
    this.failure = `${reason.code}: ${reason.message}`;
  }

  /** Appends one entry and folds it into the state when it is durable. */
  async append(type: EntryTypeNo, head: object, body?: Uint8Array): Promise<Appended> {
    if (this.halted !== null) throw this.halted;
    this.parts.refuse?.(type, head);
    const { log, state, clock } = this.parts;
    const pins = { acceptedAtMs: clock.now(), registryNo: this.registryNo, semanticsNo: SEMANTICS_NO };
    const entryNo = log.nextNo;
    const appending = log.append(type, head, body, pins);
    // A refused entry has no number; one that has it counts for what follows it, durable yet or not.
    const numbered = log.nextNo > entryNo;
    if (numbered && (type === EntryType.registry || type === EntryType.publication)) this.registryNo = entryNo;
    const appended = await appending.catch((error: TollgridError) => {
      if (error.code === 'LOG_BROKEN' || error.code === 'LOG_FENCED') this.failure = `${error.code}: ${error.message}`;
      throw error;
    });
    const entry = { ...appended, type, acceptedAtMs: pins.acceptedAtMs, head };
    state.apply(entry);
    this.parts.onAppended({ ...entry, bodyBytes: body?.length ?? 0 });
    return appended;
  }

  async command(head: CommandHead): Promise<number> {
    return (await this.append(EntryType.command, head)).entryNo;
  }

  format(name: string): CompiledFormat {
    return this.parts.format(name);
  }

  knownClosed(source: string, name: string, sizeBytes: number, modifiedMs: number): KnownFile | undefined {
    return this.parts.state.knownClosed(source, name, sizeBytes, modifiedMs);
  }

  async admitClosed(
    source: SourceOfFiles,
    name: string,
    content: string | AsyncIterable<Uint8Array>,
    modifiedMs: number,
  ): Promise<KnownFile> {
    const facts = { source: source.name, format: source.format, name, modifiedMs };
    const { fileEntry, held = null, members } = await this.admitFile(facts, content);
    const known = knownFile(this.parts.state.files.get(fileEntry)!.head);
    return members === undefined ? known : { ...known, held };
  }

  whileRoom(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    return this.parts.disk?.guard(content) ?? content;
  }

  /**
   * Spools a file or stream and admits its slices, unless its check holds it; of a packed one, those of the files in it. The
   * format must exist before anything is kept.
   */
  async admitFile(
    facts: Omit<ReceivedFile, 'sha256' | 'sizeBytes' | 'packed'>,
    content: string | AsyncIterable<Uint8Array>,
  ): Promise<AdmittedFile> {
    this.parts.format(facts.format);
    const bytes = typeof content === 'string' ? readAhead(content) : content;
    if (packingOf(facts.name) === null) return this.admitPlain(facts, bytes);
    return this.packed.admit(facts, await this.parts.spool.add(this.whileRoom(bytes)));
  }

  /** Goes on with packed files that a stop interrupted. */
  async finishPacked(): Promise<void> {
    for (const { facts, blob } of this.packed.interrupted()) await this.packed.admit(facts, blob);
  }

  private async enterHeld(file: ReceivedFile, held: NonNullable<FileHead['held']>): Promise<number> {
    return (await this.append(EntryType.file, { ...plainHead(file), held })).entryNo;
  }

  private async admitPlain(
    facts: Omit<ReceivedFile, 'sha256' | 'sizeBytes'>,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<AdmittedFile> {
    const file = { ...facts, ...(await this.parts.spool.add(this.whileRoom(bytes))) };
    const entryNo = (await this.enterFile(file)) ?? (await this.enterDuplicate(file));
    const entered = this.parts.state.files.get(entryNo)!;
    if (entered.state === 'admitted') await this.admitSlices(entryNo);
    const { held, duplicateOf } = entered.head;
    return {
      fileEntry: entryNo,
      lastEntry: entered.lastEntry,
      slices: entered.slices,
      sizeBytes: file.sizeBytes,
      ...(duplicateOf !== undefined && { duplicateOf }),
      ...(held !== undefined && { held }),
    };
  }

  /** Null when its bytes were received before. One after the other: the same file may come twice at the same moment. */
  private enterFile(file: ReceivedFile): Promise<number | null> {
    return this.turns.take(`source ${file.source}`, () =>
      this.turns.take(`bytes ${file.sha256} ${file.format}`, async () => {
        if (this.parts.state.sameBytes(file.sha256, file.format) !== undefined) return null;
        const head = await receivedHead(this.parts, file);
        return (await this.append(EntryType.file, head)).entryNo;
      }),
    );
  }

  private async enterDuplicate(file: ReceivedFile): Promise<number> {
    const original = this.parts.state.files.get(this.parts.state.sameBytes(file.sha256, file.format)!)!;
    // A file's records count as duplicates once, and all of them: the first one has to be in the log to its end.
    if (original.state === 'admitted') await this.admitSlices(original.fileEntry);
    return (await this.append(EntryType.file, duplicateHead(file, original))).entryNo;
  }

  /** Its slices follow: see `admitSlices`. Errors: NOT_FOUND, FILE_NOT_HELD, FILE_NOT_RELEASABLE. */
  releaseFile(fileEntry: number, by: string, reason?: string): Promise<number> {
    const held = this.parts.state.files.get(fileEntry)?.head.held;
    if (held !== undefined && isPackedHold(held.code)) {
      const message = `The file of entry ${fileEntry} is packed and cannot be unpacked: there is nothing to admit.`;
      return Promise.reject(new TollgridError('FILE_NOT_RELEASABLE', message, { file: fileEntry, held: held.code }));
    }
    const input = { file: fileEntry, ...(reason !== undefined && { reason }) };
    return this.decide(fileEntry, { command: 'releaseFile', by, input });
  }

  /** Errors: NOT_FOUND, FILE_NOT_HELD. */
  rejectFile(fileEntry: number, by: string, reason: string): Promise<number> {
    return this.decide(fileEntry, { command: 'rejectFile', by, input: { file: fileEntry, reason } });
  }

  /** In turn with files of the same source: one of them may be taking its place. */
  private async decide(fileEntry: number, head: CommandHead): Promise<number> {
    const file = this.parts.state.files.get(fileEntry);
    if (file === undefined) throw new TollgridError('NOT_FOUND', `Entry ${fileEntry} is no file.`);
    return this.turns.take(`source ${file.head.source}`, () => {
      if (file.state === 'held') return this.command(head);
      throw new TollgridError('FILE_NOT_HELD', `The file of entry ${fileEntry} is not held: it is ${file.state}.`, {
        file: fileEntry,
        state: file.state,
      });
    });
  }

  /** Admits what is left of a closed file, also after a stop in the middle. */
  admitSlices(fileEntry: number): Promise<void> {
    let admitted = this.admitting.get(fileEntry);
    if (admitted === undefined) {
      admitted = this.admitRest(fileEntry).finally(() => this.admitting.delete(fileEntry));
      this.admitting.set(fileEntry, admitted);
    }
    return admitted;
  }

  private async admitRest(fileEntry: number): Promise<void> {
    const file = this.parts.state.files.get(fileEntry)!;
    const { sha256: blob, sizeBytes, format: formatName, source } = file.head;
    const format = this.parts.format(formatName);
    let window: Buffer | undefined;
    while (!file.complete) {
      if (this.stopping)
        throw new TollgridError('STOPPING', 'Tollgrid is stopping; the rest of the file follows later.');
      await this.parts.disk?.room();
      await this.parts.waitForRoom(file.lastEntry);
      const offset = file.offset;
      const lengthBytes = Math.min(this.parts.sliceBytesMax, sizeBytes! - offset);
      window ??= Buffer.allocUnsafeSlow(Math.min(this.parts.sliceBytesMax, sizeBytes!));
      const bytes = await this.parts.spool.read(blob!, offset, lengthBytes, window);
      const { end, recordsMax } = cutSlice(format, bytes, offset + lengthBytes === sizeBytes, offset === 0);
      const head: SliceHead = {
        source,
        format: formatName,
        fileEntry,
        blob: blob!,
        blobOffset: offset,
        sourceOffset: offset,
        lengthBytes: end,
        recordsMax,
        first: offset === 0,
        last: offset + end === sizeBytes,
      };
      await this.append(EntryType.slice, head);
    }
  }

  growingFiles(source: string): GrowingFile[] {
    return this.parts.state.growing(source);
  }

  async startGrowing(
    source: SourceOfFiles,
    file: Omit<GrowingFile, 'fileEntry' | 'offset' | 'tail'>,
  ): Promise<GrowingFile> {
    this.parts.disk?.require();
    const { name, inode, fingerprint } = file;
    const head: FileHead = { source: source.name, name, format: source.format, mode: 'growing', inode, fingerprint };
    const { entryNo } = await this.append(EntryType.file, head);
    return { ...file, fileEntry: entryNo, offset: 0 };
  }

  async admitGrowth(source: SourceOfFiles, file: GrowingFile, bytes: Uint8Array, atEnd: boolean): Promise<void> {
    this.parts.disk?.require();
    await this.parts.waitForRoom(this.parts.state.files.get(file.fileEntry)!.lastEntry);
    const { sha256: blob } = await this.parts.spool.add(single(bytes));
    for (let blobOffset = 0; blobOffset < bytes.length;) {
      const format = this.parts.format(source.format);
      const first = file.offset === 0;
      const { end, recordsMax } = cutSlice(format, bytes.subarray(blobOffset), atEnd, first);
      const last = bytes.subarray(Math.max(blobOffset, blobOffset + end - TAIL_BYTES), blobOffset + end);
      const tail = { lengthBytes: last.length, sha256: sha256(last) };
      const head: SliceHead = {
        source: source.name,
        format: source.format,
        fileEntry: file.fileEntry,
        blob,
        blobOffset,
        sourceOffset: file.offset,
        lengthBytes: end,
        recordsMax,
        first,
        last: false,
        tail,
      };
      await this.append(EntryType.slice, head);
      blobOffset += end;
      file.offset += end;
      file.tail = tail;
    }
  }
}
