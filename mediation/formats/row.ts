/**
 * The record being decoded: where its parts stand, and the values of its fields. One object per decoder, used again
 * for every record, so that decoding makes no garbage.
 *
 * A *slot* is a place in the record (a column, range, attribute or path); a *field* is a value made of slots.
 */

/** Longest record, and longest text value, in bytes. */
export const MAX_RECORD_BYTES = 65_535;

export class Row {
  /** Source bytes, then the arena. */
  text: Uint8Array = new Uint8Array(0);
  /** The same bytes, to look at four at a time. */
  view: DataView = new DataView(this.text.buffer);
  /** First free byte of the arena. */
  arenaEnd = 0;

  /** Where the format's constants stand in the arena of this slice. */
  constantsStart = 0;

  /** The record without its terminator: source bytes. */
  recordStart = 0;
  recordEnd = 0;
  /** The record ended with a terminator, so more bytes behind it cannot change it. */
  complete = false;
  /** Some byte of the record is 0x80 or above. */
  high = false;
  /** The slice is the first of its file. */
  first = false;
  /** What the splitter found wrong with the record as a whole; 0 when nothing. */
  fault = 0;
  /** Columns that the splitter found (delimited), or characters (fixed). */
  columns = 0;

  /** Per slot: [slotStart, slotEnd) in `text`, unescaped, in the source's 8-bit encoding. Equal when absent. */
  readonly slotStart: Uint32Array;
  readonly slotEnd: Uint32Array;

  /** Per field: whether it has a value; numbers, durations and times in base units; readings as digits and scale. */
  readonly present: Uint8Array;
  readonly number: Float64Array;
  readonly scale: Uint8Array;
  readonly textStart: Uint32Array;
  readonly textLength: Uint32Array;
  /** Index of a text among the values that the format names, -1 for another one. */
  readonly symbol: Int32Array;

  constructor(slots: number, fields: number) {
    this.slotStart = new Uint32Array(slots);
    this.slotEnd = new Uint32Array(slots);
    this.present = new Uint8Array(fields);
    this.number = new Float64Array(fields);
    this.scale = new Uint8Array(fields);
    this.textStart = new Uint32Array(fields);
    this.textLength = new Uint32Array(fields);
    this.symbol = new Int32Array(fields);
  }

  setText(text: Uint8Array): void {
    this.text = text;
    this.view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  }

  hasRoom(bytes: number): boolean {
    return this.arenaEnd + bytes <= this.text.length;
  }
}

/** Reads one field of the row; 0, or the number of the error code. */
export type FieldReader = (row: Row) => number;

/** Finds the records of a slice and the slots in them. */
export interface Splitter {
  /**
   * Splits the record that starts at `from` and returns where the next one starts. A record of no bytes is a blank
   * line. Sets `recordStart`, `recordEnd`, `complete`, `high`, `fault`, `columns` and the slots.
   */
  split(row: Row, from: number, end: number): number;
}

/** One that can put the slots of ordinary records, which are most, straight into columns. */
export interface PlainSplitter extends Splitter {
  readonly next: number;
  readonly columns: number;
  readonly recordEnd: number;
  /** True when the record was ordinary: then `next`, `columns` and `recordEnd` are its. The row stays as it was. */
  splitPlain(
    row: Row,
    starts: Uint32Array,
    ends: Uint32Array,
    stride: number,
    place: number,
    from: number,
    end: number,
  ): boolean;
}
