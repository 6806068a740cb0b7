/** Lines of fixed-width columns. Ranges count characters, which are bytes except in UTF-8. */
import { FAULT } from '../codes.ts';
import { MAX_RECORD_BYTES } from '../row.ts';
import type { Row, Splitter } from '../row.ts';

const LF = 10;
const CR = 13;

/** First character and the one behind the last, from 0. */
export interface CharacterRange {
  from: number;
  to: number;
}

export function parseRange(range: string): CharacterRange {
  const [first, last = first] = range.split('-').map(Number);
  return { from: first - 1, to: last };
}

export class FixedSplitter implements Splitter {
  private readonly ranges: readonly CharacterRange[];
  private readonly utf8: boolean;

  constructor(ranges: readonly CharacterRange[], utf8: boolean) {
    this.ranges = ranges;
    this.utf8 = utf8;
  }

  split(row: Row, from: number, end: number): number {
    const { text } = row;
    let at = from;
    let bits = 0;
    let nul = false;
    let continuation = 0;
    for (; at < end && text[at] !== LF; at++) {
      const byte = text[at];
      bits |= byte;
      if (byte === 0) nul = true;
      else if ((byte & 0xc0) === 0x80) continuation++;
    }
    const stop = at > from && text[at - 1] === CR ? at - 1 : at;
    row.recordStart = from;
    row.recordEnd = stop;
    row.complete = at < end;
    row.high = bits >= 0x80;
    row.fault = nul ? FAULT.nul : stop - from > MAX_RECORD_BYTES ? FAULT.tooLong : 0;
    row.columns = stop - from - (this.utf8 ? continuation : 0);
    const wide = this.utf8 && row.high;
    for (let slot = 0; slot < this.ranges.length; slot++) {
      const { from: first, to } = this.ranges[slot];
      const start = wide ? characterAt(text, from, stop, first) : Math.min(from + first, stop);
      row.slotStart[slot] = start;
      row.slotEnd[slot] = wide ? characterAt(text, start, stop, to - first) : Math.min(from + to, stop);
    }
    return at < end ? at + 1 : end;
  }
}

/** Where the character `count` after `start` begins in UTF-8 text, at most `stop`. */
function characterAt(text: Uint8Array, start: number, stop: number, count: number): number {
  let at = start;
  for (let n = 0; n < count && at < stop; n++) {
    at++;
    while (at < stop && (text[at] & 0xc0) === 0x80) at++;
  }
  return at;
}
