/**
 * Which rule holds in another band, known from the one that held at the start: conditions ask of the record and the
 * customer, not of the time, so what was true or false at the start of a usage is so to its end.
 */
import type { ConditionModel, RuleModel } from './model.ts';

/** Neither what held nor what did not hold at the start decides it. */
export const UNDECIDED = -2;

/**
 * Rule number of `chain`, -1 where it is empty, or UNDECIDED. `from` is the chain at the start, and `rule` the one of it
 * that held; those before it did not. The usage was rated: in each of its bands some rule held. `held`: of the rules that
 * `undecidedRules` names those whose conditions held; null where nobody wrote it down.
 */
export function knownRule(
  rules: readonly Pick<RuleModel, 'when'>[],
  from: Int16Array,
  rule: number,
  chain: Int16Array,
  held: ReadonlySet<number> | null,
): number {
  const known = new Known(rules, from, rule);
  for (const one of chain.subarray(0, -1)) {
    const decided = known.holds(rules[one].when);
    if (decided === null && held === null) return UNDECIDED;
    if (decided ?? held!.has(one)) return one;
  }
  return chain.at(-1) ?? -1;
}

/** The rules of `chain` that what held and what did not hold at the start leave open. */
export function undecidedRules(
  rules: readonly Pick<RuleModel, 'when'>[],
  from: Int16Array,
  rule: number,
  chain: Int16Array,
): number[] {
  const known = new Known(rules, from, rule);
  const open: number[] = [];
  for (const one of chain.subarray(0, -1)) {
    const decided = known.holds(rules[one].when);
    if (decided === true) break;
    if (decided === null) open.push(one);
  }
  return open;
}

/** What the rule at the start says of conditions. */
class Known {
  private readonly held: ReadonlySet<string>;
  /** Of each of these lists some condition does not hold. */
  private readonly failed: readonly (readonly ConditionModel[])[];

  constructor(rules: readonly Pick<RuleModel, 'when'>[], from: Int16Array, rule: number) {
    this.failed = [...from.subarray(0, from.indexOf(rule))].map((one) => rules[one].when);
    const opposites = this.failed.flatMap((conditions) => (conditions.length === 1 ? oppositeOf(conditions[0]) : []));
    this.held = new Set([...rules[rule].when, ...opposites].map(textOf));
  }

  /** Null: they may hold or not. */
  holds(asked: readonly ConditionModel[]): boolean | null {
    const { held, failed } = this;
    if (asked.every((condition) => held.has(textOf(condition)))) return true;
    // If they held, they and what held could not contradict each other, nor be all of what failed.
    const all = new Set([...held, ...asked.map(textOf)]);
    const impossible =
      asked.some((condition) => oppositeOf(condition).some((opposite) => held.has(textOf(opposite)))) ||
      failed.some((conditions) => conditions.every((condition) => all.has(textOf(condition))));
    return impossible ? false : null;
  }
}

/** What holds where the condition does not: of those that have two values. */
function oppositeOf(condition: ConditionModel): ConditionModel[] {
  if (condition.key === 'forwarded') return [{ ...condition, forwarded: !condition.forwarded }];
  if (condition.key === 'direction') return [{ ...condition, direction: condition.direction === 'in' ? 'out' : 'in' }];
  return [];
}

function textOf(condition: ConditionModel): string {
  return JSON.stringify(condition);
}
