/** From the columns of a finished slice to ledger blocks: charges with their daily sums, readings, suspense. */
import {
  BlockBuffers,
  ChargeEncoder,
  SumEncoder,
  encodeRows,
  type ChargeRows,
  type LedgerBlock,
} from '../../ledger/index.ts';
import type { CompiledFormat } from '../../mediation/formats/index.ts';
import { errorCode } from '../../platform/errors.ts';
import { Disposition, TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { ReferenceData } from './reference-data.ts';
import type { SliceWork } from './slice-work.ts';
import type { RecycledRecord } from './stage-b.ts';

const METER = TEXT_FIELDS.indexOf('meter');
const REGISTER = TEXT_FIELDS.indexOf('register');
export const QUALITY_NAMES = ['unknown', 'estimated', 'actual', 'verified'] as const;

/** Usage rows that become charges. */
export interface Chosen {
  rows: Uint32Array;
  count: number;
  /** Per usage row: its number among the charges of its record. */
  chargeNo: Uint16Array;
}

/** Keeps its working space between slices: one per thread. */
export class SliceEncoder {
  private readonly buffers = new BlockBuffers();
  private readonly chargeEncoder = new ChargeEncoder(this.buffers);
  private readonly sumEncoder = new SumEncoder(this.buffers);
  private rows = new Uint32Array(0);
  private chargeNo = new Uint16Array(0);

  /** Rows of records that are still usable become charges, and those records are rated. */
  choose({ records, usage }: SliceWork, chargeFrom = 0): Chosen {
    if (this.rows.length < usage.count) {
      this.rows = new Uint32Array(usage.capacity);
      this.chargeNo = new Uint16Array(usage.capacity);
    }
    const { rows, chargeNo } = this;
    let count = 0;
    let record = -1;
    let number = 0;
    for (let row = 0; row < usage.count; row++) {
      const of = usage.record[row];
      number = of === record ? number + 1 : chargeFrom;
      record = of;
      const disposition = records.disposition[of];
      if (disposition !== Disposition.usable && disposition !== Disposition.rated) continue;
      records.disposition[of] = Disposition.rated;
      chargeNo[row] = number;
      rows[count++] = row;
    }
    return { rows, count, chargeNo };
  }

  charges(reference: ReferenceData, work: SliceWork, chosen: Chosen, postedEntry: number): LedgerBlock[] {
    if (chosen.count === 0) return [];
    const input = this.chargeRows(reference, work, chosen, postedEntry);
    return [...this.chargeEncoder.encode(input), ...this.sumEncoder.encode(input)];
  }

  /** Without their sums. */
  chargesAlone(reference: ReferenceData, work: SliceWork, chosen: Chosen, postedEntry: number): LedgerBlock[] {
    if (chosen.count === 0) return [];
    return this.chargeEncoder.encode(this.chargeRows(reference, work, chosen, postedEntry));
  }

  private chargeRows(reference: ReferenceData, work: SliceWork, chosen: Chosen, postedEntry: number): ChargeRows {
    const book = reference.tariffBook;
    return {
      usage: work.usage,
      records: work.records,
      rows: chosen.rows,
      count: chosen.count,
      chargeNo: chosen.chargeNo,
      dictionaries: {
        views: reference.guidingPlan.views,
        zones: book.zones,
        bands: book.bands,
        components: book.components,
        versions: book.versions,
        currencies: book.currencies,
      },
      entryNo: work.place.entryNo,
      postedEntry,
      postingPeriod: 0,
      partyField: work.usage.partyField,
      otherField: work.usage.otherField,
    };
  }

  /**
   * Register and interval values, as the meter showed them. `subscriptions`: record → number, taken before rows of
   * records without a usage (first readings) were dropped.
   */
  readings(
    { records, place }: SliceWork,
    format: CompiledFormat,
    subscriptions: ReadonlyMap<number, number>,
    postedEntry: number,
    recycled: RecycledRecord | null,
  ): LedgerBlock[] {
    const kinds = readingKinds(format);
    if (kinds === null) return [];
    const rows = [];
    for (let i = 0; i < records.count; i++) {
      const kind = kinds[records.classNo[i]];
      const disposition = records.disposition[i];
      if (kind === null || kind === undefined) continue;
      if (disposition !== Disposition.rated && disposition !== Disposition.absorbed) continue;
      rows.push({
        posted_entry: postedEntry,
        entry_no: recycled?.entryNo ?? place.entryNo,
        record_no: recycled?.recordNo ?? i,
        subscription_no: subscriptions.get(i) ?? 0,
        meter: records.textOf(METER, i),
        register: records.textOf(REGISTER, i),
        kind,
        start_at: records.startMs[i],
        read_at: records.endMs[i],
        digits: records.quantity[i],
        scale: records.scale[i],
        quality: QUALITY_NAMES[records.quality[i]] ?? 'unknown',
      });
    }
    return encodeRows('readings', rows);
  }

  /** Suspended records with their bytes. A recycled record that is suspended again gets a new row only. */
  suspense(
    { records, place }: SliceWork,
    format: CompiledFormat,
    postedEntry: number,
    recycled: RecycledRecord | null,
  ): LedgerBlock[] {
    const rows = [];
    for (let i = 0; i < records.count; i++) {
      if (records.disposition[i] !== Disposition.suspended) continue;
      const offset = records.recordOffset[i];
      rows.push({
        posted_entry: postedEntry,
        entry_no: recycled?.entryNo ?? place.entryNo,
        record_no: recycled?.recordNo ?? i,
        state: 'suspended',
        resolution: '',
        code: errorCode(records.code[i]),
        field: format.fieldNames[records.faultField[i] - 1] ?? '',
        source: place.source,
        format: place.format,
        accepted_at: place.acceptedAtMs,
        byte_offset: place.sourceOffset + offset,
        identity: identityBytes(records, i),
        bytes: records.text.slice(offset, offset + records.recordLength[i]),
      });
    }
    return encodeRows('suspense', rows);
  }

  suspendedByCode({ records }: SliceWork): Record<string, number> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < records.count; i++) {
      if (records.disposition[i] !== Disposition.suspended) continue;
      const code = errorCode(records.code[i]);
      counts[code] = (counts[code] ?? 0) + 1;
    }
    return counts;
  }
}

/** Per class: register, interval, or null; null when no class is a reading. */
function readingKinds(format: CompiledFormat): ('register' | 'interval' | null)[] | null {
  const kinds = format.classes.map(({ kind }) =>
    kind === 'registerReading' ? 'register' : kind === 'intervalReading' ? 'interval' : null,
  );
  return kinds.every((kind) => kind === null) ? null : kinds;
}

/** Record → subscription, for formats with readings; empty for all others. */
export function subscriptionsOf({ usage }: SliceWork, format: CompiledFormat): Map<number, number> {
  const subscriptions = new Map<number, number>();
  if (readingKinds(format) === null) return subscriptions;
  for (let row = 0; row < usage.count; row++) subscriptions.set(usage.record[row], usage.subscriptionNo[row]);
  return subscriptions;
}

export function identityBytes(records: RecordColumns, record: number): Uint8Array {
  return new Uint8Array(records.identity.slice(record * 4, record * 4 + 4).buffer);
}
