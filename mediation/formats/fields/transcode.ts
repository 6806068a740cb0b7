/** Text of other encodings as UTF-8 in the arena, and the check that UTF-8 is UTF-8. */
import type { Row } from '../row.ts';

/** An 8-bit code page as the UTF-8 bytes of its 256 characters. */
export class CodePageTable {
  private readonly bytes = new Uint8Array(256 * 3);
  private readonly lengths = new Uint8Array(256);

  /** `characters`: 256 of them, in the order of their bytes. U+FFFD and C1 controls mark a byte without a character. */
  constructor(characters: string) {
    const encoder = new TextEncoder();
    for (let byte = 0; byte < 256; byte++) {
      const { written } = encoder.encodeInto(characters[byte], this.bytes.subarray(byte * 3));
      this.lengths[byte] = /[\u0080-\u009f\ufffd]/.test(characters[byte]) ? 0 : written;
    }
  }

  /** Writes `text[start, end)` as UTF-8 to the end of the arena, which has room; false when a byte has no character. */
  append(row: Row, start: number, end: number): boolean {
    const { text } = row;
    let at = row.arenaEnd;
    for (let i = start; i < end; i++) {
      const byte = text[i];
      const length = this.lengths[byte];
      if (length === 0) return false;
      for (let k = 0; k < length; k++) text[at++] = this.bytes[byte * 3 + k];
    }
    row.arenaEnd = at;
    return true;
  }
}

/** Whether `bytes[start, end)` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at++];
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (at + more > end) return false;
    const second = bytes[at];
    if (lead === 0xe0 && second < 0xa0) return false;
    if (lead === 0xed && second > 0x9f) return false;
    if (lead === 0xf0 && second < 0x90) return false;
    if (lead === 0xf4 && second > 0x8f) return false;
    for (let k = 0; k < more; k++) if ((bytes[at + k] & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}

/** Writes a code point as UTF-8 at `at` and returns where it ends. A lone surrogate comes out as bytes `isUtf8` refuses. */
export function putCodePoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point;
    return at + 1;
  }
  if (point < 0x800) {
    bytes[at] = 0xc0 | (point >> 6);
    bytes[at + 1] = 0x80 | (point & 63);
    return at + 2;
  }
  if (point < 0x10000) {
    bytes[at] = 0xe0 | (point >> 12);
    bytes[at + 1] = 0x80 | ((point >> 6) & 63);
    bytes[at + 2] = 0x80 | (point & 63);
    return at + 3;
  }
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 63);
  bytes[at + 2] = 0x80 | ((point >> 6) & 63);
  bytes[at + 3] = 0x80 | (point & 63);
  return at + 4;
}
