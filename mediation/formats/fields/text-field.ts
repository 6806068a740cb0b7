/** Reads a text: other encodings to UTF-8, blanks off, a part of it, the source's values to ours, numbers to E.164. */
import { FAULT } from '../codes.ts';
import { MAX_RECORD_BYTES } from '../row.ts';
import type { FieldReader, Row } from '../row.ts';
import { startsWith } from './byte-table.ts';
import type { ByteTable } from './byte-table.ts';
import type { E164Normaliser } from './e164.ts';
import { isUtf8 } from './transcode.ts';
import type { CodePageTable } from './transcode.ts';

/** What the values of the source become. */
export interface ValueMap {
  table: ByteTable;
  /** Per text of the table: offset and length of the mapped text among the constants, and its symbol. */
  offsets: Uint32Array;
  lengths: Uint32Array;
  symbols: Int32Array;
  /** For values that are not in the table: refuse (-2), keep (-1), or the number of an entry that stands for them. */
  otherwise: number;
}

export interface TextOptions {
  field: number;
  trimLeft: boolean;
  trimRight: boolean;
  /** Null: the source is UTF-8 already. */
  codePage: CodePageTable | null;
  after: Uint8Array | null;
  before: Uint8Array | null;
  values: ValueMap | null;
  e164: E164Normaliser | null;
  /** Texts that conditions and qualities look for; null when nobody asks. */
  symbols: ByteTable | null;
  maxLength: number;
  required: boolean;
}

/** Reads `text[start, end)` as the value of a field; 0 or the number of an error code. */
export type ValueReader = (row: Row, start: number, end: number) => number;

export function textReader(options: TextOptions): ValueReader {
  const plan = planText(options, -1);
  return (row, start, end) => readText(plan, row, start, end);
}

/** How a text is read. */
export interface TextPlan extends TextOptions {
  /** Where the text stands; -1 when it is made of other fields. */
  slot: number;
  /** Blanks are taken off. */
  trimmed: boolean;
  maximum: number;
}

export function planText(options: TextOptions, slot: number): TextPlan {
  const { trimLeft, trimRight, maxLength } = options;
  return { ...options, slot, trimmed: trimLeft || trimRight, maximum: Math.min(maxLength, MAX_RECORD_BYTES) };
}

/** One function for all texts, not a closure for each: its calls have one target, which the compiler can see. */
export function readText(plan: TextPlan, row: Row, start: number, end: number): number {
  const { field, codePage, after, before, values, e164, symbols } = plan;
  if (row.high && hasHigh(row.text, start, end)) {
    if (codePage === null) {
      if (!isUtf8(row.text, start, end)) return FAULT.encoding;
    } else {
      if (!row.hasRoom((end - start) * 3)) return FAULT.room;
      const from = row.arenaEnd;
      if (!codePage.append(row, start, end)) return FAULT.encoding;
      start = from;
      end = row.arenaEnd;
    }
  }
  const { text } = row;
  if (plan.trimmed) {
    if (plan.trimLeft) while (start < end && isBlank(text[start])) start++;
    if (plan.trimRight) while (end > start && isBlank(text[end - 1])) end--;
  }
  if (after !== null) start = endOfFirst(text, start, end, after);
  if (before !== null) end = startOfLast(text, start, end, before);
  if (values !== null) {
    let entry = values.table.find(text, start, end);
    // An empty text is absent, not unknown, unless the table has a word for it.
    if (entry < 0) entry = end > start ? values.otherwise : -1;
    if (entry === -2) return FAULT.value;
    if (entry >= 0) {
      row.textStart[field] = row.constantsStart + values.offsets[entry];
      row.textLength[field] = values.lengths[entry];
      row.symbol[field] = values.symbols[entry];
      row.present[field] = values.lengths[entry] > 0 ? 1 : 0;
      return 0;
    }
  }
  if (e164 !== null && end > start && !e164.isFinal(row, start, end)) {
    if (!row.hasRoom(2 * (end - start) + e164.growth)) return FAULT.room;
    e164.normalise(row, start, end);
    start = e164.start;
    end = e164.end;
  }
  const length = end - start;
  row.textStart[field] = start;
  row.textLength[field] = length;
  if (symbols !== null) row.symbol[field] = symbols.find(text, start, end);
  row.present[field] = length > 0 ? 1 : 0;
  if (length === 0) return plan.required ? FAULT.required : 0;
  return length <= plan.maximum ? 0 : length > MAX_RECORD_BYTES ? FAULT.tooLong : FAULT.range;
}

/** Reads a text that is the same in every record. */
export function constantTextReader(field: number, offset: number, length: number, symbol: number): FieldReader {
  return (row) => {
    row.textStart[field] = row.constantsStart + offset;
    row.textLength[field] = length;
    row.symbol[field] = symbol;
    row.present[field] = length > 0 ? 1 : 0;
    return 0;
  };
}

function hasHigh(text: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text[at] >= 0x80) return true;
  return false;
}

export function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}

/** Behind the first `mark`; `start` when there is none. */
function endOfFirst(text: Uint8Array, start: number, end: number, mark: Uint8Array): number {
  const first = mark[0];
  const last = end - mark.length;
  for (let at = start; at <= last; at++) {
    if (text[at] === first && startsWith(text, at, mark)) return at + mark.length;
  }
  return start;
}

/** At the last `mark`; `end` when there is none. */
function startOfLast(text: Uint8Array, start: number, end: number, mark: Uint8Array): number {
  const first = mark[0];
  for (let at = end - mark.length; at >= start; at--) {
    if (text[at] === first && startsWith(text, at, mark)) return at;
  }
  return end;
}
