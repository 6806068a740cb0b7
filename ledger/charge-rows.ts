/** Charges from the columns of the pipeline to Native blocks, one per month of the start. */
import type { RecordColumns } from '../schemas/columns/record-columns.ts';
import { SERVICE_NAMES, type UsageColumns } from '../schemas/columns/usage-columns.ts';
import { ExactSum, MonthFinder, type LedgerBlock } from './blocks.ts';
import type { BlockBuffers } from './block-buffers.ts';
import { NativeBlockWriter } from './native-block.ts';
import { TABLES } from './tables.ts';

/** Texts behind the numbers in `UsageColumns`. */
export interface ChargeDictionaries {
  views: readonly string[];
  zones: readonly string[];
  bands: readonly string[];
  /** Components of valuations whose rule has conditions; absent: none has. */
  components?: readonly string[];
  /** `name@yyyy-mm-dd`. */
  versions: readonly string[];
  currencies: readonly string[];
}

/** No text field: the column stays empty. */
export const NO_FIELD = 255;

export interface ChargeRows {
  usage: UsageColumns;
  records: RecordColumns;
  /** Usage rows that became charges: the first `count` of them. */
  rows: Uint32Array;
  count: number;
  dictionaries: ChargeDictionaries;
  /** Log entry that holds the records, and the one that produced the charges. */
  entryNo: number;
  postedEntry: number;
  /** yyyymm; 0 posts each charge in its own service period. */
  postingPeriod: number;
  /** Per usage row. */
  chargeNo: Uint16Array;
  /** Per usage row: index in TEXT_FIELDS of the charged party and of the other one, or NO_FIELD. */
  partyField: Uint8Array;
  otherField: Uint8Array;
  /** Per row of `records`, when that is not the record's number in its entry (recycling). */
  recordNo?: Uint32Array;
}

/** Keeps its working space between calls: make one per thread. */
export class ChargeEncoder {
  private readonly block: NativeBlockWriter;
  private readonly months = new MonthFinder();
  private capacity = 0;
  private selected = new Uint32Array(0);
  private record = new Uint32Array(0);
  private offsets = new Uint32Array(0);
  private lengths = new Uint32Array(0);

  constructor(buffers?: BlockBuffers) {
    this.block = new NativeBlockWriter(TABLES.charges, buffers);
  }

  /** Blocks in order of their months. Throws LEDGER_OVERFLOW. */
  encode(input: ChargeRows): LedgerBlock[] {
    if (this.capacity < input.count) this.grow(input.count);
    return [...this.splitByMonth(input)].map(([month, count]) => {
      this.select(input, month, count);
      return this.encodeMonth(input, month, count);
    });
  }

  private grow(count: number): void {
    this.capacity = Math.ceil(count * 1.25);
    this.selected = new Uint32Array(this.capacity);
    this.record = new Uint32Array(this.capacity);
    this.offsets = new Uint32Array(this.capacity);
    this.lengths = new Uint32Array(this.capacity);
  }

  /** Month → number of rows, ascending. */
  private splitByMonth({ usage, rows, count }: ChargeRows): Map<number, number> {
    const { months } = this;
    const counts = new Map<number, number>();
    let current = -1;
    let run = 0;
    for (let i = 0; i < count; i++) {
      const month = months.find(usage.startMs[rows[i]]);
      if (month !== current) {
        if (run > 0) counts.set(current, (counts.get(current) ?? 0) + run);
        current = month;
        run = 0;
      }
      run++;
    }
    if (run > 0) counts.set(current, (counts.get(current) ?? 0) + run);
    return new Map([...counts].sort(([a], [b]) => a - b));
  }

  private select({ usage, rows, count }: ChargeRows, month: number, expected: number): void {
    const { selected, record, months } = this;
    if (expected === count) selected.set(rows.subarray(0, count));
    else {
      let n = 0;
      for (let i = 0; i < count; i++) {
        const row = rows[i];
        if (months.find(usage.startMs[row]) === month) selected[n++] = row;
      }
    }
    for (let i = 0; i < expected; i++) record[i] = usage.record[selected[i]]!;
  }

  private encodeMonth(input: ChargeRows, month: number, count: number): LedgerBlock {
    const { usage, records, dictionaries } = input;
    const { selected, record } = this;
    const block = this.block.begin(count).constant('entry_no', input.entryNo, 8);
    if (input.recordNo) block.uint32('record_no', input.recordNo, record);
    else block.fixedUint32('record_no', record);
    block
      .uint16('charge_no', input.chargeNo, selected)
      .constant('posted_entry', input.postedEntry, 8)
      .constant('sign', 1, 1)
      .uint8('kind', usage.kind, selected)
      .uint32('account_no', usage.accountNo, selected)
      .uint32('subscription_no', usage.subscriptionNo, selected)
      .lowCardinality('view', usage.viewNo, selected, dictionaries.views)
      .lowCardinality('service', usage.serviceNo, selected, SERVICE_NAMES)
      .int64('start_at', usage.startMs, selected)
      .int64('end_at', usage.endMs, selected)
      .fixedString16('identity', records.identity, record)
      .int64('quantity', usage.quantity, selected)
      .int64('quantity_up', usage.quantityUp, selected);
    this.locate(input.partyField, records, count);
    block.strings('party', records.text, this.offsets, this.lengths);
    this.locate(input.otherField, records, count);
    block
      .strings('other_party', records.text, this.offsets, this.lengths)
      .lowCardinality('zone', usage.zoneNo, selected, dictionaries.zones)
      .lowCardinality('band', usage.bandNo, selected, dictionaries.bands)
      .lowCardinality('tariff', usage.versionNo, selected, dictionaries.versions);
    const { components = [''] } = dictionaries;
    if (components.length === 1) block.constantKey('component', '');
    else block.lowCardinality('component', usage.componentNo, selected, components);
    block
      .int64('billed', usage.billed, selected)
      .lowCardinality('currency', usage.currencyNo, selected, dictionaries.currencies)
      .int64('amount', usage.amountMicros, selected)
      .int64('tax', usage.taxMicros, selected)
      .uint32('service_period', usage.servicePeriod, selected);
    if (input.postingPeriod > 0) block.constant('posting_period', input.postingPeriod, 4);
    else block.uint32('posting_period', usage.servicePeriod, selected);
    block.emptyStrings('corrects');
    return { table: 'charges', month, rows: count, ...this.sums(usage, count), chunks: [block.finish()] };
  }

  /** Finds the text of each row: the field differs by the rule that guided it. */
  private locate(fields: Uint8Array, { textOffset, textLength }: RecordColumns, count: number): void {
    const { selected, record, offsets, lengths } = this;
    for (let i = 0; i < count; i++) {
      const field = fields[selected[i]];
      if (field === NO_FIELD) lengths[i] = 0;
      else {
        offsets[i] = textOffset[field][record[i]]!;
        lengths[i] = textLength[field][record[i]]!;
      }
    }
  }

  private sums(usage: UsageColumns, count: number): { amountMicros: bigint; quantity: bigint } {
    const amount = new ExactSum();
    const quantity = new ExactSum();
    for (let i = 0; i < count; i++) {
      amount.add(usage.amountMicros[this.selected[i]]);
      quantity.add(usage.quantity[this.selected[i]]);
    }
    return { amountMicros: amount.value, quantity: quantity.value };
  }
}
