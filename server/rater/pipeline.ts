/**
 * Takes log entries in order and brings the ledger up to date.
 *
 *   read entry → threads (a few slices ahead) → outcomes in order → gather → write (one at a time) → processed
 *
 * Reference entries and commands wait until everything before them is gathered (commands: written), so each sees
 * exactly the state that its place in the order says.
 */
import type { LedgerBlock } from '../../ledger/index.ts';
import type { LogEntry, LogReader } from '../../platform/log/index.ts';
import { EntryType, type BatchHead, type FileHead, type SliceHead } from '../../schemas/log-entries.ts';
import type { Gather, GatheredWrite } from './gather.ts';
import type { SliceOutcome } from './messages.ts';
import type { SliceBytes, SlicePlace } from './slice-work.ts';
import type { WorkerPools } from './worker-pools.ts';

/** What the pipeline needs of the parts around it; the parts are wired in main. */
export interface PipelineParts {
  reader: LogReader;
  spoolPath(blob: string): string;
  pools: WorkerPools;
  gather: Gather;
  applyReference(entry: LogEntry): Promise<void>;
  /** Blocks of a command; everything before it stands in the ledger when this is called. */
  runCommand(entry: LogEntry): Promise<LedgerBlock[]>;
  /** Blocks for a file entry: a file whose bytes were received before. */
  fileBlocks(entryNo: number, head: FileHead, acceptedAtMs: number): LedgerBlock[];
  /** Adds what an outcome causes elsewhere in the ledger (reversals, accounting rows). */
  completeOutcome(entryNo: number, outcome: SliceOutcome): Promise<LedgerBlock[]>;
  /** True when the outcome needs the ledger to hold everything before it. */
  needsLedger(outcome: SliceOutcome): boolean;
  write(write: GatheredWrite): Promise<void>;
  /** Entry at which a write was cut before a crash: the same cut again. Null when free to choose. */
  plannedCut(entryNo: number): number | null;
  onProcessed(entryNo: number): void;
  /** So many bytes of usage were read. */
  noteRead(bytes: number): void;
  /** True when enough was processed since the last checkpoint. */
  checkpointDue(): boolean;
  /** Keeps the state as of this entry; nothing is under way. */
  checkpoint(entryNo: number): Promise<void>;
}

export interface PipelineLimits {
  slicesAheadMax: number;
  writeRowsMax: number;
}

interface Pending {
  entryNo: number;
  outcome: Promise<SliceOutcome>;
  /** Nothing of its file comes behind it. */
  endsFile: boolean;
}

/**
 * The share of a full write that goes out as the first one after a rest, when the ledger has nothing to do, and behind
 * which the end of a file is written, so that little is left to write when rating is done.
 */
const SMALL_WRITE_SHARE = 0.25;

export class Pipeline {
  private readonly parts: PipelineParts;
  private readonly limits: PipelineLimits;
  private nextEntry: number;
  private headNo: number;
  private stopping = false;
  private readonly pending: Pending[] = [];
  private writing: Promise<void> = Promise.resolve();
  private writeBusy = false;
  private writeFailed = false;
  private wake: (() => void) | null = null;
  /** Nothing has been written since there was nothing to do. */
  private rested = true;

  constructor(parts: PipelineParts, limits: PipelineLimits, afterEntry: number, headNo: number) {
    this.parts = parts;
    this.limits = limits;
    this.nextEntry = afterEntry + 1;
    this.headNo = headNo;
  }

  setHead(headNo: number): void {
    this.headNo = Math.max(this.headNo, headNo);
    this.wakeUp();
  }

  /** Finishes what was read, writes it, and lets `run` return. */
  stop(): void {
    this.stopping = true;
    this.wakeUp();
  }

  async run(): Promise<void> {
    for (;;) {
      if (this.writeFailed) await this.writing;
      const resting = this.stopping || this.parts.checkpointDue();
      if (resting && this.pending.length === 0 && this.atCut) {
        const { stopping } = this;
        await this.flush();
        await this.parts.checkpoint(this.nextEntry - 1);
        if (stopping) return;
        continue;
      }
      // In the middle of a write that a crash interrupted there is no resting: it is finished with the same cut.
      const ahead = resting ? 1 : this.limits.slicesAheadMax;
      if (this.nextEntry <= this.headNo && this.pending.length < ahead && !(resting && this.atCut)) {
        await this.start(await this.parts.reader.entry(this.nextEntry));
        this.nextEntry++;
        continue;
      }
      if (this.pending.length > 0) {
        await this.finishOldest();
        continue;
      }
      if (!this.parts.gather.empty && !this.writeBusy && this.mayCut()) {
        this.startWrite();
        continue;
      }
      await this.sleepUntilWoken();
    }
  }

  /** A write may end here. */
  private get atCut(): boolean {
    return this.parts.gather.empty || this.mayCut();
  }

  private async start(entry: LogEntry): Promise<void> {
    switch (entry.type) {
      case EntryType.slice:
      case EntryType.batch: {
        const { place, source } = await sliceSource(entry, (blob) => this.parts.spoolPath(blob));
        this.parts.noteRead('bytes' in source ? source.bytes.length : source.lengthBytes);
        this.startSlice(entry.entryNo, place, source);
        return;
      }
      case EntryType.registry:
      case EntryType.publication:
        await this.finishAll();
        await this.parts.applyReference(entry);
        return this.gathered(entry.entryNo, []);
      case EntryType.command:
        await this.finishAll();
        await this.flush();
        return this.gathered(entry.entryNo, await this.parts.runCommand(entry));
      case EntryType.file:
        await this.finishAll();
        return this.gathered(
          entry.entryNo,
          this.parts.fileBlocks(entry.entryNo, entry.head as FileHead, entry.acceptedAtMs),
        );
      default:
        await this.finishAll();
        return this.gathered(entry.entryNo, []);
    }
  }

  private startSlice(entryNo: number, place: SlicePlace, source: SliceBytes): void {
    const outcome = this.parts.pools.process(place, source);
    // Awaited in order later; without this a failure in between would count as unhandled.
    outcome.catch(() => undefined);
    this.pending.push({ entryNo, outcome, endsFile: place.last });
  }

  private async finishAll(): Promise<void> {
    while (this.pending.length > 0) await this.finishOldest();
  }

  private async finishOldest(): Promise<void> {
    const { entryNo, outcome } = this.pending[0];
    const result = await outcome;
    this.pending.shift();
    if (this.parts.needsLedger(result)) await this.flush();
    await this.gathered(entryNo, [...result.blocks, ...(await this.parts.completeOutcome(entryNo, result))]);
  }

  private async gathered(entryNo: number, blocks: LedgerBlock[]): Promise<void> {
    const { gather } = this.parts;
    gather.add(entryNo, blocks);
    const planned = this.parts.plannedCut(entryNo);
    if (planned === entryNo) {
      await this.writing;
      this.startWrite();
    } else if (planned === null && gather.rows >= this.rowsOfWrite) {
      // While a write is under way the next one may grow; at twice the size the slices have to wait.
      if (this.writeBusy && gather.rows >= 2 * this.limits.writeRowsMax) await this.writing;
      if (!this.writeBusy) this.startWrite();
    }
  }

  /** Rows that are worth a write of their own now. */
  private get rowsOfWrite(): number {
    const { writeRowsMax } = this.limits;
    const ending = this.nextEntry > this.headNo && this.pending.at(-1)?.endsFile === true;
    return this.rested || ending ? writeRowsMax * SMALL_WRITE_SHARE : writeRowsMax;
  }

  private mayCut(): boolean {
    return this.parts.plannedCut(this.parts.gather.lastEntry) === null;
  }

  private startWrite(): void {
    const write = this.parts.gather.take();
    this.writeBusy = true;
    this.rested = false;
    this.writing = this.parts.write(write).then(() => {
      this.parts.onProcessed(write.toEntry);
      this.writeBusy = false;
      this.wakeUp();
    });
    // Nothing is written after a write that failed: `run` ends with its error.
    this.writing.catch(() => {
      this.writeFailed = true;
      this.wakeUp();
    });
  }

  /** Everything gathered stands in the ledger when this resolves. */
  private async flush(): Promise<void> {
    await this.writing;
    if (!this.parts.gather.empty) {
      this.startWrite();
      await this.writing;
    }
  }

  private async sleepUntilWoken(): Promise<void> {
    this.rested ||= this.parts.gather.empty && this.pending.length === 0;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = null;
  }

  /** Looks again whether there is something to do. */
  wakeUp(): void {
    this.wake?.();
  }
}

/** Where the records of a slice or batch come from, and where their bytes are. */
export async function sliceSource(
  entry: LogEntry,
  spoolPath: (blob: string) => string,
): Promise<{ place: SlicePlace; source: SliceBytes }> {
  if (entry.type === EntryType.batch) {
    return { place: batchPlace(entry, entry.head as BatchHead), source: { bytes: await entry.body() } };
  }
  const head = entry.head as SliceHead;
  const { blob, blobOffset: offset, lengthBytes, recordsMax } = head;
  return { place: slicePlace(entry, head), source: { path: spoolPath(blob), offset, lengthBytes, recordsMax } };
}

function slicePlace(entry: LogEntry, head: SliceHead): SlicePlace {
  return {
    entryNo: entry.entryNo,
    fileEntry: head.fileEntry,
    source: head.source,
    format: head.format,
    acceptedAtMs: entry.acceptedAtMs,
    sourceOffset: head.sourceOffset,
    first: head.first,
    last: head.last,
  };
}

function batchPlace(entry: LogEntry, head: BatchHead): SlicePlace {
  return {
    entryNo: entry.entryNo,
    fileEntry: entry.entryNo,
    source: head.source,
    format: head.format,
    acceptedAtMs: entry.acceptedAtMs,
    sourceOffset: 0,
    first: true,
    last: true,
    pieces: head.pieces,
  };
}
