/** Surcharges and discounts: percentages of lines, as they stand on the bill. */
import { isLess, NOTHING, product, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion } from '../engine/index.ts';
import type { ComponentModel, ShareModel } from '../language/index.ts';
import { baseOf } from './base-lines.ts';
import { cyclesDue, type Days } from './cycles.ts';
import { minus, whole } from './exact.ts';
import { exactSigned, type Line } from './line.ts';
import type { Part } from './member.ts';
import type { Settlement, Together } from './settlement.ts';

/** The cycles of a component, with the parts in which it holds. */
export function* heldCycles(
  settlement: Settlement,
  version: BookVersion,
  component: ComponentModel,
): Generator<Together & { cycle: Days; parts: Part[]; days: number }> {
  for (const together of settlement.together(version, component.scope)) {
    const { lead } = together;
    for (const cycle of cyclesDue(component, settlement.month, lead.facts(version, settlement.month))) {
      const parts = lead.parts(component, version, cycle);
      const spans = lead.spansIn(cycle).filter((span) => span.version === version);
      const days = spans.reduce((sum, { first, end }) => sum + end - first, 0);
      if (parts.length > 0) yield { ...together, cycle, parts, days };
    }
  }
}

export function addShares(settlement: Settlement, version: BookVersion): void {
  for (const model of version.tariff.model.period.shares) {
    for (const { lead, members, cycle, parts, days } of heldCycles(settlement, version, model)) {
      const base = baseOf(settlement, { members }, version, cycle, model.of);
      // The threshold is written in the tariff's currency, lines stand in the account's.
      const { rate } = settlement.lines.exchange(version, cycle);
      const counted = countedOf(model, whole(base.priced), rate);
      if (counted.num === 0n) continue;
      const held = parts.reduce((sum, part) => sum + part.days, 0);
      const micros = product(product(counted, model.share), ratio(BigInt(held), BigInt(days)));
      const of = { subscription: lead.subscription, version, cycle, component: model.component };
      const line = settlement.lines.line('share', of);
      addPriced(line, micros);
      const names = [...new Set(base.lines.map(({ key }) => key.component))];
      line.steps.push({
        step: 'line',
        text:
          `${model.text} % of ${exactSigned(counted)} (${names.join(', ')})` +
          `${held === days ? '' : `, ${held} of ${days} days`}.`,
        data: { percent: model.text, of: names.join(', '), sum: exactSigned(counted), days: held },
      });
    }
  }
}

/** The sum, what of it is above the threshold, or nothing. */
function countedOf({ above, mode }: ShareModel, sum: Ratio, rate: Ratio): Ratio {
  if (above === null) return sum;
  const limit = product(above, rate);
  if (!isLess(limit, sum)) return NOTHING;
  return mode === 'whole' ? sum : minus(sum, limit);
}

/** An amount in the posting currency: what it was taken of is money already. */
export function addPriced(line: Line, micros: Ratio): void {
  line.add(product(micros, { num: line.owner.exchange.rate.den, den: line.owner.exchange.rate.num }));
}
