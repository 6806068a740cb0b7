/** Settlement finds the rule of a usage again by zone, band and component: rules that only conditions tell apart need names. */
import { knownRule, UNDECIDED } from './known-rule.ts';
import type { MistakeList } from './mistakes.ts';
import type { RuleModel } from './model.ts';
import { settlesUsage, type PeriodModel } from './period-model.ts';
import { ruleTable } from './read-rules.ts';

interface Places {
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

/** A usage that is divided comes into other bands: what held at its start has to decide which rule holds there. */
export function checkLaterBands(
  rules: readonly RuleModel[],
  period: PeriodModel,
  { at, zones, bands }: Places,
  mistakes: MistakeList,
): void {
  const { chainOf, chains } = ruleTable(rules, zones, bands);
  if (chainOf === null) return;
  const pairs = new Set<string>();
  /** Rule that may or may not hold → the one at the start. */
  const undecided = new Map<number, number>();
  chainOf.forEach((from, place) => {
    const zone = Math.floor(place / bands);
    if (!settlesUsage(period, at, zone, place % bands)) return;
    for (const to of chainOf.subarray(zone * bands, (zone + 1) * bands)) {
      if (pairs.has(`${from} ${to}`)) continue;
      pairs.add(`${from} ${to}`);
      for (const rule of chains[from]) {
        if (knownRule(rules, chains[from], rule, chains[to]) !== UNDECIDED) continue;
        const asking = chains[to].find((one) => rules[one].when.length > 0)!;
        if (!undecided.has(asking)) undecided.set(asking, rule);
      }
    }
  });
  for (const [rule, start] of [...undecided].sort(([a], [b]) => a - b)) {
    mistakes.add(
      ['rules', rule],
      `Usage that begins under rule ${start + 1} may come into its band: settlement could not tell whether its conditions hold.`,
      'Ask the same in all bands, use `crossing: by-start`, or round on the record.',
    );
  }
}
