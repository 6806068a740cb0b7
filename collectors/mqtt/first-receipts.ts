/**
 * When a message was first received. A broker sends a message again when its acknowledgement did not arrive: marked as
 * repeated, under the same packet number. It keeps the time of its first receipt: then a record without a time of its own is
 * the same record, and known as a duplicate. Any other message is a new one, whatever it says, and gets a time that no
 * message with the same bytes has. What is durable in the log is read back at the start, so a crash forgets nothing.
 */
import { hash } from 'node:crypto';
import { emptyFrame, frameEnd, readFrame } from '../../mediation/formats/index.ts';

interface Receipt {
  delivery: number;
  /** Of topic and payload. */
  digest: string;
  timeMs: number;
}

export interface Delivered {
  topic: string;
  payload: Uint8Array;
  /** See `deliveryOf`; undefined where the broker would not send it again. */
  delivery: number | undefined;
  repeated: boolean;
}

/** Digests of messages of the same millisecond; more only where the clock was set back. */
const DIGESTS_MAX = 100_000;

export class FirstReceipts {
  /** The last message under each packet number, the longest ago first. */
  private readonly receipts = new Map<number, Receipt>();
  readonly countMax: number;
  /** The last times given, by digest, up to the newest. */
  private readonly given = new Map<string, number>();
  private newestMs = 0;

  /** `countMax`: twice what a broker sends without an acknowledgement, so that all of it is there while it comes again. */
  constructor(countMax: number) {
    this.countMax = countMax;
  }

  /** The time that a message's records get (UTC, milliseconds). */
  timeOf({ topic, payload, delivery, repeated }: Delivered, nowMs: number): number {
    const digest = digestOf(Buffer.from(topic), payload);
    const before = delivery === undefined ? undefined : this.receipts.get(delivery);
    const timeMs = repeated && before?.digest === digest ? before.timeMs : this.newTime(digest, nowMs);
    if (delivery !== undefined) this.remember({ delivery, digest, timeMs });
    return timeMs;
  }

  remember(receipt: Receipt): void {
    this.receipts.delete(receipt.delivery);
    this.receipts.set(receipt.delivery, receipt);
    if (this.receipts.size > this.countMax) this.receipts.delete(this.receipts.keys().next().value!);
  }

  private newTime(digest: string, nowMs: number): number {
    if (nowMs > this.newestMs || this.given.size >= DIGESTS_MAX) this.given.clear();
    const timeMs = Math.max(nowMs, (this.given.get(digest) ?? 0) + 1);
    this.given.set(digest, timeMs);
    this.newestMs = Math.max(this.newestMs, timeMs);
    return timeMs;
  }
}

/**
 * A packet number means something in one session only, which broker and client's name tell: its digest (4 bytes) stands
 * before the number (2 bytes).
 */
export function sessionOf(url: string, clientId: string): number {
  return Number.parseInt(hash('sha1', `${url}\u0000${clientId}`, 'hex').slice(0, 8), 16);
}

export function deliveryOf(session: number, packetNo: number): number {
  return session * PACKET_NUMBERS + packetNo;
}

/** Reads `batches` of the log, the newest first, until there are `countMax` messages of each session in them. */
export async function restoreReceipts(
  receiptsOf: ReadonlyMap<number, FirstReceipts>,
  batches: AsyncIterable<Uint8Array>,
): Promise<void> {
  const found = new Map([...receiptsOf.keys()].map((session) => [session, new Found()]));
  for await (const batch of batches) {
    for (const one of receiptsIn(batch).reverse()) found.get(Math.floor(one.delivery / PACKET_NUMBERS))?.add(one);
    if ([...found].every(([session, { messages }]) => messages >= receiptsOf.get(session)!.countMax)) break;
  }
  for (const [session, { receipts }] of found)
    for (const one of receipts.reverse()) receiptsOf.get(session)!.remember(one);
}

/** Of one session, the newest first, and of each packet number only the newest: there are 65,535 of them. */
class Found {
  readonly receipts: Receipt[] = [];
  private readonly deliveries = new Set<number>();
  messages = 0;

  add(receipt: Receipt): void {
    this.messages++;
    if (this.deliveries.has(receipt.delivery)) return;
    this.deliveries.add(receipt.delivery);
    this.receipts.push(receipt);
  }
}

/** Once for each message, however many records it is. */
function receiptsIn(batch: Uint8Array): Receipt[] {
  const receipts: Receipt[] = [];
  const frame = emptyFrame();
  let at = 0;
  for (let to = frameEnd(batch, 0, batch.length); to > at; to = frameEnd(batch, at, batch.length)) {
    if (readFrame(batch, at, to, frame) && frame.delivery > 0) {
      const { delivery, receivedMs: timeMs, channelStart, channelEnd, payloadStart } = frame;
      const digest = digestOf(batch.subarray(channelStart, channelEnd), batch.subarray(payloadStart, to));
      const last = receipts.at(-1);
      if (last?.delivery !== delivery || last.digest !== digest) receipts.push({ delivery, digest, timeMs });
    }
    at = to;
  }
  return receipts;
}

function digestOf(topic: Uint8Array, payload: Uint8Array): string {
  return hash('sha1', Buffer.concat([topic, NUL, payload]), 'base64');
}

const PACKET_NUMBERS = 0x10000;
const NUL = Buffer.from([0]);
