/**
 * Decodes the records of a batch, field by field and class by class. What it writes is what `Decoder` would write for
 * each of them alone; whatever it does not expect, it leaves to it.
 */
import { hash128 } from '../../../platform/hash128.ts';
import { Disposition } from '../../../schemas/columns/record-columns.ts';
import type { RecordColumns } from '../../../schemas/columns/record-columns.ts';
import type { Condition } from '../conditions.ts';
import type { Identity } from '../identity.ts';
import type { ClassPlan } from '../plan.ts';
import { BATCH_RECORDS } from './batch.ts';
import type { Batch, BatchReader } from './batch.ts';

export interface BatchPlan {
  /** Of the fields that tell the class. */
  conditionReaders: readonly BatchReader[];
  /** Of the fields to read once it is known, per class plan. */
  readers: readonly (readonly BatchReader[])[];
  plans: readonly ClassPlan[];
  classSeeds: readonly number[];
  /** Quality by symbol. */
  qualityOf: Int8Array;
  identity: Identity;
  byFields: boolean;
}

export class BatchDecoder {
  private readonly plan: BatchPlan;
  // Numbers within the batch: of all its records, those without a class yet, and those of the class in hand.
  private readonly all = Uint8Array.from({ length: BATCH_RECORDS }, (_, j) => j);
  private readonly rest = new Uint8Array(BATCH_RECORDS);
  private readonly members = new Uint8Array(BATCH_RECORDS);
  private readonly taken = new Uint8Array(BATCH_RECORDS);

  constructor(plan: BatchPlan) {
    this.plan = plan;
  }

  /** Decodes what the batch holds, but for the records it marks slow. */
  decode(batch: Batch, columns: RecordColumns): void {
    const { plan, all, rest, members } = this;
    const { count } = batch;
    for (let j = 0; j < count; j++) columns.sequence[batch.record[j]] = -1;
    for (let k = 0; k < plan.conditionReaders.length; k++) plan.conditionReaders[k].read(batch, all, count);
    rest.set(all);
    let left = count;
    for (let c = 0; c < plan.plans.length && left > 0; c++) {
      const { conditions } = plan.plans[c];
      members.set(rest);
      let size = left;
      for (let k = 0; k < conditions.length && size > 0; k++) size = narrow(batch, conditions[k], members, size);
      if (size === 0) continue;
      this.decodeClass(batch, columns, c, size);
      left = left === size ? 0 : this.takeOut(left, size);
    }
    for (let k = 0; k < left; k++) batch.slow[rest[k]] = 1;
    this.digest(batch, columns);
  }

  /** Takes the members of a class out of those without one. */
  private takeOut(left: number, size: number): number {
    const { rest, members, taken } = this;
    for (let k = 0; k < size; k++) taken[members[k]] = 1;
    let to = 0;
    for (let k = 0; k < left; k++) {
      const j = rest[k];
      rest[to] = j;
      to += 1 - taken[j];
    }
    taken.fill(0);
    return to;
  }

  private decodeClass(batch: Batch, columns: RecordColumns, c: number, size: number): void {
    const { members } = this;
    const plan = this.plan.plans[c];
    const readers = this.plan.readers[c];
    for (let k = 0; k < readers.length; k++) readers[k].read(batch, members, size);
    let good = withoutSlow(batch, members, size);
    if (plan.kind === 'context' || plan.kind === 'ignored') {
      writeIgnored(batch, columns, plan, members, good);
      return;
    }
    this.check(batch, columns, plan, members, good);
    if (this.plan.byFields) this.identify(batch, columns, members, good);
    good = withoutSlow(batch, members, good);
    this.write(batch, columns, plan, members, good);
  }

  /** What `Decoder.write` would refuse is slow. */
  private check(batch: Batch, columns: RecordColumns, plan: ClassPlan, list: Uint8Array, count: number): void {
    const { present, number, symbol, slow } = batch;
    const start = plan.start * BATCH_RECORDS;
    const quantity = plan.quantity * BATCH_RECORDS;
    for (let k = 0; k < count; k++) {
      const j = list[k];
      if ((present[start + j] & present[quantity + j]) === 0 || !(number[quantity + j] >= 0)) slow[j] = 1;
    }
    if (plan.end >= 0 || plan.kind === 'intervalReading') {
      const end = plan.end * BATCH_RECORDS;
      for (let k = 0; k < count; k++) {
        const j = list[k];
        const isThere = plan.end >= 0 && present[end + j] === 1;
        if (isThere && number[end + j] < number[start + j]) slow[j] = 1;
        if (plan.kind === 'intervalReading' && (!isThere || number[end + j] === number[start + j])) slow[j] = 1;
      }
    }
    if (plan.quantityUp >= 0) {
      const up = plan.quantityUp * BATCH_RECORDS;
      for (let k = 0; k < count; k++) {
        const j = list[k];
        if (present[up + j] === 1 && !(number[up + j] >= 0 && number[up + j] <= number[quantity + j])) slow[j] = 1;
      }
    }
    if (plan.quality >= 0) {
      const quality = plan.quality * BATCH_RECORDS;
      for (let k = 0; k < count; k++) {
        const j = list[k];
        if (present[quality + j] === 0) continue;
        if (symbol[quality + j] < 0 || this.plan.qualityOf[symbol[quality + j]] < 0) slow[j] = 1;
      }
    }
  }

  private identify(batch: Batch, columns: RecordColumns, list: Uint8Array, count: number): void {
    const { identity } = this.plan;
    const { row, record, slow } = batch;
    for (let k = 0; k < count; k++) {
      const j = list[k];
      if (slow[j] === 1) continue;
      for (let f = 0; f < identity.fields.length; f++) batch.restoreField(identity.fields[f], j);
      if (!identity.isPresent(row) || !identity.ofFields(row, columns.identity, 4 * record[j])) slow[j] = 1;
    }
  }

  private write(batch: Batch, columns: RecordColumns, plan: ClassPlan, list: Uint8Array, count: number): void {
    const { record, present, number, textStart, textLength } = batch;
    const { startMs, endMs, quantity, classNo } = columns;
    const startAt = plan.start * BATCH_RECORDS;
    const quantityAt = plan.quantity * BATCH_RECORDS;
    const endAt = plan.end * BATCH_RECORDS;
    const hasEnd = plan.end >= 0 && plan.kind !== 'registerReading';
    const { timed } = plan;
    for (let k = 0; k < count; k++) {
      const j = list[k];
      const i = record[j];
      const start = number[startAt + j];
      const amount = number[quantityAt + j];
      classNo[i] = plan.classNo;
      startMs[i] = start;
      quantity[i] = amount;
      endMs[i] = hasEnd && present[endAt + j] === 1 ? number[endAt + j] : timed ? start + amount : start;
    }
    for (let t = 0; t < plan.textColumns.length; t++) {
      const offsets = columns.textOffset[plan.textColumns[t]];
      const lengths = columns.textLength[plan.textColumns[t]];
      const at = plan.textSources[t] * BATCH_RECORDS;
      for (let k = 0; k < count; k++) {
        const j = list[k];
        offsets[record[j]] = textStart[at + j];
        lengths[record[j]] = textLength[at + j];
      }
    }
    this.writeRest(batch, columns, plan, list, count);
  }

  /** Columns that few formats have. */
  private writeRest(batch: Batch, columns: RecordColumns, plan: ClassPlan, list: Uint8Array, count: number): void {
    if (plan.kind === 'registerReading') {
      const at = plan.quantity * BATCH_RECORDS;
      for (let k = 0; k < count; k++) columns.scale[batch.record[list[k]]] = batch.scale[at + list[k]];
    }
    if (plan.quantityUp >= 0) writeNumbers(batch, plan.quantityUp, columns.quantityUp, list, count);
    if (plan.sequence >= 0) writeNumbers(batch, plan.sequence, columns.sequence, list, count);
    if (plan.quality >= 0) {
      const at = plan.quality * BATCH_RECORDS;
      for (let k = 0; k < count; k++) {
        const j = list[k];
        if (batch.present[at + j] === 0) continue;
        columns.quality[batch.record[j]] = this.plan.qualityOf[batch.symbol[at + j]];
      }
    }
  }

  private digest(batch: Batch, columns: RecordColumns): void {
    const { record, slow, count } = batch;
    const { identity, byFields, classSeeds } = this.plan;
    for (let j = 0; j < count; j++) {
      if (slow[j] === 1) continue;
      const i = record[j];
      if (byFields && columns.disposition[i] === Disposition.usable) {
        columns.content[i] = identity.contentOf(columns, i, classSeeds[columns.classNo[i]]);
      } else {
        const length = columns.recordLength[i];
        hash128(columns.text, columns.recordOffset[i], length, identity.seed, columns.identity, 4 * i);
        columns.content[i] = columns.identity[4 * i];
      }
    }
  }
}

/** Keeps the members that fit; returns how many they are. */
function narrow(batch: Batch, { field, wanted, test }: Condition, members: Uint8Array, size: number): number {
  let to = 0;
  if (wanted !== null) {
    const at = field * BATCH_RECORDS;
    for (let k = 0; k < size; k++) {
      const j = members[k];
      members[to] = j;
      to += wanted[batch.symbol[at + j] + 1];
    }
    return to;
  }
  for (let k = 0; k < size; k++) {
    batch.restoreField(field, members[k]);
    if (test(batch.row)) members[to++] = members[k];
  }
  return to;
}

function withoutSlow({ slow }: Batch, list: Uint8Array, count: number): number {
  let to = 0;
  for (let k = 0; k < count; k++) {
    const j = list[k];
    list[to] = j;
    to += 1 - slow[j];
  }
  return to;
}

function writeIgnored(batch: Batch, columns: RecordColumns, plan: ClassPlan, list: Uint8Array, count: number): void {
  const disposition = plan.kind === 'context' ? Disposition.absorbed : Disposition.filtered;
  for (let k = 0; k < count; k++) {
    const i = batch.record[list[k]];
    columns.classNo[i] = plan.classNo;
    columns.disposition[i] = disposition;
  }
  if (plan.quantity >= 0) writeNumbers(batch, plan.quantity, columns.quantity, list, count);
  if (plan.sequence >= 0) writeNumbers(batch, plan.sequence, columns.sequence, list, count);
  if (plan.start >= 0) writeNumbers(batch, plan.start, columns.startMs, list, count);
}

/** The values that are there. */
function writeNumbers(batch: Batch, field: number, column: Float64Array, list: Uint8Array, count: number): void {
  const at = field * BATCH_RECORDS;
  for (let k = 0; k < count; k++) {
    const j = list[k];
    if (batch.present[at + j] === 1) column[batch.record[j]] = batch.number[at + j];
  }
}
