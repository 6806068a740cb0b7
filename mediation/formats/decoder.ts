/**
 * Decodes slices by a compiled format. Ordinary records are decoded in batches (`batch/`), all others one by one: headers
 * and trailers, what is not ASCII, and what has a fault. Neither makes objects or strings.
 */
import { Disposition, SessionFlag } from '../../schemas/columns/record-columns.ts';
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { FormatField } from '../../schemas/format.ts';
import { BatchDecoder } from './batch/batch-decoder.ts';
import { batchPlan } from './batch/batch-plan.ts';
import { Batch, BATCH_RECORDS } from './batch/batch.ts';
import { FAULT } from './codes.ts';
import type { Layout } from './families/index.ts';
import { startsWith } from './fields/byte-table.ts';
import type { ByteTable } from './fields/byte-table.ts';
import type { CompiledFields } from './fields/compile-fields.ts';
import { readText } from './fields/text-field.ts';
import type { TextPlan } from './fields/text-field.ts';
import { Identity } from './identity.ts';
import type { ClassPlan, Plan } from './plan.ts';
import { MAX_RECORD_BYTES, Row } from './row.ts';
import type { FieldReader, PlainSplitter, Splitter } from './row.ts';
import type { DecodePlace } from './types.ts';

/** Record types of a format with headers and trailers; `marks` are the texts in the type slot. */
export interface RecordTypes {
  marks: ByteTable;
  /** Per mark: 0 detail, 1 header, 2 trailer. */
  typeOf: Uint8Array;
  headerClass: number;
  trailerClass: number;
}

/** Trailer fields: what is read, and the fields that hold the count of records and the sum of their quantities. */
export interface TrailerPlan {
  reads: Uint16Array;
  count: number;
  sum: number;
}

export interface DecoderParts {
  layout: Layout;
  fields: CompiledFields;
  plan: Plan;
  identity: Identity;
  byFields: boolean;
  recordTypes: RecordTypes | null;
  trailer: TrailerPlan | null;
  headerLines: number;
  /** U+FEFF in the format's encoding, which may begin a file; empty for 8-bit code pages. */
  byteOrderMark: Uint8Array;
  minColumns: number;
  maxColumns: number;
  /** What each field is made of. */
  specs: readonly FormatField[];
}

const DOS_END_OF_FILE = 0x1a;

export class Decoder {
  readonly row: Row;
  private readonly splitter: Splitter;
  private readonly plain: PlainSplitter | null;
  private readonly parts: DecoderParts;
  private readonly readers: readonly FieldReader[];
  private readonly texts: readonly (TextPlan | null)[];
  private readonly plans: readonly ClassPlan[];
  private readonly classSeeds: readonly number[];
  /** Batches know nothing of sessions: these records are decoded one by one. */
  private readonly joinsSessions: boolean;
  private readonly batch: Batch;
  private readonly batches: BatchDecoder;
  /** Number of the field at fault + 1 in the record being decoded. */
  private faultField = 0;

  constructor(parts: DecoderParts) {
    this.parts = parts;
    this.row = new Row(parts.layout.slots, parts.fields.readers.length);
    const slots = usedSlots(parts);
    this.splitter = parts.layout.splitter(slots);
    // Where each record tells its type, the row is asked.
    this.joinsSessions = parts.plan.plans.some(({ session }) => session !== null);
    const inOneGo = parts.recordTypes === null && !this.joinsSessions;
    this.plain = 'splitPlain' in this.splitter && inOneGo ? (this.splitter as PlainSplitter) : null;
    this.readers = parts.fields.readers;
    this.texts = parts.fields.texts;
    this.plans = parts.plan.plans;
    this.classSeeds = parts.plan.classes.map(({ name }) => Identity.classSeed(name));
    this.batch = new Batch(this.row, slots);
    this.batches = new BatchDecoder(batchPlan(parts, this.classSeeds));
  }

  decode(columns: RecordColumns, place: DecodePlace): void {
    const { row, splitter } = this;
    const end = columns.sliceLength;
    const { text } = columns;
    this.attach(columns);
    row.first = place.first && place.pieces !== true;
    const { byteOrderMark } = this.parts;
    const marked = byteOrderMark.length <= end && startsWith(text, 0, byteOrderMark);
    let at = place.first && marked ? byteOrderMark.length : 0;
    if (place.first && !place.pieces) {
      for (let line = 0; line < this.parts.headerLines && at < end; line++) at = splitter.split(row, at, end);
    }
    const { batch } = this;
    batch.count = 0;
    while (at < end) {
      const next = place.pieces ? 0 : this.addPlain(columns, at, end);
      if (next > 0) at = next;
      else {
        at = splitter.split(row, at, end);
        if (place.pieces) row.fault = FAULT.piece;
        this.takeRow(columns);
      }
      if (batch.full) this.decodeBatch(columns);
    }
    if (batch.count > 0) this.decodeBatch(columns);
    columns.arenaEnd = row.arenaEnd;
  }

  /** Puts an ordinary record into the batch as it is split. Returns where the next one starts; 0 when it is not such. */
  private addPlain(columns: RecordColumns, from: number, end: number): number {
    const { plain, batch, row } = this;
    if (plain === null) return 0;
    const { slotStart, slotEnd, count } = batch;
    if (!plain.splitPlain(row, slotStart, slotEnd, BATCH_RECORDS, count, from, end)) return 0;
    const length = plain.recordEnd - from;
    const { minColumns, maxColumns } = this.parts;
    if (length < 2 || length > MAX_RECORD_BYTES || plain.columns < minColumns || plain.columns > maxColumns) return 0;
    const { slots } = this.parts.layout;
    for (let slot = plain.columns; slot < slots; slot++) {
      slotStart[slot * BATCH_RECORDS + count] = slotEnd[slot * BATCH_RECORDS + count] = from;
    }
    batch.take(this.begin(columns, from, length));
    return plain.next;
  }

  /** Takes in the record that the row holds: into the batch, or decoded at once. */
  private takeRow(columns: RecordColumns): void {
    const { row, batch } = this;
    const start = row.recordStart;
    const length = row.recordEnd - start;
    if (length === 0 || (length === 1 && row.text[start] === DOS_END_OF_FILE)) return;
    const i = this.begin(columns, start, length);
    if (this.isOrdinary()) batch.add(i);
    else this.decodeRecord(columns, i);
  }

  private begin(columns: RecordColumns, start: number, length: number): number {
    if (columns.count === columns.capacity) throw new RangeError('more records than the columns have room for');
    const i = columns.count++;
    columns.recordOffset[i] = start;
    columns.recordLength[i] = length;
    return i;
  }

  /** Whether the record in the row is nothing but ASCII, whole, and no header or trailer. */
  private isOrdinary(): boolean {
    const { row } = this;
    const { recordTypes, minColumns, maxColumns, layout } = this.parts;
    if (this.joinsSessions || row.fault !== 0 || row.high || row.columns < minColumns || row.columns > maxColumns)
      return false;
    if (recordTypes === null) return true;
    const mark = recordTypes.marks.find(row.text, row.slotStart[layout.typeSlot], row.slotEnd[layout.typeSlot]);
    return mark >= 0 && recordTypes.typeOf[mark] === 0;
  }

  private decodeBatch(columns: RecordColumns): void {
    const { row, batch } = this;
    this.batches.decode(batch, columns);
    for (let j = 0; j < batch.count; j++) {
      if (batch.slow[j] === 0) continue;
      const i = batch.record[j];
      batch.restore(j);
      row.recordStart = columns.recordOffset[i];
      row.recordEnd = row.recordStart + columns.recordLength[i];
      // As many as the format asks for, else the record would not be in a batch.
      row.columns = this.parts.minColumns;
      this.decodeRecord(columns, i);
    }
    batch.count = 0;
  }

  /** Points the row at the slice and writes the format's constants into its arena. */
  attach(columns: RecordColumns): void {
    const { row } = this;
    const { constants } = this.parts.fields;
    row.setText(columns.text);
    row.constantsStart = columns.arenaEnd;
    row.arenaEnd = columns.arenaEnd + constants.length;
    // Throws when the columns were not made as large as `estimateArena` says.
    columns.text.set(constants, row.constantsStart);
  }

  private decodeRecord(columns: RecordColumns, i: number): void {
    const { row } = this;
    const { identity, byFields } = this.parts;
    columns.sequence[i] = -1;
    this.faultField = 0;
    const code = row.fault !== 0 ? row.fault : this.readRecord(columns, i);
    if (code !== 0) {
      columns.disposition[i] = Disposition.suspended;
      columns.code[i] = code;
      columns.faultField[i] = this.faultField;
      columns.sequence[i] = -1;
      columns.quantityUp[i] = columns.scale[i] = columns.quality[i] = 0;
    }
    if (byFields && columns.disposition[i] === Disposition.usable) {
      columns.content[i] = identity.contentOf(columns, i, this.classSeeds[columns.classNo[i]]);
    } else {
      identity.ofBytes(row, columns.identity, 4 * i);
      // Equal identity means equal bytes here, so its first word says as much as a digest of its own.
      columns.content[i] = columns.identity[4 * i];
    }
  }

  private readRecord(columns: RecordColumns, i: number): number {
    const { row } = this;
    const { recordTypes, minColumns, maxColumns } = this.parts;
    if (recordTypes !== null) {
      const slot = this.parts.layout.typeSlot;
      const mark = recordTypes.marks.find(row.text, row.slotStart[slot], row.slotEnd[slot]);
      if (mark < 0) return FAULT.recordType;
      const type = recordTypes.typeOf[mark];
      if (type !== 0) {
        columns.disposition[i] = Disposition.absorbed;
        columns.classNo[i] = type === 1 ? recordTypes.headerClass : recordTypes.trailerClass;
        return type === 2 && this.parts.trailer !== null ? this.readTrailer(columns, i, this.parts.trailer) : 0;
      }
    }
    if (row.columns < minColumns || row.columns > maxColumns) return FAULT.columns;
    const code = this.readFields(this.parts.plan.conditionReads);
    if (code !== 0) return code;
    const plan = this.classOf();
    if (plan === null) return FAULT.class;
    columns.classNo[i] = plan.classNo;
    if (plan.kind === 'context' || plan.kind === 'ignored') {
      columns.disposition[i] = plan.kind === 'context' ? Disposition.absorbed : Disposition.filtered;
      // What is left out of the charges is no fault of its file; only what can be read counts in the file's checks.
      this.readIgnored(columns, i, plan);
      return 0;
    }
    const fault = this.readFields(plan.reads);
    return fault !== 0 ? fault : this.write(columns, i, plan);
  }

  private readFields(fields: Uint16Array): number {
    const { row, readers, texts } = this;
    for (let k = 0; k < fields.length; k++) {
      const no = fields[k];
      const text = texts[no];
      // Most fields are texts of a slot: one known function reads them, which a call through a table would not be.
      const code =
        text !== null ? readText(text, row, row.slotStart[text.slot], row.slotEnd[text.slot]) : readers[no](row);
      if (code !== 0) {
        this.faultField = no + 1;
        return code;
      }
    }
    return 0;
  }

  private classOf(): ClassPlan | null {
    const { row, plans } = this;
    candidates: for (let c = 0; c < plans.length; c++) {
      const { conditions } = plans[c];
      for (let k = 0; k < conditions.length; k++) if (!conditions[k].test(row)) continue candidates;
      return plans[c];
    }
    return null;
  }

  private readIgnored(columns: RecordColumns, i: number, plan: ClassPlan): void {
    const { present, number } = this.row;
    if (this.readFields(plan.reads) !== 0) {
      this.faultField = 0;
      return;
    }
    if (plan.quantity >= 0 && present[plan.quantity] === 1) columns.quantity[i] = number[plan.quantity];
    if (plan.sequence >= 0 && present[plan.sequence] === 1) columns.sequence[i] = number[plan.sequence];
    if (plan.start >= 0 && present[plan.start] === 1) columns.startMs[i] = number[plan.start];
    if (plan.session !== null) this.writeTexts(columns, i, plan);
  }

  private readTrailer(columns: RecordColumns, i: number, trailer: TrailerPlan): number {
    const { row } = this;
    const code = this.readFields(trailer.reads);
    if (code !== 0) return code;
    if (trailer.count >= 0) {
      if (row.present[trailer.count] === 0) return this.fault(FAULT.required, trailer.count);
      columns.sequence[i] = row.number[trailer.count];
    }
    if (trailer.sum >= 0) {
      if (row.present[trailer.sum] === 0) return this.fault(FAULT.required, trailer.sum);
      columns.quantity[i] = row.number[trailer.sum];
    }
    return 0;
  }

  private fault(code: number, field: number): number {
    this.faultField = field + 1;
    return code;
  }

  /** Checks the values together and writes them into the columns. */
  private write(columns: RecordColumns, i: number, plan: ClassPlan): number {
    const { row } = this;
    const { present, number } = row;
    if (present[plan.start] === 0) return this.fault(FAULT.required, plan.start);
    if (present[plan.quantity] === 0) return this.fault(FAULT.required, plan.quantity);
    const startMs = number[plan.start];
    const quantity = number[plan.quantity];
    if (quantity < 0) return this.fault(FAULT.range, plan.quantity);
    let endMs = plan.timed ? startMs + quantity : startMs;
    if (plan.kind === 'registerReading') {
      columns.scale[i] = row.scale[plan.quantity];
    } else if (plan.end >= 0 && present[plan.end] === 1) {
      endMs = number[plan.end];
      if (endMs < startMs) return this.fault(FAULT.span, plan.end);
    }
    if (plan.kind === 'intervalReading' && endMs === startMs) {
      return this.fault(present[plan.end] === 1 ? FAULT.span : FAULT.required, plan.end);
    }
    if (plan.quantityUp >= 0 && present[plan.quantityUp] === 1) {
      const up = number[plan.quantityUp];
      if (up < 0 || up > quantity) return this.fault(FAULT.range, plan.quantityUp);
      columns.quantityUp[i] = up;
    }
    if (plan.sequence >= 0 && present[plan.sequence] === 1) columns.sequence[i] = number[plan.sequence];
    if (plan.quality >= 0 && present[plan.quality] === 1) {
      const quality = row.symbol[plan.quality] < 0 ? -1 : this.parts.plan.qualityOf[row.symbol[plan.quality]];
      if (quality < 0) return this.fault(FAULT.value, plan.quality);
      columns.quality[i] = quality;
    }
    if (this.parts.byFields) {
      const { identity } = this.parts;
      if (!identity.isPresent(row)) return this.fault(FAULT.required, identity.firstField);
      if (!identity.ofFields(row, columns.identity, 4 * i)) return FAULT.room;
    }
    columns.startMs[i] = startMs;
    columns.endMs[i] = endMs;
    columns.quantity[i] = quantity;
    if (plan.session !== null) columns.session[i] = sessionFlags(row, plan.session);
    this.writeTexts(columns, i, plan);
    return 0;
  }

  private writeTexts(columns: RecordColumns, i: number, { textColumns, textSources }: ClassPlan): void {
    const { textStart, textLength } = this.row;
    for (let k = 0; k < textColumns.length; k++) {
      const column = textColumns[k];
      columns.textOffset[column][i] = textStart[textSources[k]];
      columns.textLength[column][i] = textLength[textSources[k]];
    }
  }
}

/** `SessionFlag`s of a record that has counters. */
function sessionFlags(row: Row, { ends, gigawords }: NonNullable<ClassPlan['session']>): number {
  const last = ends.every((condition) => condition.test(row));
  const exact = gigawords.length === 0 || gigawords.some((no) => row.present[no] === 1);
  return (last ? SessionFlag.last : 0) | (exact ? SessionFlag.exact : 0);
}

/** Slots that decoding reads; `explain` reads the others too. */
function usedSlots({ layout, plan, trailer }: DecoderParts): number[] {
  const lists = [plan.conditionReads, ...plan.plans.map(({ reads }) => reads), trailer?.reads ?? []];
  const fields = new Set(lists.flatMap((list) => [...list]));
  const slots = [...fields].map((no) => layout.slotOf.get(no) ?? -1);
  return [...new Set([...slots, layout.typeSlot])].filter((slot) => slot >= 0);
}
