/** Digests of a record: who it is, and what it says. */
import { hash128, hash32 } from '../../platform/hash128.ts';
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { FormatField } from '../../schemas/format.ts';
import { FAULT } from './codes.ts';
import { typeOf } from './fields/compile-fields.ts';
import type { Row } from './row.ts';

const PIECE_SEED = 0x50494543;
const UNIT_SEPARATOR = 0x1f;
/** Longest number in digits, with sign, exponent and separator. */
const NUMBER_BYTES = 24;

export class Identity {
  /** Of the format: hashed before everything else. */
  readonly seed: number;
  /** Numbers of the identity fields. */
  readonly fields: Uint16Array;
  private readonly kinds: Uint8Array;
  private readonly numbers = new Float64Array(5);
  private readonly words = new Uint32Array(this.numbers.buffer);

  /** `fields`: numbers of the identity fields; none when all bytes of the record are its identity. */
  constructor(namespace: string, fields: readonly number[], specs: readonly FormatField[]) {
    const name = new TextEncoder().encode(namespace);
    this.seed = hash32(name, 0, name.length, 0);
    this.fields = Uint16Array.from(fields);
    this.kinds = Uint8Array.from(fields, (no) => ['text', 'reading'].indexOf(typeOf(specs[no])) + 1);
  }

  /** Digest over the source bytes: of occurrences, and of records that have no identity of their own. */
  ofBytes(row: Row, out: Uint32Array, index: number): void {
    // A piece is not the record that consists of the same bytes.
    const seed = row.fault === FAULT.piece ? this.seed ^ PIECE_SEED : this.seed;
    hash128(row.text, row.recordStart, row.recordEnd - row.recordStart, seed, out, index);
  }

  /**
   * Digest over what the record says: the columns written and the name of its class, not the bytes. A packet sent again
   * with another delay, or a call that comes in another layout, says the same.
   */
  contentOf(columns: RecordColumns, i: number, classSeed: number): number {
    const { numbers, words } = this;
    numbers[0] = columns.startMs[i];
    numbers[1] = columns.endMs[i];
    numbers[2] = columns.quantity[i];
    numbers[3] = columns.quantityUp[i];
    numbers[4] = columns.scale[i] * 256 + columns.quality[i];
    let hash = classSeed;
    for (let k = 0; k < words.length; k++) {
      hash = Math.imul(hash ^ words[k], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const { text, textOffset, textLength } = columns;
    for (let field = 0; field < textOffset.length; field++) {
      const length = textLength[field][i];
      if (length > 0) hash = hash32(text, textOffset[field][i], length, hash + field);
    }
    return hash;
  }

  /** Seed for the content of a class. */
  static classSeed(name: string): number {
    const bytes = new TextEncoder().encode(name);
    return hash32(bytes, 0, bytes.length, 0);
  }

  /**
   * Digest over the values, not the way they are written: texts as UTF-8, times as UTC milliseconds, numbers in base
   * units. They are laid out at the end of the arena and forgotten. False when it has no room for them.
   */
  ofFields(row: Row, out: Uint32Array, index: number): boolean {
    const { text } = row;
    let at = row.arenaEnd;
    for (let i = 0; i < this.fields.length; i++) {
      const field = this.fields[i];
      const length = this.kinds[i] === 1 ? row.textLength[field] : 0;
      if (at + length + NUMBER_BYTES > text.length) return false;
      if (i > 0) text[at++] = UNIT_SEPARATOR;
      if (row.present[field] === 0) continue;
      if (this.kinds[i] === 1) {
        const from = row.textStart[field];
        for (let k = 0; k < length; k++) text[at++] = text[from + k];
      } else if (this.kinds[i] === 2) at = putReading(text, at, row.number[field], row.scale[field]);
      else at = putWhole(text, at, row.number[field]);
    }
    hash128(text, row.arenaEnd, at - row.arenaEnd, this.seed, out, index);
    return true;
  }

  /** Whether at least one identity field has a value. */
  isPresent(row: Row): boolean {
    for (let i = 0; i < this.fields.length; i++) if (row.present[this.fields[i]] === 1) return true;
    return false;
  }

  get firstField(): number {
    return this.fields[0];
  }

  /** Arena bytes that the values of one record of that many bytes need at most. */
  roomFor(recordBytes: number): number {
    return this.fields.length * (recordBytes + NUMBER_BYTES);
  }
}

/** A reading without the zeros at its end: 12.50 is 12.5. */
function putReading(text: Uint8Array, at: number, digits: number, scale: number): number {
  while (scale > 0 && digits % 10 === 0) {
    digits /= 10;
    scale--;
  }
  at = putWhole(text, at, digits);
  text[at++] = 0x65;
  return putWhole(text, at, scale);
}

function putWhole(text: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    text[at++] = 45;
    value = -value;
  }
  let width = 1;
  for (let power = 10; power <= value; power *= 10) width++;
  const end = at + width;
  for (let place = end - 1; place >= at; place--) {
    const rest = Math.floor(value / 10);
    text[place] = 48 + (value - rest * 10);
    value = rest;
  }
  return end;
}
