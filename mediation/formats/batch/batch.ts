/**
 * Some records side by side: where their parts stand and the values of their fields, a column for each. Fields are read
 * one after the other for all records of the batch, so that what is known about a field is looked at once and not once
 * per record, and its loop sees nothing but bytes. Small enough to stay in the processor's nearest cache.
 *
 * A record with anything unusual in it is marked `slow` and decoded again on its own, by the code that knows every
 * case and every fault.
 */
import type { FieldReader, Row } from '../row.ts';

export const BATCH_RECORDS = 64;

/** Reads a field of the records that `list` names. */
export interface BatchReader {
  read(batch: Batch, list: Uint8Array, count: number): void;
}

export class Batch {
  readonly row: Row;
  count = 0;
  /** Number of the record in the columns. */
  readonly record = new Uint32Array(BATCH_RECORDS);
  readonly slow = new Uint8Array(BATCH_RECORDS);
  /** Value j of slot or field n stands at `n * BATCH_RECORDS + j`. The columns are those of `Row`. */
  readonly slotStart: Uint32Array;
  readonly slotEnd: Uint32Array;
  readonly present: Uint8Array;
  readonly number: Float64Array;
  readonly scale: Uint8Array;
  readonly textStart: Uint32Array;
  readonly textLength: Uint32Array;
  readonly symbol: Int32Array;
  private readonly slots: Uint16Array;

  /** `slots`: those that decoding reads. */
  constructor(row: Row, slots: readonly number[]) {
    this.row = row;
    this.slots = Uint16Array.from(slots);
    const fields = row.present.length;
    this.slotStart = new Uint32Array(row.slotStart.length * BATCH_RECORDS);
    this.slotEnd = new Uint32Array(row.slotStart.length * BATCH_RECORDS);
    this.present = new Uint8Array(fields * BATCH_RECORDS);
    this.number = new Float64Array(fields * BATCH_RECORDS);
    this.scale = new Uint8Array(fields * BATCH_RECORDS);
    this.textStart = new Uint32Array(fields * BATCH_RECORDS);
    this.textLength = new Uint32Array(fields * BATCH_RECORDS);
    this.symbol = new Int32Array(fields * BATCH_RECORDS);
  }

  get full(): boolean {
    return this.count === BATCH_RECORDS;
  }

  /** Takes in a record whose slots stand in the columns already. Returns its number in the batch. */
  take(record: number): number {
    const j = this.count++;
    this.record[j] = record;
    this.slow[j] = 0;
    return j;
  }

  /** Takes in the record that the row holds. */
  add(record: number): void {
    const { row, slots, slotStart, slotEnd } = this;
    const rowStart = row.slotStart;
    const rowEnd = row.slotEnd;
    const j = this.take(record);
    for (let k = 0; k < slots.length; k++) {
      const slot = slots[k];
      slotStart[slot * BATCH_RECORDS + j] = rowStart[slot];
      slotEnd[slot * BATCH_RECORDS + j] = rowEnd[slot];
    }
  }

  /** Puts a record's slots back into the row. */
  restore(j: number): void {
    const { row, slots } = this;
    for (let k = 0; k < slots.length; k++) this.restoreSlot(slots[k], j);
    row.fault = 0;
    row.high = false;
  }

  restoreSlot(slot: number, j: number): void {
    this.row.slotStart[slot] = this.slotStart[slot * BATCH_RECORDS + j];
    this.row.slotEnd[slot] = this.slotEnd[slot * BATCH_RECORDS + j];
  }

  /** Puts the value of a field into the row. */
  restoreField(field: number, j: number): void {
    const { row } = this;
    const at = field * BATCH_RECORDS + j;
    row.present[field] = this.present[at];
    row.number[field] = this.number[at];
    row.scale[field] = this.scale[at];
    row.textStart[field] = this.textStart[at];
    row.textLength[field] = this.textLength[at];
    row.symbol[field] = this.symbol[at];
  }

  /** Reads a field in the row, where its slots or sources have been put, and takes its value. */
  readInRow(reader: FieldReader, field: number, j: number): void {
    const { row } = this;
    if (reader(row) !== 0) this.slow[j] = 1;
    const at = field * BATCH_RECORDS + j;
    this.present[at] = row.present[field];
    this.number[at] = row.number[field];
    this.scale[at] = row.scale[field];
    this.textStart[at] = row.textStart[field];
    this.textLength[at] = row.textLength[field];
    this.symbol[at] = row.symbol[field];
  }
}
