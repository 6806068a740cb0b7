/** Writes binary values as text into the arena, the way FreeRADIUS prints them. False: the bytes are no such value. */
import type { Row } from '../../row.ts';
import type { AttributeEntry } from './dictionary.ts';

const HEX = Buffer.from('0123456789abcdef');
const [ZERO, DOT, COLON, SLASH, X] = [48, 46, 58, 47, 120];

/** Texts of named values, by their number. */
export type ValueNames = ReadonlyMap<number, Uint8Array>;

export function valueNames({ values }: AttributeEntry): ValueNames {
  return new Map(Object.entries(values ?? {}).map(([number, name]) => [Number(number), Buffer.from(name)]));
}

/** Most text that so many bytes of a value can become. */
export function roomFor(valueBytes: number): number {
  return 4 * valueBytes + 48;
}

export function writeInteger(row: Row, from: number, to: number, names: ValueNames): boolean {
  if (to - from !== 4) return false;
  const value = row.view.getUint32(from);
  const name = names.get(value);
  if (name === undefined) writeDigits(row, value);
  else {
    row.text.set(name, row.arenaEnd);
    row.arenaEnd += name.length;
  }
  return true;
}

export function writeDigits(row: Row, value: number): void {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  let left = value;
  for (let at = row.arenaEnd + digits - 1; at >= row.arenaEnd; at--) {
    row.text[at] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
  row.arenaEnd += digits;
}

export function writeAddress(row: Row, from: number, to: number): boolean {
  if (to - from !== 4) return false;
  for (let at = from; at < to; at++) {
    if (at > from) row.text[row.arenaEnd++] = DOT;
    writeDigits(row, row.text[at]);
  }
  return true;
}

export function writeOctets(row: Row, from: number, to: number): boolean {
  row.text[row.arenaEnd++] = ZERO;
  row.text[row.arenaEnd++] = X;
  for (let at = from; at < to; at++) {
    row.text[row.arenaEnd++] = HEX[row.text[at] >> 4];
    row.text[row.arenaEnd++] = HEX[row.text[at] & 15];
  }
  return true;
}

export function writeAddress6(row: Row, from: number, to: number): boolean {
  if (to - from !== 16) return false;
  writeGroups(row, (index) => row.text[from + index]);
  return true;
}

/** RFC 3162 section 2.3: a reserved byte, the length in bits, and as many bytes as it needs. */
export function writePrefix6(row: Row, from: number, to: number): boolean {
  const bits = row.text[from + 1];
  if (to - from < 2 || to - from > 18 || bits > 128) return false;
  writeGroups(row, (index) => (from + 2 + index < to ? row.text[from + 2 + index] : 0));
  row.text[row.arenaEnd++] = SLASH;
  writeDigits(row, bits);
  return true;
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function writeGroups(row: Row, byteAt: (index: number) => number): void {
  const groups = Array.from({ length: 8 }, (_, no) => (byteAt(2 * no) << 8) | byteAt(2 * no + 1));
  let [runStart, runLength] = [-1, 1];
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > runLength) [runStart, runLength] = [start, length];
  }
  for (let no = 0; no < 8; no++) {
    if (no === runStart) {
      row.text[row.arenaEnd++] = COLON;
      row.text[row.arenaEnd++] = COLON;
      no += runLength - 1;
      continue;
    }
    if (no > 0 && no !== runStart + runLength) row.text[row.arenaEnd++] = COLON;
    writeHex(row, groups[no]);
  }
}

function writeHex(row: Row, value: number): void {
  for (let shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0; shift >= 0; shift -= 4) {
    row.text[row.arenaEnd++] = HEX[(value >> shift) & 15];
  }
}
