/** Walking over the frames of one segment, and what to think of a place where the walk cannot go on. */
import {
  frameIsSound,
  HEADER_BYTES,
  headIsSound,
  MAGIC_BYTES,
  newerFrameLength,
  parseHeader,
  type FrameHeader,
} from './frame.ts';
import type { StoredFile } from './stored-file.ts';

export interface ScannedFrame {
  header: FrameHeader;
  offset: number;
  /** Header and head. */
  prefix: Buffer;
  /** The body when it was read along; otherwise it is still in the file. */
  body: Buffer | null;
}

export interface ScanEnd {
  /** Just behind the last good frame. */
  offset: number;
  /** Number that the next frame would have. */
  nextNo: number;
  /** `end`: nothing follows. `cut`: the file ends inside a frame. `bad`: what stands here is no such frame. */
  reason: 'end' | 'cut' | 'bad' | 'newer';
}

export interface ScanOptions {
  offset: number;
  /** Number of the frame at `offset`. */
  entryNo: number;
  /** Bytes read at once; bodies that do not fit are skipped. */
  windowBytes: number;
  /** Read and check every body. */
  checkBodies: boolean;
}

/** Yields the frames from `offset` on; returns why it stopped. Windows are not used again: frames may keep parts of them. */
export async function* scanFrames(
  file: StoredFile,
  { offset, entryNo, windowBytes, checkBodies }: ScanOptions,
): AsyncGenerator<ScannedFrame, ScanEnd> {
  let window: Buffer = Buffer.alloc(0);
  let windowAt = offset;
  const stop = (reason: ScanEnd['reason']): ScanEnd => ({ offset, nextNo: entryNo, reason });

  for (;;) {
    const view = async (length: number): Promise<Buffer> => {
      if (offset + length > windowAt + window.length) {
        window = await readAt(file, offset, Math.max(length, windowBytes));
        windowAt = offset;
      }
      return window.subarray(offset - windowAt, offset - windowAt + length);
    };

    const fixed = await view(HEADER_BYTES);
    if (fixed.length === 0) return stop('end');
    if (fixed.length < HEADER_BYTES) return stop('cut');
    const header = parseHeader(fixed);
    if (header === null) {
      const length = newerFrameLength(fixed);
      if (length === null) return stop('bad');
      const frame = await view(length);
      return stop(frame.length < length ? 'cut' : frameIsSound(frame, EMPTY) ? 'newer' : 'bad');
    }
    const prefixLength = HEADER_BYTES + header.headLength;
    const prefix = await view(prefixLength);
    if (prefix.length < prefixLength) return stop('cut');
    if (!headIsSound(prefix) || header.entryNo !== entryNo) return stop('bad');

    let body: Buffer | null = null;
    if (checkBodies || offset + header.totalLength <= windowAt + window.length) {
      const frame = await view(header.totalLength);
      if (frame.length < header.totalLength) return stop('cut');
      body = frame.subarray(prefixLength);
      if (checkBodies && !frameIsSound(prefix, body)) return stop('bad');
    }
    yield { header, offset, prefix, body };
    offset += header.totalLength;
    entryNo += 1;
  }
}

const EMPTY = Buffer.alloc(0);
const SEARCH_BYTES = 1024 * 1024;

/**
 * Is there a sound frame anywhere behind `from`, with a number after `afterNo`? A torn tail has none; damage has.
 * Bodies may hold bytes that look like frames, so a number has to be one that fits into the bytes between.
 */
export async function soundFrameFollows(file: StoredFile, from: number, afterNo: number): Promise<boolean> {
  const { size } = await file.stat();
  for (let start = from; start < size; start += SEARCH_BYTES) {
    const chunk = await readAt(file, start, SEARCH_BYTES + MAGIC_BYTES.length - 1);
    for (let hit = chunk.indexOf(MAGIC_BYTES); hit >= 0; hit = chunk.indexOf(MAGIC_BYTES, hit + 1)) {
      if (await isSoundFrame(file, start + hit, size, afterNo, from)) return true;
    }
  }
  return false;
}

async function isSoundFrame(
  file: StoredFile,
  offset: number,
  size: number,
  afterNo: number,
  from: number,
): Promise<boolean> {
  const fixed = await readAt(file, offset, HEADER_BYTES);
  if (fixed.length < HEADER_BYTES) return false;
  const header = parseHeader(fixed);
  const length = header?.totalLength ?? newerFrameLength(fixed);
  if (length === null || offset + length > size) return false;
  if (header !== null) {
    const nextNoMax = afterNo + 1 + Math.floor((offset - from) / HEADER_BYTES);
    if (header.entryNo <= afterNo || header.entryNo > nextNoMax) return false;
  }
  return frameIsSound(await readAt(file, offset, length), EMPTY);
}

/** Up to `length` bytes from `offset`: fewer only at the end of the file. */
export async function readAt(file: StoredFile, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  const filled = await readInto(file, bytes, offset);
  return bytes.subarray(0, filled);
}

/** Fills `target` from `offset` on; the number of bytes is smaller only at the end of the file. */
export async function readInto(file: StoredFile, target: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
