/** What is posted: lines less what stands of them already. */
import type { Step } from '../engine/index.ts';
import type { Line } from './line.ts';
import { keyText } from './lines.ts';
import type { LineTotals, SettlementCharge } from './model.ts';
import { addTotals } from './money.ts';
import type { Settlement } from './settlement.ts';

/** Settling again posts nothing, late usage posts the difference, and the order of arrival has no say. */
export function differences(settlement: Settlement): SettlementCharge[] {
  const standing = new Map<Line, LineTotals>();
  for (const { input, subscription } of settlement.members) {
    const sums = new Map<string, { line: Line; totals: LineTotals }>();
    for (const posted of input.posted) {
      const key = keyText(posted);
      const before = sums.get(key);
      if (before === undefined) sums.set(key, { line: lineOf(settlement, subscription, posted), totals: posted });
      else before.totals = addTotals(before.totals, posted, 1);
    }
    for (const { line, totals } of sums.values()) standing.set(line, totals);
  }
  return settlement.lines.sorted().flatMap((line) => {
    if (line.kind === 'record') return [];
    const total = line.totals();
    const before = standing.get(line);
    const open = before === undefined ? total : addTotals(total, before, -1);
    if (open.quantity === 0 && open.amountMicros === 0 && open.taxMicros === 0) return [];
    return [chargeOf(settlement, line, total, open, before)];
  });
}

/** A posted line that nothing supports any more is taken back whole. */
function lineOf(settlement: Settlement, subscription: number, posted: Parameters<typeof keyText>[0]): Line {
  return settlement.lines.get(subscription, posted) ?? settlement.unsupported(subscription, posted);
}

function chargeOf(
  { month }: Settlement,
  line: Line,
  total: LineTotals,
  open: LineTotals,
  before: LineTotals | undefined,
): SettlementCharge {
  const steps: Step[] = line.explain();
  if (before !== undefined) {
    const { quantity, amountMicros, taxMicros } = before;
    steps.push({
      step: 'line',
      text: 'Posted is the difference to what stands for this line already.',
      data: { quantity, amountMicros, taxMicros },
    });
  }
  const { subscription, cycle, exchange } = line.owner;
  return {
    ...line.key,
    ...open,
    subscription,
    // Rows of a month stand in it: of a cycle that began before, the days in the month.
    first: Math.max(cycle.first, month.first),
    end: cycle.end,
    currency: exchange.currency,
    total,
    covers: line.covers(),
    steps,
  };
}
