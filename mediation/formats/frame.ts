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
 * Numbers are big-endian.
 */

export const FRAME_VERSION = 1;
const LENGTH_BYTES = 4;
const FIXED_BYTES = LENGTH_BYTES + 8;
const CHANNEL_BYTES_MAX = 255;

export interface Frame {
  receivedMs: number;
  /** Where in the bytes the parts stand. */
  channelStart: number;
  channelEnd: number;
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

/** Where the frame at `from` ends; 0 when it is not whole, which also what is no frame is. */
export function frameEnd(bytes: Uint8Array, from: number, end: number): number {
  if (from + LENGTH_BYTES > end) return 0;
  const length = ((bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3]) >>> 0;
  const to = from + LENGTH_BYTES + length;
  return to > end ? 0 : to;
}

/** Fills the frame at `from`, which ends at `end`; false when it is none of this version. */
export function readFrame(bytes: Uint8Array, from: number, end: number, frame: Frame): boolean {
  if (end - from < FIXED_BYTES || bytes[from + 4] !== FRAME_VERSION) return false;
  let receivedMs = 0;
  for (let i = 5; i < 11; i++) receivedMs = receivedMs * 256 + bytes[from + i];
  frame.receivedMs = receivedMs;
  frame.channelStart = from + FIXED_BYTES;
  frame.channelEnd = frame.payloadStart = frame.channelStart + bytes[from + 11];
  frame.end = end;
  return frame.payloadStart <= end;
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
