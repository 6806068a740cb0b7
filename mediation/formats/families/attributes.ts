/**
 * Paragraphs of `Name = value` lines, as in FreeRADIUS detail files: a first line (time of writing), indented
 * attributes, a blank line. Strings stand in quotes with backslash escapes; the last of several equal names counts.
 */
import { FAULT } from '../codes.ts';
import { MAX_RECORD_BYTES } from '../row.ts';
import type { Row, Splitter } from '../row.ts';
import { ByteTable } from '../fields/byte-table.ts';

const [TAB, LF, CR, BLANK, QUOTE, BACKSLASH, EQUALS] = [9, 10, 13, 32, 34, 92, 61];
/** Name under which a field reads the first line of the record. */
export const FIRST_LINE = '$line';

export class AttributesSplitter implements Splitter {
  private readonly names: ByteTable;
  private readonly lineSlot: number;

  constructor(names: readonly string[]) {
    this.names = new ByteTable(names);
    this.lineSlot = names.indexOf(FIRST_LINE);
  }

  split(row: Row, from: number, end: number): number {
    const { text } = row;
    row.slotStart.fill(from);
    row.slotEnd.fill(from);
    row.recordStart = row.recordEnd = from;
    row.high = row.complete = false;
    row.fault = row.columns = 0;
    let at = from;
    let bits = 0;
    while (at < end) {
      const lineStart = at;
      while (at < end && text[at] !== LF) {
        bits |= text[at];
        if (text[at] === 0) row.fault = FAULT.nul;
        at++;
      }
      const lineEnd = at > lineStart && text[at - 1] === CR ? at - 1 : at;
      const terminated = at < end;
      if (terminated) at++;
      if (lineEnd === lineStart) {
        row.complete = terminated;
        break;
      }
      row.recordEnd = lineEnd;
      if (row.columns++ === 0 && !isIndent(text[lineStart])) {
        if (this.lineSlot >= 0) this.put(row, this.lineSlot, lineStart, lineEnd);
      } else if (!this.readLine(row, lineStart, lineEnd) && row.fault === 0) row.fault = FAULT.attribute;
    }
    if (bits >= 0x80) row.high = true;
    if (row.fault === 0 && row.recordEnd - from > MAX_RECORD_BYTES) row.fault = FAULT.tooLong;
    return at;
  }

  private put(row: Row, slot: number, start: number, end: number): void {
    row.slotStart[slot] = start;
    row.slotEnd[slot] = end;
  }

  private readLine(row: Row, lineStart: number, lineEnd: number): boolean {
    const { text } = row;
    let at = lineStart;
    while (at < lineEnd && isIndent(text[at])) at++;
    if (at === lineStart) return false;
    const nameStart = at;
    while (at < lineEnd && text[at] !== BLANK && text[at] !== EQUALS) at++;
    const nameEnd = at;
    while (at < lineEnd && text[at] === BLANK) at++;
    // Other operators than `=` (`:=`, `+=`) end in it too.
    if (at < lineEnd && text[at] !== EQUALS) at++;
    if (nameEnd === nameStart || at >= lineEnd || text[at] !== EQUALS) return false;
    at++;
    while (at < lineEnd && text[at] === BLANK) at++;
    const slot = this.names.find(text, nameStart, nameEnd);
    if (slot < 0) return true;
    let stop = lineEnd;
    while (stop > at && isIndent(text[stop - 1])) stop--;
    if (at < stop && text[at] === QUOTE) return this.readQuoted(row, slot, at, stop);
    this.put(row, slot, at, stop);
    return true;
  }

  private readQuoted(row: Row, slot: number, start: number, stop: number): boolean {
    const { text } = row;
    if (stop - start < 2 || text[stop - 1] !== QUOTE) return false;
    let at = start + 1;
    while (at < stop - 1 && text[at] !== BACKSLASH) at++;
    if (at === stop - 1) {
      this.put(row, slot, start + 1, stop - 1);
      return true;
    }
    if (!row.hasRoom(stop - start)) {
      row.fault = FAULT.room;
      return true;
    }
    const to = unescape(text, start + 1, stop - 1, row.arenaEnd);
    if (to < 0) return false;
    // An octal escape may have made any byte.
    row.high = true;
    this.put(row, slot, row.arenaEnd, to);
    row.arenaEnd = to;
    return true;
  }
}

function isIndent(byte: number): boolean {
  return byte === TAB || byte === BLANK;
}

const ESCAPES: Readonly<Record<number, number>> = { 110: 10, 114: 13, 116: 9 };

/** Backslash with n, r, t, three octal digits or any character itself. Returns where the result ends, -1 when torn. */
function unescape(text: Uint8Array, start: number, stop: number, to: number): number {
  for (let at = start; at < stop; at++) {
    let byte = text[at];
    if (byte === BACKSLASH) {
      if (++at >= stop) return -1;
      byte = ESCAPES[text[at]] ?? text[at];
      if (at + 2 < stop && isOctal(text[at]) && isOctal(text[at + 1]) && isOctal(text[at + 2])) {
        byte = ((text[at] - 48) << 6) | ((text[at + 1] - 48) << 3) | (text[at + 2] - 48);
        if (byte === 0 || byte > 255) return -1;
        at += 2;
      }
    }
    text[to++] = byte;
  }
  return to;
}

function isOctal(byte: number): boolean {
  return byte >= 48 && byte <= 55;
}
