/** Records that come without a file, pushed or from a collector: each lot is one entry of the log, durable when it is answered. */
import type { Positions } from '../../collectors/index.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type { Appended } from '../../platform/log/index.ts';
import type { BatchHead } from '../../schemas/log-entries.ts';
import { joinLines, sha256 } from './bytes.ts';
import type { IntakeParts } from './intake.ts';
import type { PushFacts } from './log-state.ts';

/** The format that pushed CloudEvents are decoded by. */
const PUSH_FORMAT = 'cloudevents';

export interface Pushed {
  entryNo: number;
  records: number;
  replayed: boolean;
}

type BatchParts = Pick<
  IntakeParts,
  'state' | 'disk' | 'format' | 'body' | 'inFlightEntries' | 'pushedEntriesMax' | 'waitForPushed'
>;

export class BatchIntake {
  private readonly parts: BatchParts;
  private readonly append: (head: BatchHead, body: Uint8Array) => Promise<Appended>;
  /** Keyed pushes that are not durable yet: a second use of the key waits for the first. */
  private readonly pushing = new Map<string, Promise<Appended>>();

  constructor(parts: BatchParts, append: (head: BatchHead, body: Uint8Array) => Promise<Appended>) {
    this.parts = parts;
    this.append = append;
  }

  /** `caller`: id of an API key, or `operator`. The idempotency keys of one are not those of another. */
  async push(
    source: string,
    events: readonly Uint8Array[],
    requestSha256: string,
    idempotencyKey?: string,
    caller = 'operator',
  ): Promise<Pushed> {
    const key = idempotencyKey === undefined ? null : `${caller}\u0000${source}\u0000${idempotencyKey}`;
    if (idempotencyKey !== undefined) {
      while (this.pushing.has(key!)) await this.pushing.get(key!);
      const earlier = this.earlierPush(this.parts.state.push(caller, source, idempotencyKey), requestSha256);
      if (earlier !== null) return earlier;
    }
    this.parts.disk?.require();
    if (this.parts.inFlightEntries() > this.parts.pushedEntriesMax) {
      throw new TollgridError('INTAKE_BUSY', 'The ledger is behind; try again shortly.', { retryAfterSeconds: 2 });
    }
    const body = joinLines(events);
    const head: BatchHead = {
      source,
      format: PUSH_FORMAT,
      sha256: sha256(body),
      records: events.length,
      ...(idempotencyKey !== undefined && { idempotencyKey, requestSha256, caller }),
    };
    const appending = this.append(head, body);
    if (key !== null) this.pushing.set(key, appending);
    try {
      const { entryNo } = await appending;
      return { entryNo, records: events.length, replayed: false };
    } finally {
      if (key !== null) this.pushing.delete(key);
    }
  }

  /**
   * Records of a collector as one batch; resolves when it is durable, and waits while the ledger is far behind or the
   * disk is low: the collector's own limit makes its senders wait. Errors: STOPPING, LOG_BROKEN.
   */
  async take(
    source: string,
    format: string,
    records: readonly Uint8Array[],
    positions?: Positions,
    pieces = false,
  ): Promise<number> {
    await this.parts.disk?.room();
    await this.parts.waitForPushed();
    const body = this.parts.format(format).framed ? Buffer.concat(records) : joinLines(records);
    const marks = { positions, ...(pieces && { pieces }) };
    const head: BatchHead = { source, format, sha256: sha256(body), records: records.length, ...marks };
    return (await this.append(head, body)).entryNo;
  }

  /** The last batches of a source, the newest first, up to those that retention has removed: it was silent for long. */
  async *recent(source: string): AsyncIterable<Uint8Array> {
    for (const entryNo of [...(this.parts.state.lastBatches.get(source) ?? [])].reverse()) {
      try {
        yield await this.parts.body(entryNo);
      } catch (error) {
        if (toTollgridError(error).code !== 'LOG_ENTRY_RETIRED') throw error;
        return;
      }
    }
  }

  /** Where the streams of a source go on. */
  positions(source: string): Positions {
    return this.parts.state.positions.get(source) ?? {};
  }

  private earlierPush(earlier: PushFacts | undefined, requestSha256: string): Pushed | null {
    if (earlier === undefined) return null;
    if (!earlier.isSame(requestSha256)) {
      throw new TollgridError('IDEMPOTENCY_CONFLICT', 'This Idempotency-Key was used with another body.', {
        entry: earlier.entryNo,
      });
    }
    return { entryNo: earlier.entryNo, records: earlier.records, replayed: true };
  }
}
