/** Guiding rules made ready: for every format each of its classes gets its rule, with numbers in the place of names. */
import { TEXT_FIELDS, type TextFieldName } from '../../schemas/columns/record-columns.ts';
import { Disposition } from '../../schemas/columns/record-columns.ts';
import { SERVICE_NAMES, type ServiceName } from '../../schemas/columns/usage-columns.ts';
import { GUIDING_KEYS, type GuidingKey, type GuidingRule } from '../../schemas/guiding.ts';
import { IDENTIFIER_KINDS, type RegistryLookup } from '../../registry/index.ts';
import type { Publication } from '../../schemas/log-entries.ts';
import type { CompiledFormat, RecordClass } from '../formats/types.ts';
import { fits } from './class-pattern.ts';
import { readGuiding } from './document.ts';

export interface GuidingPlan {
  readonly name: string;
  /** Names of the views; `viewNo` is the index. */
  readonly views: readonly string[];
  readonly rules: readonly GuidingRule[];
}

/** A field that may lead to the owner. Numbers are indexes into TEXT_FIELDS; `others` name the other side. */
export interface BoundKey {
  readonly field: number;
  readonly kindNo: number;
  readonly others: readonly number[];
}

export interface BoundView {
  readonly view: string;
  readonly viewNo: number;
  readonly serviceNo: number;
  /** The look-up's number of (view, service). */
  readonly pairNo: number;
  readonly keys: readonly BoundKey[];
  readonly required: boolean;
}

export interface BoundRule {
  /** Place in the plan's rules; -1 for classes that are never guided. */
  readonly index: number;
  readonly views: readonly BoundView[];
  /** What becomes of the record when there are no views. */
  readonly without: number;
}

export function compileGuiding(publication: Publication): GuidingPlan {
  const { guiding: name, rules } = readGuiding(publication);
  return { name, views: [...new Set(rules.flatMap((rule) => rule.views.map(({ view }) => view)))], rules };
}

/** Per class of the format its rule; null where none fits. Good until the look-up changes. */
export function bindRules(plan: GuidingPlan, lookup: RegistryLookup, format: CompiledFormat): (BoundRule | null)[] {
  return format.classes.map((recordClass) => {
    const fixed = withoutGuiding(recordClass);
    if (fixed !== null) return { index: -1, views: [], without: fixed };
    const index = ruleIndex(plan, format.name, recordClass.name);
    if (index < 0) return null;
    const views = plan.rules[index].views.map(({ view, by, required = true }) => ({
      view,
      viewNo: plan.views.indexOf(view),
      serviceNo: SERVICE_NAMES.indexOf(recordClass.service as ServiceName),
      pairNo: lookup.pairNo(view, recordClass.service as ServiceName),
      keys: by.map(boundKey),
      required,
    }));
    return { index, views, without: Disposition.filtered };
  });
}

function withoutGuiding({ kind }: RecordClass): number | null {
  if (kind === 'context') return Disposition.absorbed;
  return kind === 'ignored' ? Disposition.filtered : null;
}

function ruleIndex(plan: GuidingPlan, format: string, className: string): number {
  return plan.rules.findIndex(
    (rule) => fits(rule.class, className) && (rule.when === undefined || rule.when.format.includes(format)),
  );
}

function boundKey(key: GuidingKey): BoundKey {
  const others: TextFieldName[] =
    key === 'callingParty' || key === 'redirectingParty'
      ? ['calledParty']
      : key === 'calledParty'
        ? ['callingParty']
        : key === 'meter'
          ? ['register']
          : ['calledParty', 'callingParty'];
  return {
    field: TEXT_FIELDS.indexOf(key),
    kindNo: IDENTIFIER_KINDS.indexOf(GUIDING_KEYS[key]),
    others: others.map((name) => TEXT_FIELDS.indexOf(name)),
  };
}
