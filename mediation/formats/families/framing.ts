/** Where records end, by rules on bytes alone. */
import { Row } from '../row.ts';
import type { Splitter } from '../row.ts';

const LF = 10;
const CR = 13;

/**
 * Bytes without any record end after which a reader need not wait for more: they are cut off as they are and decoded
 * as one record that is too long. A power of two, so that 2-byte units stay whole.
 */
const HOPELESS_BYTES = 1 << 20;

function orHopeless(cut: number, bytes: Uint8Array): number {
  return cut === 0 && bytes.length >= HOPELESS_BYTES ? HOPELESS_BYTES : cut;
}

export function cutAtLine(bytes: Uint8Array): number {
  return orHopeless(bytes.lastIndexOf(LF) + 1, bytes);
}

/** Over 2-byte units. */
export function cutAtWideLine(bytes: Uint8Array, bigEndian: boolean): number {
  const [high, low] = bigEndian ? [0, 1] : [1, 0];
  for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2) {
    if (bytes[at + low] === LF && bytes[at + high] === 0) return at + 2;
  }
  return orHopeless(0, bytes);
}

/** Behind the last blank line. */
export function cutAtParagraph(bytes: Uint8Array): number {
  for (let at = bytes.lastIndexOf(LF); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(LF, at - 1)) {
    if (isBlankLineEnd(bytes, at)) return at + 1;
  }
  return orHopeless(0, bytes);
}

function isBlankLineEnd(bytes: Uint8Array, at: number): boolean {
  return at >= 1 && (bytes[at - 1] === LF || (bytes[at - 1] === CR && at >= 2 && bytes[at - 2] === LF));
}

/** For records whose end depends on their content: splits them all. */
export function cutBySplitting(splitter: Splitter, bytes: Uint8Array): number {
  const row = new Row(0, 0);
  row.setText(bytes);
  let cut = 0;
  while (cut < bytes.length) {
    const next = splitter.split(row, cut, bytes.length);
    if (!row.complete) break;
    cut = next;
  }
  return orHopeless(cut, bytes);
}

/** A Buffer over the same bytes: its search for a byte is several times faster than a typed array's. */
function searchable(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function countLines(bytes: Uint8Array): number {
  const buffer = searchable(bytes);
  let count = 1;
  for (let at = buffer.indexOf(LF); at >= 0; at = buffer.indexOf(LF, at + 1)) count++;
  return count;
}

export function countParagraphs(bytes: Uint8Array): number {
  const buffer = searchable(bytes);
  let count = 1;
  for (let at = buffer.indexOf(LF); at >= 0; at = buffer.indexOf(LF, at + 1)) if (isBlankLineEnd(bytes, at)) count++;
  return count;
}
