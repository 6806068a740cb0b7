/** Separated columns, quoted or not. RFC 4180 with the liberties that exchanges take. */
import { FAULT } from '../codes.ts';
import { MAX_RECORD_BYTES } from '../row.ts';
import type { Row, Splitter } from '../row.ts';

const LF = 10;
const CR = 13;
const [ORDINARY, SEPARATOR, QUOTE, LINE_END, NUL, HIGH] = [0, 1, 2, 3, 4, 5];

/**
 * The high bit of each of four bytes that is `mark`, a control character or 0x80 and above: what may end a value or need
 * a closer look. Bytes above the first one found may be marked wrongly, by the borrow of the subtractions.
 */
function specialBytes(word: number, marks: number): number {
  const differences = word ^ marks;
  return (((differences - 0x01010101) & ~differences) | ((word - 0x20202020) & ~word) | word) & (0x80808080 | 0);
}

/** Which of four bytes is the first one marked, 0 to 3. */
function firstByte(marked: number): number {
  return (31 - Math.clz32(marked & -marked)) >> 3;
}

export interface DelimitedOptions {
  separator: string;
  /** '' when nothing is quoted. */
  quote: string;
  escape: 'doubled' | 'none';
  multiline: boolean;
  /** Columns that some field reads: only these are unescaped. */
  used: readonly number[];
}

export class DelimitedSplitter implements Splitter {
  private readonly bare = new Uint8Array(256);
  private readonly quoted = new Uint8Array(256);
  private readonly separator: number;
  private readonly quote: number;
  /** The same byte four times. */
  private readonly separators: number;
  private readonly quotes: number;
  private readonly doubled: boolean;
  private readonly multiline: boolean;
  private readonly used: Uint8Array;
  // Of the record being split:
  private high = false;
  private fault = 0;
  /** More bytes could still close its quotes. */
  private uncertain = false;
  private escaped = false;
  private next = 0;

  constructor(options: DelimitedOptions, slots: number) {
    this.separator = options.separator.charCodeAt(0);
    this.quote = options.quote === '' ? -1 : options.quote.charCodeAt(0);
    this.separators = Math.imul(this.separator, 0x01010101);
    this.quotes = Math.imul(this.quote & 255, 0x01010101);
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

  split(row: Row, from: number, end: number): number {
    const { text, view, slotStart, slotEnd } = row;
    const { bare, quoted, quote, separator, quotes, separators } = this;
    const slots = slotStart.length;
    const lastWord = end - 4;
    let at = from;
    let column = 0;
    this.high = this.uncertain = false;
    this.fault = 0;

    // One turn for each column but the last. The two short ways out are those of nearly every column.
    for (;;) {
      let start = at;
      let stop = -1;
      this.escaped = false;
      if (at < end && text[at] === quote) {
        start = ++at;
        while (at <= lastWord) {
          const found = specialBytes(view.getInt32(at, true), quotes);
          if (found !== 0) {
            at += firstByte(found);
            break;
          }
          at += 4;
        }
        if (at > lastWord) while (at < end && quoted[text[at]] === ORDINARY) at++;
        if (at + 1 < end && text[at + 1] === separator && text[at] === quote) {
          if (column < slots) {
            slotStart[column] = start;
            slotEnd[column] = at;
          }
          column++;
          at += 2;
          continue;
        }
        stop = this.endOfQuoted(text, at, from, end);
        at = this.next;
      }
      while (at <= lastWord) {
        const found = specialBytes(view.getInt32(at, true), separators);
        if (found !== 0) {
          at += firstByte(found);
          break;
        }
        at += 4;
      }
      while (at < end && bare[text[at]] === ORDINARY) at++;
      if (at < end && text[at] !== separator && text[at] !== LF) at = this.endOfBare(text, at, end);
      const last = at >= end || text[at] === LF;
      const contentEnd = last && at > start && text[at - 1] === CR ? at - 1 : at;
      if (stop < 0) stop = contentEnd;
      else if (contentEnd > stop + 1 && this.fault === 0) this.fault = FAULT.quote;
      if (column < slots) {
        slotStart[column] = start;
        slotEnd[column] = stop;
        if (this.escaped && this.used[column] === 1) this.unescape(row, column);
      }
      column++;
      if (last) {
        row.recordEnd = contentEnd;
        break;
      }
      at++;
    }

    for (let slot = column; slot < slots; slot++) slotStart[slot] = slotEnd[slot] = from;
    if (this.fault === 0 && row.recordEnd - from > MAX_RECORD_BYTES) this.fault = FAULT.tooLong;
    row.recordStart = from;
    row.columns = column;
    row.high = this.high;
    row.complete = at < end && !this.uncertain;
    row.fault = this.fault;
    return at < end ? at + 1 : end;
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
