/**
 * Single records of one source on their way into the log. While one batch is being made durable, the next one gathers:
 * the slower the disk, the larger the batches. What waits is bounded; at the bound the sender waits, or hears so.
 */
import { Readable } from 'node:stream';
import type { Positions, RecordIntake } from '../../collectors/index.ts';
import { TollgridError } from '../../platform/errors.ts';

interface Waiting {
  records: readonly Uint8Array[];
  positions: Positions | undefined;
  /** A batch holds only pieces of records, or none. */
  pieces: boolean;
  bytes: number;
  arrivedMs: number;
  resolve(): void;
  reject(error: unknown): void;
}

export interface BatchLimits {
  /** What may wait for the log. */
  waitingBytesMax: number;
  batchBytesMax: number;
}

type Append = (records: readonly Uint8Array[], positions: Positions | undefined, pieces: boolean) => Promise<unknown>;

export class RecordBatches implements RecordIntake {
  private readonly append: Append;
  private readonly limits: BatchLimits;
  private queue: Waiting[] = [];
  private waitingBytes = 0;
  private appending = false;
  /** On their way into the log. */
  private underway: readonly Waiting[] = [];
  /** Who waits for room, the first first. */
  private readonly door: Waiting[] = [];
  received = 0;
  receivedBytes = 0;
  /** The source's last batches in the log. */
  readonly recent: () => AsyncIterable<Uint8Array>;
  readonly positions: () => Positions;
  private readonly now: () => number;

  /** `append` makes the records one durable batch, and waits where the ledger is behind. */
  constructor(
    append: Append,
    limits: BatchLimits,
    recent: () => AsyncIterable<Uint8Array> = () => Readable.from([]),
    positions: () => Positions = () => ({}),
    now: () => number = () => performance.now(),
  ) {
    this.now = now;
    this.append = append;
    this.recent = recent;
    this.positions = positions;
    this.limits = limits;
  }

  take(records: readonly Uint8Array[], positions?: Positions): Promise<void> {
    if (this.isFull) {
      return Promise.reject(
        new TollgridError('INTAKE_BUSY', 'More records wait for the log than this source may hold.', {
          retryAfterSeconds: 1,
        }),
      );
    }
    return this.enter(records, positions, false);
  }

  takeWhenRoom(records: readonly Uint8Array[], positions?: Positions): Promise<void> {
    return this.enter(records, positions, false);
  }

  takePieces(pieces: readonly Uint8Array[]): Promise<void> {
    return this.enter(pieces, undefined, true);
  }

  /** In the order of the calls; before the door while there is no room. */
  private enter(records: readonly Uint8Array[], positions: Positions | undefined, pieces: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = records.reduce((sum, record) => sum + record.length + 1, 0);
      this.door.push({ records, positions, pieces, bytes, arrivedMs: this.now(), resolve, reject });
      this.letIn();
    });
  }

  /** Age of the oldest records that are not durable; 0 when there are none. */
  get oldestMs(): number {
    const oldest = this.underway[0] ?? this.queue[0] ?? this.door[0];
    return oldest === undefined ? 0 : Math.max(0, Math.round(this.now() - oldest.arrivedMs));
  }

  private letIn(): void {
    while (this.door.length > 0 && !this.isFull) {
      const next = this.door.shift()!;
      this.queue.push(next);
      this.waitingBytes += next.bytes;
    }
    if (!this.appending && this.queue.length > 0) void this.drain();
  }

  /** One batch over the limit is let in, so that a record larger than it is no deadlock. */
  private get isFull(): boolean {
    return this.waitingBytes >= this.limits.waitingBytesMax;
  }

  private async drain(): Promise<void> {
    this.appending = true;
    while (this.queue.length > 0) {
      const batch = this.nextBatch();
      this.underway = batch;
      try {
        await this.append(
          batch.flatMap(({ records }) => records),
          together(batch),
          batch[0].pieces,
        );
        for (const { records, bytes, resolve } of batch) {
          this.received += records.length;
          this.receivedBytes += bytes;
          resolve();
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.underway = [];
      for (const { bytes } of batch) this.waitingBytes -= bytes;
      this.letIn();
    }
    this.appending = false;
  }

  private nextBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    const [first] = this.queue;
    const fits = (next: Waiting): boolean =>
      next === first || (next.pieces === first.pieces && bytes + next.bytes <= this.limits.batchBytesMax);
    while (count < this.queue.length && fits(this.queue[count])) bytes += this.queue[count++].bytes;
    return this.queue.splice(0, count);
  }
}

function together(batch: readonly Waiting[]): Positions | undefined {
  const given = batch.map(({ positions }) => positions).filter((positions) => positions !== undefined);
  return given.length === 0 ? undefined : Object.assign({}, ...given);
}
