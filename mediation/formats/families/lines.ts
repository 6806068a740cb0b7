/**
 * Lines of text with values in them, as access servers and other devices write for people: `user ivan logged out, 3600 s`.
 * A format lists how such lines look; the first that fits the whole line counts. A line that fits none has no values, and
 * the classes say what becomes of it.
 */
import type { FormatDocument } from '../../../schemas/format.ts';
import { FAULT } from '../codes.ts';
import { MAX_RECORD_BYTES } from '../row.ts';
import type { Row, Splitter } from '../row.ts';

const LF = 10;
const CR = 13;
const BLANK = 32;
const TAB = 9;

/** A text, then a value. A blank in the text stands for one or more of them. */
interface Step {
  text: Uint8Array;
  /** Slot of the value behind the text: -1 when nobody wants it; null: the line ends behind the text. */
  slot: number | null;
}

export type LinePattern = readonly Step[];

const NAME = /\{([A-Za-z0-9_.-]*)\}/g;

export function parseLines(lines: readonly string[], places: readonly string[]): LinePattern[] {
  return lines.map((line) => {
    const steps: Step[] = [];
    let at = 0;
    for (const found of line.matchAll(NAME)) {
      steps.push({ text: textOf(line.slice(at, found.index)), slot: places.indexOf(found[1]) });
      at = found.index + found[0].length;
    }
    const rest = line.slice(at);
    if (rest !== '' || steps.length === 0) steps.push({ text: textOf(rest), slot: null });
    return steps;
  });
}

function textOf(text: string): Uint8Array {
  return Buffer.from(text.replace(/[ \t]+/g, ' '));
}

export function linesMistakes({ lines, fields }: FormatDocument): { path: string; message: string }[] {
  if (lines === undefined) return [{ path: '', message: '"lines" is missing' }];
  const found: { path: string; message: string }[] = [];
  const names = new Set(lines.flatMap((line) => [...line.matchAll(NAME)].map(([, name]) => name)));
  lines.forEach((line, no) => {
    if (/\}\{/.test(line)) found.push({ path: `/lines/${no}`, message: 'has two values with nothing between them' });
  });
  fields.forEach(({ attribute }, no) => {
    if (attribute !== undefined && !names.has(attribute))
      found.push({ path: `/fields/${no}/attribute`, message: `"${attribute}" stands in none of \`lines\`` });
  });
  return found;
}

export class LinesSplitter implements Splitter {
  private readonly patterns: readonly LinePattern[];
  private readonly slots: number;

  constructor(patterns: readonly LinePattern[], slots: number) {
    this.patterns = patterns;
    this.slots = slots;
  }

  split(row: Row, from: number, end: number): number {
    const { text } = row;
    let at = from;
    let bits = 0;
    let nul = false;
    for (; at < end && text[at] !== LF; at++) {
      bits |= text[at];
      if (text[at] === 0) nul = true;
    }
    const stop = at > from && text[at - 1] === CR ? at - 1 : at;
    row.recordStart = from;
    row.recordEnd = stop;
    row.complete = at < end;
    row.high = bits >= 0x80;
    row.fault = nul ? FAULT.nul : stop - from > MAX_RECORD_BYTES ? FAULT.tooLong : 0;
    row.columns = 0;
    if (row.fault === 0 && !this.patterns.some((pattern) => this.fits(row, pattern, from, stop))) this.clear(row, from);
    return at < end ? at + 1 : end;
  }

  /** Values are as short as the texts around them allow. */
  private fits(row: Row, pattern: LinePattern, from: number, stop: number): boolean {
    this.clear(row, from);
    let at = from;
    /** Slot whose value begins at `at`; -2: none. */
    let open = -2;
    for (let i = 0; i < pattern.length; i++) {
      const { text, slot } = pattern[i];
      const atEnd = slot === null;
      let start = at;
      let behind = -1;
      // Directly here, or, behind the begin of a value, at the first place where the text stands.
      const last = open === -2 ? at : stop;
      for (; start <= last; start++) {
        behind = textAt(row.text, start, stop, text);
        if (behind >= 0 && (!atEnd || behind === stop)) break;
        behind = -1;
      }
      if (behind < 0) return false;
      if (open >= 0) {
        row.slotStart[open] = at;
        row.slotEnd[open] = start;
      }
      at = behind;
      open = slot === null ? -2 : slot < 0 ? -1 : slot;
    }
    if (open === -2) return at === stop;
    if (open >= 0) {
      row.slotStart[open] = at;
      row.slotEnd[open] = stop;
    }
    return true;
  }

  private clear(row: Row, from: number): void {
    for (let slot = 0; slot < this.slots; slot++) row.slotStart[slot] = row.slotEnd[slot] = from;
  }
}

/** Where the text ends when it stands at `from`, -1 when it does not. */
function textAt(bytes: Uint8Array, from: number, stop: number, text: Uint8Array): number {
  let at = from;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === BLANK) {
      const first = at;
      while (at < stop && (bytes[at] === BLANK || bytes[at] === TAB)) at++;
      if (at === first) return -1;
    } else if (at < stop && bytes[at] === text[i]) at++;
    else return -1;
  }
  return at;
}
