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
  /** Length of the last block: the next one will be about as long. */
  private expectedBytes = 0;
  private at = 0;
  private rows = 0;
  private written = 0;
  /** Aligned working space of one column, in three widths over the same bytes. */
  private scratch32 = new Uint32Array(0);
  private scratch16 = new Uint16Array(0);
  private scratch8 = new Uint8Array(0);
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
    this.bytes = this.buffers.take(this.expectedBytes + 20);
    this.at = 0;
    this.rows = rows;
    this.written = 0;
    if (this.scratch8.length < rows * 16) {
      const space = new ArrayBuffer(Math.ceil(rows * 1.25) * 16);
      this.scratch32 = new Uint32Array(space);
      this.scratch16 = new Uint16Array(space);
      this.scratch8 = new Uint8Array(space);
    }
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
    const { rows, scratch32 } = this;
    for (let i = 0; i < rows; i++) {
      const value = source[index[i]];
      const high = Math.floor(value / TWO_32);
      if (!(value <= MAX_EXACT && value >= -MAX_EXACT) || Math.floor(value) !== value) this.overflow(name);
      scratch32[2 * i] = value - high * TWO_32;
      scratch32[2 * i + 1] = high;
    }
    return this.fixed(name, rows * 8);
  }

  /** Decimal(38, 6) from micro-units up to ±2^53: the upper 64 bits repeat the sign. */
  int128(name: string, source: Float64Array, index: Uint32Array): this {
    const { rows, scratch32 } = this;
    for (let i = 0; i < rows; i++) {
      const value = source[index[i]];
      const high = Math.floor(value / TWO_32);
      if (!(value <= MAX_EXACT && value >= -MAX_EXACT) || Math.floor(value) !== value) this.overflow(name);
      scratch32[4 * i] = value - high * TWO_32;
      scratch32[4 * i + 1] = high;
      scratch32[4 * i + 2] = scratch32[4 * i + 3] = high < 0 ? 0xffffffff : 0;
    }
    return this.fixed(name, rows * 16);
  }

  uint32(name: string, source: Numbers, index: Uint32Array): this {
    const { rows, scratch32 } = this;
    for (let i = 0; i < rows; i++) scratch32[i] = source[index[i]]!;
    return this.fixed(name, rows * 4);
  }

  /** UInt32 values that stand in row order already. */
  fixedUint32(name: string, values: Uint32Array): this {
    this.scratch32.set(values.subarray(0, this.rows));
    return this.fixed(name, this.rows * 4);
  }

  /** UInt16 and Date (days since 1970). */
  uint16(name: string, source: Numbers, index: Uint32Array): this {
    const { rows, scratch16 } = this;
    for (let i = 0; i < rows; i++) scratch16[i] = source[index[i]]!;
    return this.fixed(name, rows * 2);
  }

  /** UInt8, Int8 and Enum8. */
  uint8(name: string, source: Numbers, index: Uint32Array): this {
    const { rows, scratch8 } = this;
    for (let i = 0; i < rows; i++) scratch8[i] = source[index[i]]!;
    return this.fixed(name, rows);
  }

  /** FixedString(16) from four words of 32 bits per row. */
  fixedString16(name: string, words: Uint32Array, index: Uint32Array): this {
    const { rows, scratch32 } = this;
    for (let i = 0; i < rows; i++) {
      const from = 4 * index[i];
      scratch32[4 * i] = words[from]!;
      scratch32[4 * i + 1] = words[from + 1]!;
      scratch32[4 * i + 2] = words[from + 2]!;
      scratch32[4 * i + 3] = words[from + 3]!;
    }
    return this.fixed(name, rows * 16);
  }

  /** The same value in each row; `bytesPerRow` is 1, 2, 4 or 8. */
  constant(name: string, value: number, bytesPerRow: 1 | 2 | 4 | 8): this {
    const { rows } = this;
    if (bytesPerRow === 8) {
      const high = Math.floor(value / TWO_32);
      const low = value - high * TWO_32;
      for (let i = 0; i < rows; i++) {
        this.scratch32[2 * i] = low;
        this.scratch32[2 * i + 1] = high;
      }
    } else if (bytesPerRow === 4) this.scratch32.fill(value, 0, rows);
    else if (bytesPerRow === 2) this.scratch16.fill(value, 0, rows);
    else this.scratch8.fill(value, 0, rows);
    return this.fixed(name, rows * bytesPerRow);
  }

  /** String: row i is `lengths[i]` bytes of `text` from `offsets[i]`. */
  strings(name: string, text: Uint8Array, offsets: Uint32Array, lengths: Uint32Array): this {
    const { rows } = this;
    let total = 0;
    for (let i = 0; i < rows; i++) total += lengths[i];
    this.header(name);
    this.reserve(total + 5 * rows);
    const { bytes } = this;
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
      if (length < 64) for (let j = 0; j < length; j++) bytes[at + j] = text[from + j]!;
      else bytes.set(text.subarray(from, from + length), at);
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
    const { rows, scratch32, scratch8 } = this;
    if (this.localKey.length < dictionary.length) this.localKey = new Uint32Array(dictionary.length * 2);
    const { localKey } = this;
    const met: number[] = [];
    // Key 0 of every dictionary is the default value, so those of the rows start at 1. An index of four bytes is made
    // first and narrowed in place when the keys turn out to be few, as nearly always.
    for (let i = 0; i < rows; i++) {
      const number = source[index[i]];
      let key = localKey[number];
      if (key === 0) {
        if (number >= dictionary.length) throw new Error(`${name}: no such number in the dictionary: ${number}`);
        key = localKey[number] = met.push(number);
      }
      scratch32[i] = key;
    }
    const width = met.length < 256 ? 1 : met.length < 65_536 ? 2 : 4;
    if (width === 1) for (let i = 0; i < rows; i++) scratch8[i] = scratch32[i]!;
    else if (width === 2) for (let i = 0; i < rows; i++) this.scratch16[i] = scratch32[i]!;
    for (const number of met) localKey[number] = 0;
    return this.dictionary(
      name,
      met.map((number) => dictionary[number]),
      width,
    );
  }

  /** LowCardinality(String) with the same value in each row. */
  constantKey(name: string, value: string): this {
    this.scratch8.fill(value === '' ? 0 : 1, 0, this.rows);
    return this.dictionary(name, value === '' ? [] : [value], 1);
  }

  private dictionary(name: string, keys: readonly string[], width: 1 | 2 | 4): this {
    this.header(name);
    if (this.rows === 0) return this;
    this.reserve(32);
    this.uint64(LC_VERSION);
    this.uint64(LC_ADDITIONAL_KEYS + (width >> 1));
    this.uint64(keys.length + 1);
    this.bytes[this.at++] = 0;
    for (const key of keys) this.append(textWithLength(key));
    this.reserve(8);
    this.uint64(this.rows);
    return this.append(this.scratch8.subarray(0, this.rows * width));
  }

  private fixed(name: string, length: number): this {
    this.header(name);
    return this.append(this.scratch8.subarray(0, length));
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
    this.bytes = larger;
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
