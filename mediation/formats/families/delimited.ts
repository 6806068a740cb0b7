/** Separated columns, quoted or not. RFC 4180 with the liberties that exchanges take. */
import { FAULT } from '../codes.ts';
import { MAX_RECORD_BYTES } from '../row.ts';
import type { PlainSplitter, Row } from '../row.ts';

const LF = 10;
const CR = 13;
const [ORDINARY, SEPARATOR, QUOTE, LINE_END, NUL, HIGH] = [0, 1, 2, 3, 4, 5];

/**
 * Marks that `x ^ (mark ^ 0x20)` takes to 0x20 while control characters stay below it, so that one comparison of a byte
 * finds both. All marks that quote in practice are such.
 */
const EASY_QUOTE_MIN = 0x20;
const EASY_QUOTE_MAX = 0x3f;

export interface DelimitedOptions {
  separator: string;
  /** '' when nothing is quoted. */
  quote: string;
  escape: 'doubled' | 'none';
  multiline: boolean;
  /** Columns that some field reads: only these are unescaped. */
  used: readonly number[];
}

export class DelimitedSplitter implements PlainSplitter {
  private readonly bare = new Uint8Array(256);
  private readonly quoted = new Uint8Array(256);
  private readonly separator: number;
  private readonly quote: number;
  /** The separator four times. */
  private readonly separators: number;
  /** What takes the quote to 0x20, four times. */
  private readonly quoteFlips: number;
  /** The quote and what follows it, as the words that stand in the file. */
  private readonly quoteSeparator: number;
  private readonly quoteLineEnd: number;
  private readonly quoteReturn: number;
  private readonly isEasy: boolean;
  private readonly doubled: boolean;
  private readonly multiline: boolean;
  private readonly used: Uint8Array;
  // Of the record being split:
  private high = false;
  private fault = 0;
  /** More bytes could still close its quotes. */
  private uncertain = false;
  private complete = false;
  private escaped = false;
  /** Where the next column or record starts. */
  next = 0;
  /** Columns found so far. */
  columns = 0;
  /** Where the bytes of a plain record end. */
  recordEnd = 0;

  constructor(options: DelimitedOptions, slots: number) {
    this.separator = options.separator.charCodeAt(0);
    this.quote = options.quote === '' ? -1 : options.quote.charCodeAt(0);
    this.separators = Math.imul(this.separator, 0x01010101);
    this.quoteFlips = Math.imul((this.quote & 255) ^ 0x20, 0x01010101);
    this.quoteSeparator = (this.separator << 8) | (this.quote & 255);
    this.quoteLineEnd = (LF << 8) | (this.quote & 255);
    this.quoteReturn = (CR << 8) | (this.quote & 255);
    this.isEasy = this.quote < 0 || (this.quote >= EASY_QUOTE_MIN && this.quote <= EASY_QUOTE_MAX);
    this.doubled = options.escape === 'doubled';
    this.multiline = options.multiline;
    this.used = new Uint8Array(slots);
    for (const column of options.used) this.used[column] = 1;
    for (const table of [this.bare, this.quoted]) {
      table.fill(ORDINARY, 0, 128).fill(HIGH, 128);
      table[0] = NUL;
      table[LF] = LINE_END;
    }
    this.bare[this.separator] = SEPARATOR;
    if (this.quote >= 0) this.quoted[this.quote] = QUOTE;
  }

  split(row: Row, from: number, to: number): number {
    const { slotStart, slotEnd } = row;
    const slots = slotStart.length;
    this.high = this.uncertain = false;
    this.complete = true;
    this.fault = 0;
    let recordEnd = this.splitPlain(row, slotStart, slotEnd, 1, 0, from, to) ? this.recordEnd : -1;
    let at = this.next;
    while (recordEnd < 0) {
      recordEnd = this.splitColumn(row, this.columns++, at, from, to);
      at = this.next;
      if (recordEnd >= 0) break;
      // Behind the column that took care the ordinary ones go on.
      if (this.plainColumns(row, slotStart, slotEnd, 1, 0, at, to)) recordEnd = this.recordEnd;
      at = this.next;
    }
    for (let slot = this.columns; slot < slots; slot++) slotStart[slot] = slotEnd[slot] = from;
    if (this.fault === 0 && recordEnd - from > MAX_RECORD_BYTES) this.fault = FAULT.tooLong;
    row.recordStart = from;
    row.recordEnd = recordEnd;
    row.columns = this.columns;
    row.high = this.high;
    row.complete = this.complete;
    row.fault = this.fault;
    return at;
  }

  /**
   * Splits a record of nothing but ordinary bytes: column n starts at `starts[n * stride + place]`. False at the first
   * column that takes care, from which `columns` and `next` say how far it came.
   */
  splitPlain(
    row: Row,
    starts: Uint32Array,
    ends: Uint32Array,
    stride: number,
    place: number,
    from: number,
    to: number,
  ): boolean {
    this.columns = 0;
    return this.plainColumns(row, starts, ends, stride, place, from, to);
  }

  /**
   * Goes on from column `columns`, four bytes at a time, until something else comes. The inner loop calls nothing and
   * writes to no object, and its numbers are made 32-bit integers by `| 0`: so the compiler looks at the types of what it
   * uses once per record and not once per word.
   */
  private plainColumns(
    row: Row,
    starts: Uint32Array,
    ends: Uint32Array,
    stride: number,
    place: number,
    from: number,
    to: number,
  ): boolean {
    const { text, view } = row;
    const quote = this.quote | 0;
    const separator = this.separator | 0;
    const quoteFlips = this.quoteFlips | 0;
    const separators = this.separators | 0;
    const quoteSeparator = this.quoteSeparator | 0;
    const quoteLineEnd = this.quoteLineEnd | 0;
    const quoteReturn = this.quoteReturn | 0;
    // Columns that have no place are counted and not kept.
    const placesEnd = starts.length | 0;
    const step = stride | 0;
    const end = to | 0;
    // Behind a whole word there is one byte more to look at.
    const lastWord = this.isEasy ? (end - 5) | 0 : -1;
    let at = from | 0;
    let column = this.columns | 0;
    let slot = (place + column * stride) | 0;
    let recordEnd = -1;

    while (at <= lastWord) {
      let stop = at;
      if (text[at] === quote) {
        const start = (at + 1) | 0;
        stop = start;
        let found = 0;
        while (stop <= lastWord) {
          const word = view.getInt32(stop, true);
          const flipped = word ^ quoteFlips;
          // The high bit of each byte that is the quote, a control character or 0x80 and above. Bytes above the first
          // one found may be marked wrongly, by the borrow of the subtraction.
          found = (((flipped - 0x21212121) & ~flipped) | word) & 0x80808080;
          if (found !== 0) break;
          stop = (stop + 4) | 0;
        }
        if (found === 0) break;
        stop = (stop + ((31 - Math.clz32(found & -found)) >> 3)) | 0;
        const pair = view.getUint16(stop, true);
        let behind = (stop + 2) | 0;
        if (pair !== quoteSeparator) {
          if (pair === quoteReturn && behind < end && text[behind] === LF) behind = (behind + 1) | 0;
          else if (pair !== quoteLineEnd) break;
          recordEnd = (stop + 1) | 0;
        }
        if (slot < placesEnd) {
          starts[slot] = start;
          ends[slot] = stop;
        }
        at = behind;
      } else {
        let found = 0;
        while (stop <= lastWord) {
          const word = view.getInt32(stop, true);
          const differences = word ^ separators;
          // The same for the separator, which may stand anywhere in ASCII.
          found = (((differences - 0x01010101) & ~differences) | ((word - 0x20202020) & ~word) | word) & 0x80808080;
          if (found !== 0) break;
          stop = (stop + 4) | 0;
        }
        if (found === 0) break;
        stop = (stop + ((31 - Math.clz32(found & -found)) >> 3)) | 0;
        const byte = text[stop];
        let behind = (stop + 1) | 0;
        if (byte !== separator) {
          if (byte === CR && text[behind] === LF) behind = (behind + 1) | 0;
          else if (byte !== LF) break;
          recordEnd = stop;
        }
        if (slot < placesEnd) {
          starts[slot] = at;
          ends[slot] = stop;
        }
        at = behind;
      }
      column = (column + 1) | 0;
      slot = (slot + step) | 0;
      if (recordEnd >= 0) break;
    }
    this.columns = column;
    this.next = at;
    this.recordEnd = recordEnd;
    return recordEnd >= 0;
  }

  /** Splits one column by single bytes. Returns where the record ends when it is the last one, else -1; `next` is behind. */
  private splitColumn(row: Row, column: number, from: number, recordStart: number, end: number): number {
    const { text, slotStart, slotEnd } = row;
    const { separator } = this;
    let start = from;
    let at = from;
    let stop = -1;
    this.escaped = false;
    if (at < end && text[at] === this.quote) {
      start = at + 1;
      stop = this.endOfQuoted(text, start, recordStart, end);
      at = this.next;
    }
    at = this.endOfBare(text, at, end);
    const last = at >= end || text[at] !== separator;
    const contentEnd = last && at > start && text[at - 1] === CR ? at - 1 : at;
    if (stop < 0) stop = contentEnd;
    else if (contentEnd > stop + 1 && this.fault === 0) this.fault = FAULT.quote;
    if (column < slotStart.length) {
      slotStart[column] = start;
      slotEnd[column] = stop;
      if (this.escaped && this.used[column] === 1) this.unescape(row, column);
    }
    this.next = at < end ? at + 1 : end;
    if (!last) return -1;
    this.complete = at < end && !this.uncertain;
    return contentEnd;
  }

  /** Goes on at a byte inside quotes that is not ordinary. Returns where the value ends; `next` is behind its quote. */
  private endOfQuoted(text: Uint8Array, from: number, recordStart: number, end: number): number {
    const { quoted, quote, doubled } = this;
    let at = from;
    let firstBreak = -1;
    for (;;) {
      while (at < end && quoted[text[at]] === ORDINARY) at++;
      const kind = at < end ? quoted[text[at]] : LINE_END;
      if (kind === QUOTE) {
        const goesOn = doubled ? at + 1 < end && text[at + 1] === quote : !this.closes(text, at + 1, end);
        if (!goesOn) {
          this.next = at + 1;
          return at;
        }
        this.escaped = doubled;
        at += doubled ? 2 : 1;
      } else if (kind === LINE_END) {
        if (at < end && firstBreak < 0) firstBreak = at;
        if (!this.multiline || at >= end || at - recordStart > MAX_RECORD_BYTES) {
          // Never closed: the record ends at its first line end, so that one stray quote costs one line.
          this.fault = FAULT.quote;
          this.uncertain = at >= end;
          this.next = firstBreak >= 0 ? firstBreak : at;
          return this.next;
        }
        at++;
      } else {
        this.note(kind);
        at++;
      }
    }
  }

  /** Goes on at a byte outside quotes that is not ordinary. Returns where the separator or the line's end stands. */
  private endOfBare(text: Uint8Array, from: number, end: number): number {
    let at = from;
    for (;;) {
      while (at < end && this.bare[text[at]] === ORDINARY) at++;
      const kind = at < end ? this.bare[text[at]] : LINE_END;
      if (kind === SEPARATOR || kind === LINE_END) return at;
      this.note(kind);
      at++;
    }
  }

  private note(kind: number): void {
    if (kind === HIGH) this.high = true;
    else this.fault = FAULT.nul;
  }

  /** Without escapes a quote closes when a separator or the line's end follows. */
  private closes(text: Uint8Array, at: number, end: number): boolean {
    if (at >= end) return true;
    const kind = this.bare[text[at]];
    return kind === SEPARATOR || kind === LINE_END || (text[at] === CR && (at + 1 >= end || text[at + 1] === LF));
  }

  /** Moves the column into the arena with its doubled quotes made single. */
  private unescape(row: Row, column: number): void {
    const { text, slotStart, slotEnd } = row;
    const stop = slotEnd[column];
    if (!row.hasRoom(stop - slotStart[column])) {
      this.fault = FAULT.room;
      return;
    }
    let to = row.arenaEnd;
    for (let at = slotStart[column]; at < stop; at++) {
      text[to++] = text[at];
      if (text[at] === this.quote) at++;
    }
    slotStart[column] = row.arenaEnd;
    slotEnd[column] = to;
    row.arenaEnd = to;
  }
}
