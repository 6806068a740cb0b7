/**
 * One entry of the log as bytes: a header of fixed size, the head (JSON), the body. docs/log-format.md has the layout.
 * Two checksums: one over header and head, so that a scan may skip bodies, and one over the whole frame.
 */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { TollgridError } from '../errors.ts';

export const FRAME_VERSION = 1;
export const HEADER_BYTES = 72;
export const HEAD_BYTES_MAX = 16 * 1024 * 1024;
export const ENTRY_BYTES_MAX = 256 * 1024 * 1024;
export const CHAIN_BYTES = 16;
/** The chain before entry 1. */
export const CHAIN_START: Uint8Array = new Uint8Array(CHAIN_BYTES);

/** `TGL1` as bytes. */
export const MAGIC_BYTES = Buffer.from('TGL1', 'latin1');
const MAGIC = MAGIC_BYTES.readUInt32LE(0);
const U32 = 2 ** 32;

const at = {
  magic: 0,
  totalLength: 4,
  crc: 8,
  headCrc: 12,
  type: 16,
  version: 18,
  semanticsNo: 20,
  entryNo: 24,
  acceptedAtMs: 32,
  registryNo: 40,
  headLength: 48,
  bodyLength: 52,
  chain: 56,
} as const;

/** What the processing of an entry may depend on, stamped once when it is appended. */
export interface Pins {
  acceptedAtMs: number;
  registryNo: number;
  semanticsNo: number;
}

export interface FrameFields extends Pins {
  entryNo: number;
  /** 0 .. 65535; what it means is the caller's affair. */
  type: number;
}

export interface FrameHeader extends FrameFields {
  version: number;
  totalLength: number;
  headLength: number;
  bodyLength: number;
}

/** Header and head in one piece (the body is not copied), and the chain the next entry starts from. */
export interface EncodedFrame {
  prefix: Buffer;
  chain: Uint8Array;
}

export function encodeFrame(
  fields: FrameFields,
  head: Uint8Array,
  body: Uint8Array,
  previousChain: Uint8Array,
): EncodedFrame {
  const totalLength = HEADER_BYTES + head.length + body.length;
  if (head.length > HEAD_BYTES_MAX || totalLength > ENTRY_BYTES_MAX) {
    throw new TollgridError('LOG_ENTRY_TOO_LARGE', `an entry of ${totalLength} bytes is more than ${ENTRY_BYTES_MAX}`);
  }
  const prefix = Buffer.allocUnsafeSlow(HEADER_BYTES + head.length);
  prefix.writeUInt32LE(MAGIC, at.magic);
  prefix.writeUInt32LE(totalLength, at.totalLength);
  prefix.writeUInt16LE(fields.type, at.type);
  prefix.writeUInt16LE(FRAME_VERSION, at.version);
  prefix.writeUInt32LE(fields.semanticsNo, at.semanticsNo);
  writeU64(prefix, fields.entryNo, at.entryNo);
  writeU64(prefix, fields.acceptedAtMs, at.acceptedAtMs);
  writeU64(prefix, fields.registryNo, at.registryNo);
  prefix.writeUInt32LE(head.length, at.headLength);
  prefix.writeUInt32LE(body.length, at.bodyLength);
  prefix.set(head, HEADER_BYTES);
  const chain = nextChain(previousChain, prefix, body);
  prefix.set(chain, at.chain);
  prefix.writeUInt32LE(crc32(prefix.subarray(at.type)), at.headCrc);
  prefix.writeUInt32LE(frameCrc(prefix, body), at.crc);
  return { prefix, chain };
}

/** First 16 bytes of SHA-256(previous chain, header from `type` up to the chain, head, SHA-256 of the body). */
export function nextChain(previous: Uint8Array, prefix: Uint8Array, body: Uint8Array): Uint8Array {
  const parts = [
    previous,
    prefix.subarray(at.type, at.chain),
    prefix.subarray(HEADER_BYTES),
    hash('sha256', body, 'buffer'),
  ];
  return hash('sha256', Buffer.concat(parts), 'buffer').subarray(0, CHAIN_BYTES);
}

/** The header at the start of `bytes` (at least HEADER_BYTES), or null when none of a known version can be there. */
export function parseHeader(bytes: Buffer): FrameHeader | null {
  if (bytes.readUInt32LE(at.magic) !== MAGIC || bytes.readUInt16LE(at.version) > FRAME_VERSION) return null;
  const header: FrameHeader = {
    type: bytes.readUInt16LE(at.type),
    version: bytes.readUInt16LE(at.version),
    semanticsNo: bytes.readUInt32LE(at.semanticsNo),
    entryNo: readU64(bytes, at.entryNo),
    acceptedAtMs: readU64(bytes, at.acceptedAtMs),
    registryNo: readU64(bytes, at.registryNo),
    totalLength: bytes.readUInt32LE(at.totalLength),
    headLength: bytes.readUInt32LE(at.headLength),
    bodyLength: bytes.readUInt32LE(at.bodyLength),
  };
  const { totalLength, headLength, bodyLength } = header;
  if (totalLength > ENTRY_BYTES_MAX || headLength > HEAD_BYTES_MAX) return null;
  return totalLength === HEADER_BYTES + headLength + bodyLength ? header : null;
}

/**
 * Length of a frame that a newer program wrote, or null. Magic, length, checksum and the place of the version are
 * the same in every version, so that an older program can tell a newer frame from a damaged one.
 */
export function newerFrameLength(bytes: Buffer): number | null {
  if (bytes.readUInt32LE(at.magic) !== MAGIC || bytes.readUInt16LE(at.version) <= FRAME_VERSION) return null;
  const totalLength = bytes.readUInt32LE(at.totalLength);
  return totalLength >= at.version + 2 && totalLength <= ENTRY_BYTES_MAX ? totalLength : null;
}

/** Are header and head (the whole of `prefix`) as they were written? */
export function headIsSound(prefix: Buffer): boolean {
  return crc32(prefix.subarray(at.type)) === prefix.readUInt32LE(at.headCrc);
}

/** Is the whole frame as it was written? `body` may be empty when `prefix` holds the frame in one piece. */
export function frameIsSound(prefix: Buffer, body: Uint8Array): boolean {
  return frameCrc(prefix, body) === prefix.readUInt32LE(at.crc);
}

export function chainOf(prefix: Buffer): Buffer {
  return prefix.subarray(at.chain, at.chain + CHAIN_BYTES);
}

function frameCrc(prefix: Buffer, body: Uint8Array): number {
  return crc32(body, crc32(prefix.subarray(at.headCrc)));
}

function writeU64(bytes: Buffer, value: number, offset: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned safe integer: ${value}`);
  bytes.writeUInt32LE(value % U32, offset);
  bytes.writeUInt32LE(Math.floor(value / U32), offset + 4);
}

function readU64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * U32;
}

/** The chain behind a whole frame that came from elsewhere. Error: LOG_DAMAGED when it is not the entry that follows. */
export function checkFrame(frame: Buffer, entryNo: number, previousChain: Uint8Array): Uint8Array {
  const wrong = (what: string): TollgridError =>
    new TollgridError('LOG_DAMAGED', `entry ${entryNo} cannot be taken over: ${what}`, { entryNo });
  const header = frame.length < HEADER_BYTES ? null : parseHeader(frame);
  if (header === null || header.totalLength !== frame.length) throw wrong('its frame is not whole');
  if (header.entryNo !== entryNo) throw wrong(`entry ${header.entryNo} came instead`);
  const prefix = frame.subarray(0, HEADER_BYTES + header.headLength);
  const body = frame.subarray(prefix.length);
  if (!frameIsSound(prefix, body)) throw wrong('its bytes changed');
  const chain = nextChain(previousChain, prefix, body);
  if (!chainOf(prefix).equals(chain)) throw wrong('it does not follow the entry before it');
  return chain;
}

/** Is it the frame of the entry that ended with this chain? */
export function isFrameOf(frame: Buffer, chain: Uint8Array): boolean {
  return chainOf(frame).equals(chain);
}
