/** Finds who is charged for each record: one usage row per view, or a code that says why there is none. */
import { Disposition, TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import { NO_TEXT_FIELD, type UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { errorNo } from '../../platform/errors.ts';
import type { RegistryLookup } from '../../registry/index.ts';
import type { CompiledFormat } from '../formats/types.ts';
import { bindRules, type BoundKey, type BoundRule, type BoundView, type GuidingPlan } from './plan.ts';

const GUIDED = 0;
const NO_RULE = errorNo('GUIDE_NO_RULE');
const NO_OWNER = errorNo('GUIDE_NO_OWNER');
const OWNER_NOT_THEN = errorNo('GUIDE_OWNER_NOT_THEN');
const NO_TARIFF = errorNo('GUIDE_NO_TARIFF');
const KNOWN_NOT_THEN = -2;
/** Records whose owners are looked up together. */
const BATCH_RECORDS = 256;

/**
 * Guides every usable record of a slice. A record without a required owner or tariff is suspended and leaves no rows.
 * Rows come in the order of records, and within a record in the order of its rule's views.
 */
export function guide(
  plan: GuidingPlan,
  lookup: RegistryLookup,
  format: CompiledFormat,
  records: RecordColumns,
  usage: UsageColumns,
): void {
  const guiding = new Guiding(plan, lookup, format, records, usage);
  for (let record = 0; record < records.count; record++) {
    if (record % BATCH_RECORDS === 0) guiding.lookAhead(record, Math.min(record + BATCH_RECORDS, records.count));
    if (records.disposition[record] !== Disposition.usable) continue;
    const rule = guiding.ruleOf(record);
    if (rule !== null && rule.views.length === 0) {
      records.disposition[record] = rule.without;
      continue;
    }
    const code = guiding.record(rule, record);
    if (code === GUIDED) continue;
    records.disposition[record] = Disposition.suspended;
    records.code[record] = code;
    records.faultField[record] = guiding.faultField();
  }
}

/** One slice being guided; nothing is allocated per record. */
export class Guiding {
  private readonly lookup: RegistryLookup;
  private readonly records: RecordColumns;
  private readonly usage: UsageColumns;
  private readonly rules: readonly (BoundRule | null)[];
  /** Per text field its number among the format's fields, +1; 0 when the format names it otherwise. */
  private readonly formatField: Uint16Array;
  /** Text field that the last failed view tried first and found filled; NO_TEXT_FIELD when all were empty. */
  private tried = NO_TEXT_FIELD;

  /** The distinct keys that the rules of the classes try first, and per class which one it is; -1 without views. */
  private readonly leads: readonly BoundKey[];
  private readonly leadOfClass: Int8Array;
  // Records that `lookAhead` gathered for one of them, and what the look-up said of each record of the batch.
  private readonly gathered = new Uint32Array(BATCH_RECORDS);
  private readonly offsets = new Uint32Array(BATCH_RECORDS);
  private readonly lengths = new Uint16Array(BATCH_RECORDS);
  private readonly times = new Float64Array(BATCH_RECORDS);
  private readonly answers = new Int32Array(BATCH_RECORDS);
  private readonly ahead = new Int32Array(BATCH_RECORDS);
  private aheadFrom = 0;
  private aheadTo = 0;

  constructor(
    plan: GuidingPlan,
    lookup: RegistryLookup,
    format: CompiledFormat,
    records: RecordColumns,
    usage: UsageColumns,
  ) {
    this.lookup = lookup;
    this.records = records;
    this.usage = usage;
    this.rules = bindRules(plan, lookup, format);
    this.formatField = Uint16Array.from(TEXT_FIELDS, (name) => format.fieldNames.indexOf(name) + 1);
    const firsts = this.rules.map((rule) => rule?.views[0]?.keys[0]);
    this.leads = firsts.filter(
      (key, i) => key !== undefined && firsts.findIndex((k) => isSame(k, key)) === i,
    ) as BoundKey[];
    this.leadOfClass = Int8Array.from(firsts, (key) => this.leads.findIndex((lead) => isSame(key, lead)));
  }

  /** Looks up the first keys of the records [from, to) together; without it they are looked up one by one. */
  lookAhead(from: number, to: number): void {
    const { records, lookup, leadOfClass, gathered, offsets, lengths, times, answers, ahead } = this;
    const { disposition, classNo, startMs } = records;
    for (let lead = 0; lead < this.leads.length; lead++) {
      const { field, kindNo } = this.leads[lead];
      const textOffset = records.textOffset[field];
      const textLength = records.textLength[field];
      let count = 0;
      for (let record = from; record < to; record++) {
        if (disposition[record] !== Disposition.usable || leadOfClass[classNo[record]] !== lead) continue;
        gathered[count] = record - from;
        offsets[count] = textOffset[record];
        lengths[count] = textLength[record];
        times[count] = startMs[record];
        count++;
      }
      lookup.findMany(kindNo, records.text, offsets, lengths, times, count, answers);
      for (let i = 0; i < count; i++) ahead[gathered[i]] = answers[i];
    }
    this.aheadFrom = from;
    this.aheadTo = to;
  }

  ruleOf(record: number): BoundRule | null {
    return this.rules[this.records.classNo[record]];
  }

  faultField(): number {
    return this.tried === NO_TEXT_FIELD ? 0 : this.formatField[this.tried];
  }

  /** Pushes the record's rows and returns 0, or takes them back and returns the number of an error. */
  record(rule: BoundRule | null, record: number): number {
    this.tried = NO_TEXT_FIELD;
    if (rule === null) return NO_RULE;
    const firstRow = this.usage.count;
    let missing = NO_OWNER;
    for (let i = 0; i < rule.views.length; i++) {
      const view = rule.views[i];
      const code = this.view(view, record);
      if (code === GUIDED) continue;
      // Without an owner an optional view is left out; with an owner and no price it is a hole in the tariffs.
      if (view.required || code === NO_TARIFF) {
        this.usage.count = firstRow;
        return code;
      }
      missing = code;
    }
    return this.usage.count === firstRow ? missing : GUIDED;
  }

  private view(view: BoundView, record: number): number {
    const { records, lookup } = this;
    const startMs = records.startMs[record];
    let code = NO_OWNER;
    this.tried = NO_TEXT_FIELD;
    for (let i = 0; i < view.keys.length; i++) {
      const key = view.keys[i];
      const length = records.textLength[key.field][record];
      if (length === 0) continue;
      if (this.tried === NO_TEXT_FIELD) this.tried = key.field;
      const found = this.find(key, record, length, startMs);
      if (found >= 0) {
        this.tried = key.field;
        const tariffNo = lookup.tariffNoOfPair(lookup.subscriptionNo(found), view.pairNo, startMs);
        if (tariffNo < 0) return NO_TARIFF;
        this.push(view, key, found, tariffNo, record);
        return GUIDED;
      }
      if (found === KNOWN_NOT_THEN) code = OWNER_NOT_THEN;
    }
    return code;
  }

  private find(key: BoundKey, record: number, length: number, atMs: number): number {
    const { records } = this;
    if (record >= this.aheadFrom && record < this.aheadTo) {
      const lead = this.leads[this.leadOfClass[records.classNo[record]]];
      if (key.field === lead.field && key.kindNo === lead.kindNo) return this.ahead[record - this.aheadFrom];
    }
    return this.lookup.find(key.kindNo, records.text, records.textOffset[key.field][record], length, atMs);
  }

  private push(view: BoundView, key: BoundKey, assignment: number, tariffNo: number, record: number): void {
    const { records, usage, lookup } = this;
    const row = usage.push();
    usage.record[row] = record;
    usage.viewNo[row] = view.viewNo;
    usage.serviceNo[row] = view.serviceNo;
    usage.accountNo[row] = lookup.accountNo(assignment);
    usage.subscriptionNo[row] = lookup.subscriptionNo(assignment);
    usage.assignment[row] = assignment;
    usage.tariffNo[row] = tariffNo;
    usage.partyField[row] = key.field;
    usage.otherField[row] = this.otherSide(key, record);
    usage.startMs[row] = records.startMs[record];
    usage.endMs[row] = records.endMs[record];
    usage.quantity[row] = records.quantity[record];
    usage.quantityUp[row] = records.quantityUp[record];
  }

  private otherSide(key: BoundKey, record: number): number {
    for (let i = 0; i < key.others.length; i++) {
      if (this.records.textLength[key.others[i]][record] > 0) return key.others[i];
    }
    return NO_TEXT_FIELD;
  }
}

function isSame(a: BoundKey | undefined, b: BoundKey | undefined): boolean {
  return a !== undefined && b !== undefined && a.field === b.field && a.kindNo === b.kindNo;
}
