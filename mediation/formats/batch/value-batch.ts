/** Numbers, times and derived fields of a batch. */
import type { DateReader } from '../fields/date-pattern.ts';
import { GREATEST_TIME_MS, LEAST_TIME_MS } from '../fields/number-field.ts';
import type { WholeRule } from '../fields/number-field.ts';
import { isBlank } from '../fields/text-field.ts';
import type { FieldReader } from '../row.ts';
import { BATCH_RECORDS } from './batch.ts';
import type { Batch, BatchReader } from './batch.ts';

/** Digits whose value is exact without looking. */
const PLAIN_DIGITS_MAX = 15;

/** Whole numbers and durations in units: digits and nothing else; the rest is read in the row. */
export class WholeNumbers implements BatchReader {
  private readonly field: number;
  private readonly slot: number;
  private readonly rule: WholeRule;
  private readonly reader: FieldReader;

  constructor(field: number, slot: number, rule: WholeRule, reader: FieldReader) {
    this.field = field;
    this.slot = slot;
    this.rule = rule;
    this.reader = reader;
  }

  read(batch: Batch, list: Uint8Array, count: number): void {
    const { slotStart, slotEnd, present, number } = batch;
    const { text } = batch.row;
    const { factor, min, max } = this.rule;
    const from = this.slot * BATCH_RECORDS;
    const to = this.field * BATCH_RECORDS;
    for (let k = 0; k < count; k++) {
      const j = list[k];
      const start = slotStart[from + j];
      const end = slotEnd[from + j];
      let value = 0;
      let at = start;
      for (; at < end; at++) {
        const digit = text[at] - 48;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      const whole = value * factor;
      if (at === end && at > start && at - start <= PLAIN_DIGITS_MAX && whole <= Number.MAX_SAFE_INTEGER) {
        if (whole >= min && whole <= max) {
          number[to + j] = whole;
          present[to + j] = 1;
          continue;
        }
      }
      batch.restoreSlot(this.slot, j);
      batch.readInRow(this.reader, this.field, j);
    }
  }
}

export class Dates implements BatchReader {
  private readonly field: number;
  private readonly slot: number;
  private readonly date: DateReader;
  private readonly reader: FieldReader;

  constructor(field: number, slot: number, date: DateReader, reader: FieldReader) {
    this.field = field;
    this.slot = slot;
    this.date = date;
    this.reader = reader;
  }

  read(batch: Batch, list: Uint8Array, count: number): void {
    const { row, slotStart, slotEnd, present, number } = batch;
    const { text } = row;
    const { date } = this;
    const from = this.slot * BATCH_RECORDS;
    const to = this.field * BATCH_RECORDS;
    for (let k = 0; k < count; k++) {
      const j = list[k];
      const start = slotStart[from + j];
      const end = slotEnd[from + j];
      if (start < end && !isBlank(text[start]) && !isBlank(text[end - 1])) {
        const ms = date.read(row, start, end);
        if (ms >= LEAST_TIME_MS && ms <= GREATEST_TIME_MS) {
          number[to + j] = ms;
          present[to + j] = 1;
          continue;
        }
      }
      batch.restoreSlot(this.slot, j);
      batch.readInRow(this.reader, this.field, j);
    }
  }
}

/** Everything else is read in the row, record by record. */
export class RowFields implements BatchReader {
  private readonly field: number;
  private readonly slot: number;
  private readonly sources: readonly number[];
  private readonly reader: FieldReader;

  /** `slot` -1 and no `sources`: a constant. */
  constructor(field: number, slot: number, sources: readonly number[], reader: FieldReader) {
    this.field = field;
    this.slot = slot;
    this.sources = sources;
    this.reader = reader;
  }

  read(batch: Batch, list: Uint8Array, count: number): void {
    const { field, slot, sources, reader } = this;
    // The row holds another record's bytes of which some may be 0x80 or above; none of the batch's are.
    batch.row.high = false;
    for (let k = 0; k < count; k++) {
      const j = list[k];
      if (slot >= 0) batch.restoreSlot(slot, j);
      for (let i = 0; i < sources.length; i++) batch.restoreField(sources[i], j);
      batch.readInRow(reader, field, j);
    }
  }
}
