/**
 * ClickHouse's Native format, one block: varint columns, varint rows, then per column its name, its type and its data.
 * Values are little-endian, strings are varint length and bytes, LowCardinality is a dictionary and an index.
 *
 * Columns are gathered from typed arrays through a row index, into a buffer that is used again. Nothing is
 * allocated per row, and 64-bit integers are two 32-bit halves: BigInt would cost more than everything else together.
 */
import { TollgridError } from '../platform/errors.ts';
import { BlockBuffers, releaseBuffer } from './block-buffers.ts';
import type { Table } from './tables.ts';

type Numbers = Uint8Array | Uint16Array | Uint32Array;

const TWO_32 = 2 ** 32;
const MAX_EXACT = Number.MAX_SAFE_INTEGER;
const encoder = new TextEncoder();

/** Version and flags of a serialised dictionary: additional keys follow, the index has 1, 2 or 4 bytes. */
const LC_VERSION = 1;
const LC_ADDITIONAL_KEYS = 0x200;

export class NativeBlockWriter {
  private readonly headers = new Map<string, Uint8Array>();
  private readonly table: Table;
  private readonly buffers: BlockBuffers;
  private bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes: values stand where the ones before them end, on no boundary. */
  private view = new DataView(this.bytes.buffer);
  /** Length of the last block: the next one will be about as long. */
  private expectedBytes = 0;
  private at = 0;
  private rows = 0;
  private written = 0;
  /** Dictionary number → number in the block's dictionary; 0 means not met yet. */
  private localKey = new Uint32Array(256);

  constructor(table: Table, buffers = new BlockBuffers()) {
    this.table = table;
    this.buffers = buffers;
    for (const { name, type } of table.columns) {
      this.headers.set(name, Uint8Array.from([...textWithLength(name), ...textWithLength(type)]));
    }
  }

  begin(rows: number): this {
    this.use(this.buffers.take(this.expectedBytes + 20));
    this.at = 0;
    this.rows = rows;
    this.written = 0;
    this.varint(this.table.columns.length);
    this.varint(rows);
    return this;
  }

  /** The finished block. Its memory is used again after `releaseBuffer`. */
  finish(): Uint8Array {
    if (this.written !== this.table.columns.length) throw new Error(`${this.table.name}: a column is missing`);
    this.expectedBytes = this.at;
    return this.bytes.subarray(0, this.at);
  }

  /** Int64, UInt64, DateTime64(3) from ms, Decimal(18, 6) from micro-units: whole numbers up to ±2^53. */
  int64(name: string, source: Float64Array, index: Uint32Array): this {
    let at = this.column(name, 8);
    const { rows, view } = this;
    for (let i = 0; i < rows; i++) {
      const value = source[index[i]];
      const high = Math.floor(value / TWO_32);
      if (!(value <= MAX_EXACT && value >= -MAX_EXACT) || Math.floor(value) !== value) this.overflow(name);
      view.setUint32(at, value - high * TWO_32, true);
      view.setInt32(at + 4, high, true);
      at += 8;
    }
    return this;
  }

  /** Decimal(38, 6) from micro-units up to ±2^53: the upper 64 bits repeat the sign. */
  int128(name: string, source: Float64Array, index: Uint32Array): this {
    let at = this.column(name, 16);
    const { rows, view } = this;
    for (let i = 0; i < rows; i++) {
      const value = source[index[i]];
      const high = Math.floor(value / TWO_32);
      if (!(value <= MAX_EXACT && value >= -MAX_EXACT) || Math.floor(value) !== value) this.overflow(name);
      const sign = high < 0 ? -1 : 0;
      view.setUint32(at, value - high * TWO_32, true);
      view.setInt32(at + 4, high, true);
      view.setInt32(at + 8, sign, true);
      view.setInt32(at + 12, sign, true);
      at += 16;
    }
    return this;
  }

  uint32(name: string, source: Numbers, index: Uint32Array): this {
    let at = this.column(name, 4);
    const { rows, view } = this;
    for (let i = 0; i < rows; i++) {
      view.setUint32(at, source[index[i]], true);
      at += 4;
    }
    return this;
  }

  /** UInt32 values that stand in row order already. */
  fixedUint32(name: string, values: Uint32Array): this {
    let at = this.column(name, 4);
    const { rows, view } = this;
    for (let i = 0; i < rows; i++) {
      view.setUint32(at, values[i], true);
      at += 4;
    }
    return this;
  }

  /** UInt16 and Date (days since 1970). */
  uint16(name: string, source: Numbers, index: Uint32Array): this {
    let at = this.column(name, 2);
    const { rows, view } = this;
    for (let i = 0; i < rows; i++) {
      view.setUint16(at, source[index[i]], true);
      at += 2;
    }
    return this;
  }

  /** UInt8, Int8 and Enum8. */
  uint8(name: string, source: Numbers, index: Uint32Array): this {
    const at = this.column(name, 1);
    const { rows, bytes } = this;
    for (let i = 0; i < rows; i++) bytes[at + i] = source[index[i]]!;
    return this;
  }

  /** FixedString(16) from four words of 32 bits per row. */
  fixedString16(name: string, words: Uint32Array, index: Uint32Array): this {
    let at = this.column(name, 16);
    const { rows, view } = this;
    for (let i = 0; i < rows; i++) {
      const from = 4 * index[i];
      view.setUint32(at, words[from], true);
      view.setUint32(at + 4, words[from + 1], true);
      view.setUint32(at + 8, words[from + 2], true);
      view.setUint32(at + 12, words[from + 3], true);
      at += 16;
    }
    return this;
  }

  /** The same value in each row; `bytesPerRow` is 1, 2, 4 or 8. */
  constant(name: string, value: number, bytesPerRow: 1 | 2 | 4 | 8): this {
    let at = this.column(name, bytesPerRow);
    const { rows, view, bytes } = this;
    if (bytesPerRow === 8) {
      const high = Math.floor(value / TWO_32);
      const low = value - high * TWO_32;
      for (let i = 0; i < rows; i++, at += 8) {
        view.setUint32(at, low, true);
        view.setInt32(at + 4, high, true);
      }
    } else if (bytesPerRow === 4) for (let i = 0; i < rows; i++, at += 4) view.setUint32(at, value, true);
    else if (bytesPerRow === 2) for (let i = 0; i < rows; i++, at += 2) view.setUint16(at, value, true);
    else bytes.fill(value, at, at + rows);
    return this;
  }

  /** String: row i is `lengths[i]` bytes of `text` from `offsets[i]`. */
  strings(name: string, text: Uint8Array, offsets: Uint32Array, lengths: Uint32Array): this {
    const { rows } = this;
    let total = 0;
    for (let i = 0; i < rows; i++) total += lengths[i];
    this.header(name);
    // Copied in whole words: what is written behind the end of a text is written over by the next one.
    this.reserve(total + 5 * rows + 3);
    const { bytes, view } = this;
    const source = new DataView(text.buffer, text.byteOffset, text.byteLength);
    const wordsEnd = text.length - 3;
    let at = this.at;
    for (let i = 0; i < rows; i++) {
      const length = lengths[i];
      const from = offsets[i];
      if (length < 128) bytes[at++] = length;
      else {
        let rest = length;
        for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) + 128;
        bytes[at++] = rest;
      }
      if (length < 64 && from + length <= wordsEnd) {
        for (let j = 0; j < length; j += 4) view.setInt32(at + j, source.getInt32(from + j, true), true);
      } else bytes.set(text.subarray(from, from + length), at);
      at += length;
    }
    this.at = at;
    return this;
  }

  emptyStrings(name: string): this {
    return this.constant(name, 0, 1);
  }

  /** LowCardinality(String) from numbers into a dictionary. Only the keys that occur are sent. */
  lowCardinality(name: string, source: Numbers, index: Uint32Array, dictionary: readonly string[]): this {
    const { rows } = this;
    if (this.localKey.length < dictionary.length) this.localKey = new Uint32Array(dictionary.length * 2);
    const { localKey } = this;
    // Key 0 of every dictionary is the default value, so those of the rows start at 1.
    const met: number[] = [];
    for (let i = 0; i < rows; i++) {
      const number = source[index[i]];
      if (localKey[number] !== 0) continue;
      if (number >= dictionary.length) throw new Error(`${name}: no such number in the dictionary: ${number}`);
      localKey[number] = met.push(number);
    }
    const width = met.length < 256 ? 1 : met.length < 65_536 ? 2 : 4;
    let at = this.dictionary(
      name,
      met.map((number) => dictionary[number]),
      width,
    );
    const { bytes, view } = this;
    if (met.length === 1) bytes.fill(1, at, at + rows);
    else if (width === 1) for (let i = 0; i < rows; i++) bytes[at++] = localKey[source[index[i]]];
    else if (width === 2) for (let i = 0; i < rows; i++, at += 2) view.setUint16(at, localKey[source[index[i]]], true);
    else for (let i = 0; i < rows; i++, at += 4) view.setUint32(at, localKey[source[index[i]]], true);
    for (const number of met) localKey[number] = 0;
    return this;
  }

  /** LowCardinality(String) with the same value in each row. */
  constantKey(name: string, value: string): this {
    const at = this.dictionary(name, value === '' ? [] : [value], 1);
    this.bytes.fill(value === '' ? 0 : 1, at, at + this.rows);
    return this;
  }

  /** Everything of a dictionary column but the index, for which there is room at the place that is returned. */
  private dictionary(name: string, keys: readonly string[], width: 1 | 2 | 4): number {
    this.header(name);
    if (this.rows === 0) return this.at;
    this.reserve(32);
    this.uint64(LC_VERSION);
    this.uint64(LC_ADDITIONAL_KEYS + (width >> 1));
    this.uint64(keys.length + 1);
    this.bytes[this.at++] = 0;
    for (const key of keys) this.append(textWithLength(key));
    this.reserve(8);
    this.uint64(this.rows);
    return this.room(this.rows * width);
  }

  /** Begins a column of values of one size; returns where the first of them goes. */
  private column(name: string, bytesPerRow: number): number {
    this.header(name);
    return this.room(this.rows * bytesPerRow);
  }

  private room(length: number): number {
    this.reserve(length);
    const from = this.at;
    this.at += length;
    return from;
  }

  private header(name: string): void {
    const header = this.headers.get(name);
    if (!header) throw new Error(`${this.table.name} has no column ${name}`);
    this.written++;
    this.append(header);
  }

  private append(part: Uint8Array): this {
    this.reserve(part.length);
    this.bytes.set(part, this.at);
    this.at += part.length;
    return this;
  }

  private varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes[this.at++] = (rest % 128) + 128;
    this.bytes[this.at++] = rest;
  }

  private uint64(value: number): void {
    for (let i = 0, rest = value; i < 8; i++, rest = Math.floor(rest / 256)) this.bytes[this.at++] = rest % 256;
  }

  private reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const larger = this.buffers.take(Math.max(this.at + more, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.at));
    releaseBuffer(this.bytes);
    this.use(larger);
  }

  private use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private overflow(column: string): never {
    throw new TollgridError('LEDGER_OVERFLOW', `A value of ${this.table.name}.${column} is beyond the exact range`, {
      table: this.table.name,
      column,
    });
  }
}

function textWithLength(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Uint8Array.from([...length, rest, ...bytes]);
}
