/**
 * Identifier bytes → dense key number and a value, without allocating on the way.
 *
 *   slots   [ hash, k+1 | 0, 0 | ... ]                    open addressing, linear probing, at most half full
 *   rows    [ offset, kind and length, hash, value ]      one row per key: one line of the processor's cache
 *   arena   380441234567town-01...                        the keys' bytes, end to end
 *
 * Keys are never removed: a key without assignments costs a row and answers "nobody".
 */
import { withRoom } from './growable.ts';

/** Longest identifier in bytes; longer text is never found. */
export const KEY_BYTES_MAX = 255;

const OFFSET = 0;
const SHAPE = 1;
const HASH = 2;
const VALUE = 3;
const WIDTH = 4;

export class KeyTable {
  count = 0;
  private slots = new Int32Array(2 * 1024);
  private rows = new Int32Array(512 * WIDTH);
  private arena = new Uint8Array(8192);
  private arenaView = new DataView(this.arena.buffer);
  private arenaEnd = 0;
  private readonly initial: number;
  // The text of the last question, to look at four bytes at a time: many questions are asked about the same text.
  private text: Uint8Array = this.arena;
  private textView: DataView = this.arenaView;

  /** `initial` is the value of a new key. */
  constructor(initial: number) {
    this.initial = initial;
  }

  /** Number of the key, or -1. */
  find(kindNo: number, text: Uint8Array, offset: number, length: number): number {
    const view = this.viewOf(text);
    const hash = hashOf(kindNo, view, offset, length);
    const { slots } = this;
    const mask = (slots.length >> 1) - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const key = slots[2 * slot + 1] - 1;
      if (key < 0) return -1;
      if (slots[2 * slot] === hash && this.same(key, kindNo, view, offset, length)) return key;
    }
  }

  /**
   * `find` for many: in steps, each over all of them. A large table is not in the processor's cache, and while one
   * question waits for its memory the next ones' is already on the way.
   */
  findMany(
    kindNo: number,
    text: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint16Array,
    count: number,
    keys: Int32Array,
  ): void {
    const view = this.viewOf(text);
    const { slots } = this;
    const mask = (slots.length >> 1) - 1;
    for (let i = 0; i < count; i++) keys[i] = hashOf(kindNo, view, offsets[i], lengths[i]);
    for (let i = 0; i < count; i++) {
      const hash = keys[i];
      let slot = hash & mask;
      while (slots[2 * slot + 1] !== 0 && slots[2 * slot] !== hash) slot = (slot + 1) & mask;
      keys[i] = slots[2 * slot + 1] - 1;
    }
    for (let i = 0; i < count; i++) {
      const key = keys[i];
      if (key < 0 || this.same(key, kindNo, view, offsets[i], lengths[i])) continue;
      // Another key with the same hash stands in front.
      keys[i] = this.find(kindNo, text, offsets[i], lengths[i]);
    }
  }

  value(key: number): number {
    return this.rows[key * WIDTH + VALUE];
  }

  setValue(key: number, value: number): void {
    this.rows[key * WIDTH + VALUE] = value;
  }

  /** Number of the key, given now when it is new. */
  add(kindNo: number, text: Uint8Array): number {
    if (text.length > KEY_BYTES_MAX) throw new RangeError(`identifier of ${text.length} bytes`);
    const found = this.find(kindNo, text, 0, text.length);
    if (found >= 0) return found;
    const key = this.count++;
    this.rows = withRoom(this.rows, this.count * WIDTH);
    const arena = withRoom(this.arena, this.arenaEnd + text.length);
    if (arena !== this.arena) this.arenaView = new DataView(arena.buffer);
    this.arena = arena;
    this.rows[key * WIDTH + OFFSET] = this.arenaEnd;
    this.rows[key * WIDTH + SHAPE] = shapeOf(kindNo, text.length);
    this.rows[key * WIDTH + HASH] = hashOf(kindNo, this.viewOf(text), 0, text.length);
    this.rows[key * WIDTH + VALUE] = this.initial;
    this.arena.set(text, this.arenaEnd);
    this.arenaEnd += text.length;
    if (this.count * 4 > this.slots.length) this.rehash();
    else this.place(key);
    return key;
  }

  get bytes(): number {
    return this.slots.byteLength + this.rows.byteLength + this.arena.byteLength;
  }

  private viewOf(text: Uint8Array): DataView {
    if (text !== this.text) {
      this.textView = new DataView(text.buffer, text.byteOffset, text.byteLength);
      this.text = text;
    }
    return this.textView;
  }

  private same(key: number, kindNo: number, view: DataView, offset: number, length: number): boolean {
    const { rows, arenaView } = this;
    if (rows[key * WIDTH + SHAPE] !== shapeOf(kindNo, length)) return false;
    const shift = rows[key * WIDTH + OFFSET] - offset;
    const end = offset + length;
    let at = offset;
    for (; at <= end - 4; at += 4) if (arenaView.getInt32(at + shift, true) !== view.getInt32(at, true)) return false;
    for (; at < end; at++) if (arenaView.getUint8(at + shift) !== view.getUint8(at)) return false;
    return true;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    for (let key = 0; key < this.count; key++) this.place(key);
  }

  private place(key: number): void {
    const hash = this.rows[key * WIDTH + HASH];
    const mask = (this.slots.length >> 1) - 1;
    let slot = hash & mask;
    while (this.slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    this.slots[2 * slot] = hash;
    this.slots[2 * slot + 1] = key + 1;
  }
}

function shapeOf(kindNo: number, length: number): number {
  return (kindNo << 16) | length;
}

/** Over the bytes, four at a time, stirred at the end so that consecutive numbers spread over the slots. */
function hashOf(kindNo: number, view: DataView, offset: number, length: number): number {
  const end = offset + length;
  let hash = 0x811c9dc5 ^ shapeOf(kindNo, length);
  let at = offset;
  for (; at <= end - 4; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) | 0;
}
