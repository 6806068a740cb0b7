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
      const found = lookup.find(key.kindNo, records.text, records.textOffset[key.field][record], length, startMs);
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
