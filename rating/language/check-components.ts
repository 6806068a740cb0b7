/** Settlement finds the rule of a usage again by zone, band and component: rules that only conditions tell apart need names. */
import { undecidedRules } from './known-rule.ts';
import type { MistakeList } from './mistakes.ts';
import type { RuleModel } from './model.ts';
import { settlesUsage, type PeriodModel } from './period-model.ts';
import { ruleTable } from './read-rules.ts';

export interface Places {
  /** Of rounding. */
  at: string;
  zones: number;
  bands: number;
}

export function checkRuleComponents(
  rules: readonly RuleModel[],
  period: PeriodModel,
  { at, zones, bands }: Places,
  mistakes: MistakeList,
): void {
  const { chainOf, chains } = ruleTable(rules, zones, bands);
  if (chainOf === null) return;
  const settled = new Set<number>();
  chainOf.forEach((chain, place) => {
    if (settlesUsage(period, at, Math.floor(place / bands), place % bands)) settled.add(chain);
  });
  const same = new Map<number, number>();
  for (const chain of settled) {
    const first = new Map<string, number>();
    for (const rule of chains[chain]) {
      const { component } = rules[rule];
      const other = first.get(component);
      if (other === undefined) first.set(component, rule);
      else same.set(rule, other);
    }
  }
  for (const [rule, other] of [...same].sort(([a], [b]) => a - b)) {
    mistakes.add(
      ['rules', rule],
      `Its line has the same \`component\` as that of rule ${other + 1}: settlement could not tell them apart.`,
      'Give rules with `when` components of their own, or round on the record.',
    );
  }
}

/** What charges of a version may say: each component with each choice of the rules that are named behind it. */
const NAMES_MAX = 1024;

/**
 * A usage that is divided comes into other bands. Rules there whose conditions do not follow from the rule at its start:
 * its charge says which of them held (`namedRules` of the compiled tariff). Rule → a rule at the start.
 */
export function rulesOfLaterBands(
  rules: readonly RuleModel[],
  period: PeriodModel,
  { at, zones, bands }: Places,
): Map<number, number> {
  const { chainOf, chains } = ruleTable(rules, zones, bands);
  const open = new Map<number, number>();
  if (chainOf === null) return open;
  const pairs = new Set<string>();
  chainOf.forEach((from, place) => {
    const zone = Math.floor(place / bands);
    if (!settlesUsage(period, at, zone, place % bands)) return;
    for (const to of chainOf.subarray(zone * bands, (zone + 1) * bands)) {
      if (pairs.has(`${from} ${to}`)) continue;
      pairs.add(`${from} ${to}`);
      for (const start of chains[from]) {
        for (const rule of undecidedRules(rules, chains[from], start, chains[to])) {
          if (!open.has(rule)) open.set(rule, start);
        }
      }
    }
  });
  return new Map([...open].sort(([a], [b]) => a - b));
}

/** Those that charges name; none where there are too many (an older publication). */
export function namedRules(rules: readonly RuleModel[], open: ReadonlyMap<number, number>): number[] {
  return open.size > mostNamed(rules) ? [] : [...open.keys()];
}

function mostNamed(rules: readonly RuleModel[]): number {
  const components = new Set(rules.map(({ component }) => component)).size;
  return Math.max(0, Math.floor(Math.log2(NAMES_MAX / components)));
}

export function checkLaterBands(
  rules: readonly RuleModel[],
  open: ReadonlyMap<number, number>,
  mistakes: MistakeList,
): void {
  const most = mostNamed(rules);
  if (open.size <= most) return;
  for (const [rule, start] of [...open].slice(most)) {
    mistakes.add(
      ['rules', rule],
      `Usage that begins under rule ${start + 1} may come into its band, and what holds there does not tell whether its ` +
        `conditions hold: a charge can name ${most} such rules beside its component, and this tariff has ${open.size}.`,
      'Ask the same in all bands, use `crossing: by-start`, or round on the record.',
    );
  }
}
