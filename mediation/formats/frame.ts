/**
 * A message among others in a batch: what a collector of packets or messages writes, and decoders read. The payload
 * stays as it came; around it stand when it was received and where from, because neither is in it.
 *
 *   length      4 bytes, of everything behind it
 *   version     1 byte: 1
 *   receivedMs  6 bytes, UTC
 *   channel     1 byte of length, then UTF-8: a sender's address, a topic
 *   payload     the rest
 *
 * Version 2, for messages with topics:
 *
 *   receivedMs  6 bytes
 *   flags       1 byte: see MESSAGE_FLAGS
 *   channel     2 bytes of length, then UTF-8: the topic
 *   part        1 byte of length, then UTF-8: which of the registers that the message shows is meant; mostly none
 *   payload     the rest
 *
 * Version 3, for messages that may be sent again: the same with the delivery before the payload.
 *
 *   delivery    6 bytes: under which number the sender would send it again
 *
 * Numbers are big-endian.
 */

export const FRAME_VERSION = 1;
export const MESSAGE_VERSION = 2;
export const DELIVERY_VERSION = 3;
/** `raw`: the payload was read by the collector, and what it found stands in frames behind this one. */
export const MESSAGE_FLAGS = { retained: 1, repeated: 2, raw: 4 } as const;
const LENGTH_BYTES = 4;
const FIXED_BYTES = LENGTH_BYTES + 8;
const CHANNEL_BYTES_MAX = 255;
/** Of a message, up to the topic. */
const MESSAGE_BYTES = LENGTH_BYTES + 10;
const DELIVERY_BYTES = 6;

export interface Frame {
  receivedMs: number;
  /** Where in the bytes the parts stand. */
  channelStart: number;
  channelEnd: number;
  /** Of messages; 0 and nothing elsewhere. */
  flags: number;
  partStart: number;
  partEnd: number;
  /** See `MessageParts`; 0 where there is none. */
  delivery: number;
  payloadStart: number;
  end: number;
}

/** A channel beyond 255 bytes is cut. */
export function makeFrame(channel: string, receivedMs: number, payload: Uint8Array): Uint8Array {
  const name = Buffer.from(channel).subarray(0, CHANNEL_BYTES_MAX);
  const frame = Buffer.allocUnsafe(FIXED_BYTES + name.length + payload.length);
  frame.writeUInt32BE(frame.length - LENGTH_BYTES, 0);
  frame[4] = FRAME_VERSION;
  frame.writeUIntBE(receivedMs, 5, 6);
  frame[11] = name.length;
  frame.set(name, FIXED_BYTES);
  frame.set(payload, FIXED_BYTES + name.length);
  return frame;
}

export interface MessageParts {
  topic: string;
  receivedMs: number;
  flags: number;
  part: string;
  /** Above 0, of 48 bits: what is sent again has the same. */
  delivery?: number | undefined;
  payload: Uint8Array;
}

/** A topic beyond 65,535 bytes, which MQTT does not have, or a part beyond 255 is cut. */
export function makeMessageFrame({ topic, receivedMs, flags, part, delivery, payload }: MessageParts): Uint8Array {
  const name = Buffer.from(topic).subarray(0, 0xffff);
  const piece = Buffer.from(part).subarray(0, CHANNEL_BYTES_MAX);
  const payloadStart = MESSAGE_BYTES + name.length + 1 + piece.length + (delivery === undefined ? 0 : DELIVERY_BYTES);
  const frame = Buffer.allocUnsafe(payloadStart + payload.length);
  frame.writeUInt32BE(frame.length - LENGTH_BYTES, 0);
  frame[4] = delivery === undefined ? MESSAGE_VERSION : DELIVERY_VERSION;
  frame.writeUIntBE(receivedMs, 5, 6);
  frame[11] = flags;
  frame.writeUInt16BE(name.length, 12);
  frame.set(name, MESSAGE_BYTES);
  const at = MESSAGE_BYTES + name.length;
  frame[at] = piece.length;
  frame.set(piece, at + 1);
  if (delivery !== undefined) frame.writeUIntBE(delivery, at + 1 + piece.length, DELIVERY_BYTES);
  frame.set(payload, payloadStart);
  return frame;
}

export function emptyFrame(): Frame {
  const nowhere = { channelStart: 0, channelEnd: 0, partStart: 0, partEnd: 0, payloadStart: 0, end: 0 };
  return { receivedMs: 0, flags: 0, delivery: 0, ...nowhere };
}

/** Where the frame at `from` ends; 0 when it is not whole, which also what is no frame is. */
export function frameEnd(bytes: Uint8Array, from: number, end: number): number {
  if (from + LENGTH_BYTES > end) return 0;
  const length = ((bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3]) >>> 0;
  const to = from + LENGTH_BYTES + length;
  return to > end ? 0 : to;
}

/** Fills the frame at `from`, which ends at `end`; false when it is none of these versions. */
export function readFrame(bytes: Uint8Array, from: number, end: number, frame: Frame): boolean {
  if (end - from < FIXED_BYTES) return false;
  frame.receivedMs = sixBytes(bytes, from + 5);
  frame.end = end;
  frame.delivery = 0;
  const version = bytes[from + 4];
  if (version === MESSAGE_VERSION || version === DELIVERY_VERSION) return readMessage(bytes, from, end, frame);
  frame.flags = 0;
  frame.channelStart = from + FIXED_BYTES;
  frame.channelEnd = frame.channelStart + bytes[from + 11];
  frame.partStart = frame.partEnd = frame.payloadStart = frame.channelEnd;
  return version === FRAME_VERSION && frame.payloadStart <= end;
}

function readMessage(bytes: Uint8Array, from: number, end: number, frame: Frame): boolean {
  frame.flags = bytes[from + 11];
  frame.channelStart = from + MESSAGE_BYTES;
  if (frame.channelStart >= end) return false;
  frame.channelEnd = frame.channelStart + ((bytes[from + 12] << 8) | bytes[from + 13]);
  if (frame.channelEnd >= end) return false;
  frame.partStart = frame.channelEnd + 1;
  frame.partEnd = frame.payloadStart = frame.partStart + bytes[frame.channelEnd];
  if (bytes[from + 4] === DELIVERY_VERSION) {
    frame.payloadStart += DELIVERY_BYTES;
    if (frame.payloadStart <= end) frame.delivery = sixBytes(bytes, frame.partEnd);
  }
  return frame.payloadStart <= end;
}

function sixBytes(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let i = from; i < from + 6; i++) value = value * 256 + bytes[i];
  return value;
}

export function cutAtFrame(bytes: Uint8Array): number {
  let cut = 0;
  for (let to = frameEnd(bytes, 0, bytes.length); to > cut; to = frameEnd(bytes, cut, bytes.length)) cut = to;
  return cut;
}

export function countFrames(bytes: Uint8Array): number {
  let count = 1;
  let at = 0;
  for (let to = frameEnd(bytes, 0, bytes.length); to > at; to = frameEnd(bytes, at, bytes.length)) {
    count++;
    at = to;
  }
  return count;
}
