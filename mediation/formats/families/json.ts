/**
 * One JSON object per line (RFC 8259), read where it stands: a tree of the wanted keys is walked together with the
 * bytes, so no object is made. Numbers stay digits. Of equal keys the last one counts.
 */
import { FAULT } from '../codes.ts';
import { MAX_RECORD_BYTES } from '../row.ts';
import type { Row, Splitter } from '../row.ts';
import { ByteTable } from '../fields/byte-table.ts';
import { putCodePoint } from '../fields/transcode.ts';

const [LF, QUOTE, BACKSLASH, COMMA, COLON] = [10, 34, 92, 44, 58];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [91, 93, 123, 125];
const MAX_DEPTH = 64;

/** A key that some path goes through. */
interface PathNode {
  keys: ByteTable;
  children: PathNode[];
  /** Children that are elements of a list: `ENERGY.Total.0`. */
  items: (PathNode | null)[];
  /** Slot of the value, -1 when only deeper values are wanted. */
  slot: number;
}

function pathTree(paths: readonly (readonly string[])[], slots: readonly number[]): PathNode {
  const own = paths.findIndex((path) => path.length === 0);
  const keys = [...new Set(paths.flatMap((path) => path.slice(0, 1)))];
  const children = keys.map((key) => {
    const below = paths.map((path, i) => ({ path, slot: slots[i] })).filter(({ path }) => path[0] === key);
    return pathTree(
      below.map(({ path }) => path.slice(1)),
      below.map(({ slot }) => slot),
    );
  });
  const indexes = keys.map((key) => (/^\d{1,3}$/.test(key) ? Number(key) : -1));
  const items = Array.from(
    { length: Math.max(-1, ...indexes) + 1 },
    (_, index) => children[indexes.indexOf(index)] ?? null,
  );
  return { keys: new ByteTable(keys), children, items, slot: own < 0 ? -1 : slots[own] };
}

export class JsonSplitter implements Splitter {
  private readonly tree: PathNode;
  private row!: Row;
  private text!: Uint8Array;
  private at = 0;
  private end = 0;
  /** Where the last string read stands, unescaped. */
  private stringStart = 0;
  private stringEnd = 0;

  /** `slots`: where the values of the paths go, when not in the order of the paths. */
  constructor(paths: readonly string[], slots: readonly number[] = paths.map((_, slot) => slot)) {
    this.tree = pathTree(
      paths.map((path) => path.split('.')),
      slots,
    );
  }

  split(row: Row, from: number, end: number): number {
    const { text } = row;
    let bits = 0;
    let content = 0;
    let stop = from;
    for (; stop < end && text[stop] !== LF; stop++) {
      bits |= text[stop];
      if (text[stop] > 32) content++;
    }
    row.slotStart.fill(from);
    row.slotEnd.fill(from);
    row.recordStart = row.recordEnd = from;
    row.complete = stop < end;
    row.high = bits >= 0x80;
    row.fault = 0;
    const next = stop < end ? stop + 1 : end;
    if (content === 0) return next;
    if (text[stop - 1] === 13) stop--;
    row.recordEnd = stop;
    if (stop - from > MAX_RECORD_BYTES) row.fault = FAULT.tooLong;
    else this.readLine(row, from, stop);
    return next;
  }

  /** Reads an object that stands in `row.text[from, stop)`, over several lines too; the slots must be empty. */
  readLine(row: Row, from: number, stop: number): void {
    this.row = row;
    this.text = row.text;
    this.at = from;
    this.end = stop;
    this.blanks();
    const good = this.at < stop && row.text[this.at] === OPEN && this.readValue(this.tree, 0);
    this.blanks();
    if ((!good || this.at !== stop) && row.fault === 0) row.fault = FAULT.json;
  }

  private blanks(): void {
    while (this.at < this.end) {
      const byte = this.text[this.at];
      if (byte !== 32 && byte !== 9 && byte !== LF && byte !== 13) return;
      this.at++;
    }
  }

  private take(byte: number): boolean {
    this.blanks();
    if (this.at >= this.end || this.text[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  private readValue(node: PathNode | null, depth: number): boolean {
    this.blanks();
    if (this.at >= this.end || depth > MAX_DEPTH) return false;
    if (node !== null && node.slot >= 0) this.row.slotStart[node.slot] = this.row.slotEnd[node.slot] = this.at;
    const first = this.text[this.at];
    if (first === OPEN) return this.readObject(node, depth);
    if (first === OPEN_LIST) return this.readList(node, depth);
    if (first === QUOTE) {
      if (!this.readString(node !== null && node.slot >= 0)) return false;
    } else if (!this.readWord()) return false;
    if (node !== null && node.slot >= 0 && this.stringStart >= 0) {
      this.row.slotStart[node.slot] = this.stringStart;
      this.row.slotEnd[node.slot] = this.stringEnd;
    }
    return true;
  }

  private readObject(node: PathNode | null, depth: number): boolean {
    this.at++;
    if (this.take(CLOSE)) return true;
    for (;;) {
      this.blanks();
      if (this.at >= this.end || this.text[this.at] !== QUOTE || !this.readString(true)) return false;
      const key = node === null ? -1 : node.keys.find(this.text, this.stringStart, this.stringEnd);
      if (!this.take(COLON) || !this.readValue(key < 0 ? null : node!.children[key], depth + 1)) return false;
      if (this.take(CLOSE)) return true;
      if (!this.take(COMMA)) return false;
    }
  }

  private readList(node: PathNode | null, depth: number): boolean {
    this.at++;
    if (this.take(CLOSE_LIST)) return true;
    for (let index = 0; ; index++) {
      const item = node !== null && index < node.items.length ? node.items[index] : null;
      if (!this.readValue(item, depth + 1)) return false;
      if (this.take(CLOSE_LIST)) return true;
      if (!this.take(COMMA)) return false;
    }
  }

  /** Sets `stringStart` and `stringEnd`; in the arena when it had escapes and is wanted. */
  private readString(wanted: boolean): boolean {
    const { text, end } = this;
    const start = ++this.at;
    let escapes = false;
    for (; this.at < end && text[this.at] !== QUOTE; this.at++) {
      if (text[this.at] < 32) return false;
      if (text[this.at] === BACKSLASH) {
        escapes = true;
        this.at++;
      }
    }
    if (this.at >= end) return false;
    this.stringStart = start;
    this.stringEnd = this.at++;
    return !escapes || this.unescape(start, this.stringEnd, wanted);
  }

  private unescape(start: number, stop: number, wanted: boolean): boolean {
    const { text, row } = this;
    if (!row.hasRoom(stop - start)) {
      row.fault = FAULT.room;
      return false;
    }
    let to = row.arenaEnd;
    for (let at = start; at < stop; at++) {
      if (text[at] !== BACKSLASH) {
        text[to++] = text[at];
        continue;
      }
      const letter = text[++at];
      if (letter !== 117) {
        const byte = SIMPLE_ESCAPES[letter];
        if (byte === undefined) return false;
        text[to++] = byte;
        continue;
      }
      let point = hex4(text, at + 1, stop);
      if (point < 0) return false;
      at += 4;
      if (point >= 0xd800 && point < 0xdc00 && text[at + 1] === BACKSLASH && text[at + 2] === 117) {
        const low = hex4(text, at + 3, stop);
        if (low >= 0xdc00 && low < 0xe000) {
          point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
          at += 6;
        }
      }
      if (point === 0) row.fault = FAULT.nul;
      if (point >= 0x80) row.high = true;
      to = putCodePoint(text, to, point);
    }
    if (wanted) {
      this.stringStart = row.arenaEnd;
      this.stringEnd = to;
      row.arenaEnd = to;
    }
    return true;
  }

  /** A number, true, false or null; null counts as absent. */
  private readWord(): boolean {
    const { text, end } = this;
    const start = this.at;
    while (this.at < end && isWordByte(text[this.at])) this.at++;
    this.stringStart = start;
    this.stringEnd = this.at;
    if (isNumber(text, start, this.at)) return true;
    const literal = LITERALS.find(text, start, this.at);
    if (literal === 2) this.stringStart = -1;
    return literal >= 0;
  }
}

const LITERALS = new ByteTable(['true', 'false', 'null']);
const SIMPLE_ESCAPES: Readonly<Record<number, number>> = {
  34: 34,
  47: 47,
  92: 92,
  98: 8,
  102: 12,
  110: 10,
  114: 13,
  116: 9,
};

function isWordByte(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 57) ||
    (byte >= 97 && byte <= 122) ||
    byte === 43 ||
    byte === 45 ||
    byte === 46 ||
    byte === 69
  );
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** RFC 8259 section 6. */
function isNumber(text: Uint8Array, start: number, end: number): boolean {
  let at = start;
  const digits = (): boolean => {
    const first = at;
    while (at < end && isDigit(text[at])) at++;
    return at > first;
  };
  if (at < end && text[at] === 45) at++;
  if (at < end && text[at] === 48) at++;
  else if (!digits()) return false;
  if (at < end && text[at] === 46) {
    at++;
    if (!digits()) return false;
  }
  if (at < end && (text[at] === 69 || text[at] === 101)) {
    at++;
    if (at < end && (text[at] === 43 || text[at] === 45)) at++;
    if (!digits()) return false;
  }
  return at === end;
}

function hex4(text: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = text[i] | 32;
    const digit = byte >= 97 && byte <= 102 ? byte - 87 : isDigit(text[i]) ? text[i] - 48 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}
