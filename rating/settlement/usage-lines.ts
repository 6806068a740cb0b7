/** Usage at its own price: a line per component, zone and band, of what no allowance took. */
import { formatQuantity } from '../language/index.ts';
import type { Days } from './cycles.ts';
import type { Line } from './line.ts';
import type { Settlement } from './settlement.ts';
import type { Use } from './use.ts';

export class UsageLines {
  private readonly settlement: Settlement;
  /** Line → rule → units at its price. */
  private readonly quantities = new Map<Line, Map<number, number>>();

  constructor(settlement: Settlement) {
    this.settlement = settlement;
  }

  add(use: Use, cycle: Days): void {
    if (use.settled && use.rest === 0 && use.covered > 0) return;
    if (this.settlement.takerOf(use) !== null) return;
    const { version, member, usage } = use;
    const of = { version, cycle, component: use.component, zone: usage.zone, band: usage.band };
    const kind = use.settled ? 'usage' : 'record';
    const line = this.settlement.lines.line(kind, { subscription: member.subscription, ...of });
    line.cover(usage.identity, use.rest);
    line.addUsage(use.price(), use.day);
    const byRule = this.quantities.get(line) ?? new Map<number, number>();
    for (const { rule, quantity } of use.quantities()) byRule.set(rule, (byRule.get(rule) ?? 0) + quantity);
    this.quantities.set(line, byRule);
  }

  /** How much was priced by which rule. */
  describe(): void {
    for (const [line, byRule] of this.quantities) {
      const { model } = line.owner.version.tariff;
      for (const [rule, quantity] of byRule) {
        const { price, per } = model.rules[rule].price.text;
        line.steps.push({
          step: 'rule',
          text: `Rule ${rule + 1}: ${formatQuantity(quantity, model.base)} × ${price} ${model.currency} per ${per}.`,
          data: { rule: rule + 1, quantity, unit: model.base, price, per },
        });
      }
    }
  }
}
