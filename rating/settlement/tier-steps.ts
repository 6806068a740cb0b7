/**
 * Steps of tiers over exact quantities: how much of a total lies in which step, and what that costs. Steps that go on
 * from earlier usage are the difference of two totals, so that each unit is priced once, whatever the parts.
 */
import { NOTHING, ONE, product, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { StepModel, TiersModel } from '../language/index.ts';
import { floor, greatest, least, minus, plus, quotient, whole } from './exact.ts';

/** Usage of one zone and band. */
export interface Amount {
  place: string;
  band: number;
  quantity: number;
}

/** Units of a place by step. */
export type Filled = Map<string, { band: number; steps: Ratio[] }>;

/** Where steps end: their limits, in a part of a cycle. */
export function limitsOf({ steps }: TiersModel, scale: Ratio): (Ratio | null)[] {
  return steps.map(({ upTo }) => (upTo === Infinity ? null : product(whole(upTo), scale)));
}

/** How a total lies in the steps. */
export function fillSteps({ mode }: TiersModel, limits: readonly (Ratio | null)[], total: Ratio): Ratio[] {
  if (mode === 'whole') {
    // The limit itself still belongs to the lower step.
    const reached = limits.findIndex((limit) => limit === null || !(minus(total, limit).num > 0n));
    return limits.map((_, index) => (index === reached ? total : NOTHING));
  }
  let from = NOTHING;
  return limits.map((limit) => {
    const until = limit === null ? total : least(limit, total);
    const inside = greatest(NOTHING, minus(until, from));
    from = limit ?? from;
    return inside;
  });
}

/** Divides usage among places and steps, as the tiers say. `amounts` stand in order of use. */
export function distribute(tiers: TiersModel, limits: readonly (Ratio | null)[], amounts: readonly Amount[]): Filled {
  const totals = totalsOf(amounts);
  const sum = whole([...totals.values()].reduce((all, { quantity }) => all + quantity, 0n));
  // The step that the total reaches prices everything: the order says nothing then.
  const fill = tiers.mode === 'whole' && tiers.fill === 'order' ? 'shares' : tiers.fill;
  const filled: Filled = new Map();
  if (fill === 'order') fillInOrder(tiers, limits, amounts, filled);
  else {
    const all = fillSteps(tiers, limits, sum);
    for (const [place, { band, quantity }] of totals) {
      const own = whole(quantity);
      const steps =
        fill === 'apart'
          ? fillSteps(tiers, limits, own)
          : all.map((step) => (sum.num === 0n ? NOTHING : product(step, quotient(own, sum))));
      filled.set(place, { band, steps });
    }
  }
  return filled;
}

function totalsOf(amounts: readonly Amount[]): Map<string, { band: number; quantity: bigint }> {
  const totals = new Map<string, { band: number; quantity: bigint }>();
  for (const { place, band, quantity } of amounts) {
    const total = totals.get(place) ?? { band, quantity: 0n };
    total.quantity += BigInt(quantity);
    totals.set(place, total);
  }
  return totals;
}

function fillInOrder(
  tiers: TiersModel,
  limits: readonly (Ratio | null)[],
  amounts: readonly Amount[],
  filled: Filled,
): void {
  let total = NOTHING;
  let before = fillSteps(tiers, limits, total);
  for (const { place, band, quantity } of amounts) {
    total = plus(total, whole(quantity));
    const after = fillSteps(tiers, limits, total);
    const own = filled.get(place) ?? { band, steps: limits.map(() => NOTHING) };
    own.steps = own.steps.map((step, index) => plus(step, minus(after[index], before[index])));
    filled.set(place, own);
    before = after;
  }
}

/** What units in one step cost, and how many of them count. */
export function costOf(
  step: StepModel,
  band: number,
  coefficient: Ratio,
  quantity: Ratio,
): { counted: Ratio; micros: Ratio } | null {
  const price = step.prices === null ? step.price : (step.prices.get(band) ?? null);
  if (price === null) return step.prices === null ? { counted: quantity, micros: NOTHING } : null;
  const counted = countUnits(step, quantity);
  return { counted, micros: product(product(counted, price.rate), coefficient) };
}

function countUnits({ unit, per }: StepModel, quantity: Ratio): Ratio {
  if (unit === 'exact') return quantity;
  const size = whole(per);
  const units = quotient(quantity, size);
  const full = floor(units);
  const started = unit === 'started' && minus(units, whole(full)).num > 0n ? 1 : 0;
  return product(whole(full + started), size);
}

export function coefficientOf({ coefficients }: TiersModel, band: number): Ratio {
  return coefficients.get(band) ?? ONE;
}

/** Share of a part of a cycle in the limits. */
export function limitScale({ limits }: TiersModel, { days, share }: { days: number; share: Ratio }): Ratio {
  if (limits === 'days') return share;
  if (limits === '30-days') return ratio(BigInt(days), 30n);
  return limits === 'daily' ? whole(days) : ONE;
}
