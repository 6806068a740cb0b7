/** The copy of an order in segment files and a spool: what everybody here reads. Knows where it goes on. */
import { readFile, writeFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { OrderMessage } from '../kafka/index.ts';
import { TollgridError } from '../errors.ts';
import { isFrameOf, type LogWriter, type Spool } from '../log/index.ts';
import { Assembler, type WholeEntry } from './envelope.ts';

const PLACE = 'order.json';

/** Where the first message of an entry stands: a hint, since what came before is known by its number. */
interface Place {
  topic: string;
  offset: number;
  entryNo: number;
}

export class OrderCopy {
  private readonly dataDir: string;
  private readonly topic: string;
  private readonly log: LogWriter;
  private readonly spool: Spool;
  private readonly assembler = new Assembler();
  private place: Place | null = null;
  private firstOffset = 0;
  /** The last entry that was seen in the order, also one that is here already. */
  lastSeenNo = 0;

  constructor(dataDir: string, topic: string, log: LogWriter, spool: Spool) {
    this.dataDir = dataDir;
    this.topic = topic;
    this.log = log;
    this.spool = spool;
  }

  get headNo(): number {
    return this.log.headNo;
  }

  /** The offset to read from. */
  async from(): Promise<number> {
    const text = await readFile(this.file, 'utf8').catch(() => '{}');
    const place = parsed(text);
    // Another topic, or a copy that lost its end: from the start of what is there.
    return place?.topic === this.topic && place.entryNo <= this.log.headNo ? place.offset : 0;
  }

  /**
   * Takes messages over; resolves when their entries are durable here.
   * Errors: LOG_DAMAGED, LOG_ORDER_DIFFERS, and those of log and spool.
   */
  async take(messages: readonly OrderMessage[]): Promise<void> {
    let appending: Promise<unknown> | null = null;
    for (const { offset, value } of messages) {
      if (this.assembler.isBetween) this.firstOffset = offset;
      const entry = this.assembler.add(value);
      if (entry === null) continue;
      const { entryNo, frame } = entry;
      this.lastSeenNo = entryNo;
      if (entryNo === this.log.nextNo - 1 && !isFrameOf(frame, this.log.chain)) throw this.differs(entryNo);
      if (entryNo >= this.log.nextNo) {
        await this.keepContents(entry);
        appending = this.log.appendFrame(frame);
        appending.catch(() => undefined);
      }
      this.note(entryNo, this.firstOffset);
    }
    await appending;
  }

  /** Errors: LOG_ORDER_DIFFERS when the copy holds what the order does not. */
  requireWhole(): void {
    if (this.lastSeenNo < this.log.headNo) throw this.differs(this.lastSeenNo + 1);
  }

  private differs(entryNo: number): TollgridError {
    const message = `entry ${entryNo} in ${this.dataDir} is not the one in the order ${this.topic}`;
    return new TollgridError('LOG_ORDER_DIFFERS', message, { topic: this.topic, entryNo });
  }

  /** The first message of that entry stands there. */
  note(entryNo: number, offset: number): void {
    this.place = { topic: this.topic, offset, entryNo };
  }

  private async keepContents({ contents }: WholeEntry): Promise<void> {
    for (const { blob, offset, bytes } of contents) await this.spool.put(blob, offset, bytes);
  }

  /** So that the next start need not read everything again; losing it costs time. */
  async keepPlace(): Promise<void> {
    const { place } = this;
    if (place === null || place.entryNo > this.log.headNo) return;
    this.place = null;
    await writeFile(`${this.file}.new`, JSON.stringify(place));
    await rename(`${this.file}.new`, this.file);
  }

  private get file(): string {
    return path.join(this.dataDir, PLACE);
  }
}

function parsed(text: string): Place | null {
  try {
    const place = JSON.parse(text) as Partial<Place>;
    const { topic = '', offset, entryNo } = place;
    return Number.isSafeInteger(offset) && Number.isSafeInteger(entryNo)
      ? { topic, offset: offset!, entryNo: entryNo! }
      : null;
  } catch {
    return null;
  }
}
