/**
 * When a message was first received. A broker sends a message again when its acknowledgement did not arrive, marked as
 * repeated. It keeps the time of its first receipt: then a reading without a time of its own is the same reading, and known
 * as a duplicate. What is durable in the log is read back at the start, so a crash forgets nothing.
 */
import { hash } from 'node:crypto';
import { emptyFrame, frameEnd, readFrame } from '../../mediation/formats/index.ts';

export class FirstReceipts {
  private readonly times = new Map<string, number>();
  private readonly countMax: number;

  /** `countMax`: more messages than a broker sends without an acknowledgement. */
  constructor(countMax: number) {
    this.countMax = countMax;
  }

  /** The time that a message's record gets (UTC, milliseconds). */
  timeOf(topic: string, payload: Uint8Array, repeated: boolean, nowMs: number): number {
    const key = keyOf(Buffer.from(topic), payload);
    const before = repeated ? this.times.get(key) : undefined;
    this.remember(key, before ?? nowMs);
    return before ?? nowMs;
  }

  /** `batch`: frames as they stand in the log, older batches first. */
  restore(batch: Uint8Array): void {
    const frame = emptyFrame();
    let at = 0;
    for (let to = frameEnd(batch, 0, batch.length); to > at; to = frameEnd(batch, at, batch.length)) {
      if (readFrame(batch, at, to, frame)) {
        const topic = batch.subarray(frame.channelStart, frame.channelEnd);
        this.remember(keyOf(topic, batch.subarray(frame.payloadStart, to)), frame.receivedMs);
      }
      at = to;
    }
  }

  private remember(key: string, timeMs: number): void {
    this.times.delete(key);
    this.times.set(key, timeMs);
    if (this.times.size > this.countMax) this.times.delete(this.times.keys().next().value!);
  }
}

function keyOf(topic: Uint8Array, payload: Uint8Array): string {
  return hash('sha1', Buffer.concat([topic, NUL, payload]), 'base64');
}

const NUL = Buffer.from([0]);
