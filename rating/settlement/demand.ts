/** Power over a cycle: the maximum of a window, what exceeds the contract, ratchet and power factor. */
import { NOTHING, ONE, product, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion, Step } from '../engine/index.ts';
import { selects, type DemandModel } from '../language/index.ts';
import { floor, greatest, minus, plus, rootTo, whole } from './exact.ts';
import { decimal } from './fees.ts';
import { exactSigned } from './line.ts';
import type { PartOf, Settlement } from './settlement.ts';
import { sumOf } from './tiers.ts';
import type { Use } from './use.ts';
import { byWindow, HOUR_MS } from './windows.ts';

export function addDemand(settlement: Settlement, version: BookVersion): void {
  for (const demand of version.tariff.model.period.demand) {
    for (const found of settlement.parts(version, demand)) addPart(settlement, demand, found);
  }
}

function addPart(settlement: Settlement, demand: DemandModel, found: PartOf): void {
  const { lead, part } = found;
  const uses = found.uses.filter((use) => selects(demand, use.zone, use.band));
  const contracted = demand.contracted === null ? NOTHING : product(lead.number(demand.contracted, part), whole(1000));
  const steps: Step[] = [];
  const measured = measure(demand, uses, contracted);
  note(steps, `Measured: ${watts(measured)}.`, { measured: decimal(measured) });
  let billed = withPowerFactor(demand, found.uses, uses, measured, steps);
  if (demand.atLeast.num > 0n) {
    billed = greatest(billed, product(contracted, demand.atLeast));
    note(steps, `Contracted ${watts(contracted)}: at least ${decimal(product(demand.atLeast, whole(100)))} % of it.`, {
      contracted: decimal(contracted),
    });
  }
  billed = withRatchet(settlement, demand, found, billed, steps);
  if (billed.num === 0n && uses.length === 0) return;
  const { version, cycle, share } = part;
  const of = { subscription: lead.subscription, version, cycle, component: demand.component };
  const line = settlement.lines.line('measured', of);
  const micros = product(product(billed, demand.price.rate), share);
  line.add(micros);
  line.unit = 'W';
  line.quantity = Math.max(line.quantity, floor(billed));
  for (const { usage } of uses) line.mention(usage.identity, usage.quantity);
  const { text } = demand.price;
  note(
    steps,
    `${watts(billed)} × ${text.price} per ${text.per}, ${part.days} of ${cycle.end - cycle.first} days: ${exactSigned(micros)}.`,
    { billed: decimal(billed), price: text.price, per: text.per, days: part.days, amount: exactSigned(micros) },
  );
  line.steps.push(...steps);
}

/** Watts: energy of a window over its length. */
function measure({ windowMs, of }: DemandModel, uses: readonly Use[], contracted: Ratio): Ratio {
  const perWindow = ratio(BigInt(HOUR_MS), BigInt(windowMs));
  const surpluses = new Map<number, Ratio>();
  let highest = NOTHING;
  for (const { hourMs, quantity } of byWindow(uses, windowMs, ({ usage }) => usage.quantity)) {
    const power = product(whole(quantity), perWindow);
    highest = greatest(highest, power);
    surpluses.set(hourMs, greatest(surpluses.get(hourMs) ?? NOTHING, minus(power, contracted)));
  }
  if (of === 'maximum') return highest;
  if (of === 'excess') return greatest(NOTHING, minus(highest, contracted));
  return [...surpluses.values()].reduce(plus, NOTHING);
}

function withPowerFactor(
  { powerFactor }: DemandModel,
  all: readonly Use[],
  active: readonly Use[],
  measured: Ratio,
  steps: Step[],
): Ratio {
  if (powerFactor === null) return measured;
  const p = sumOf(active);
  const q = sumOf(all.filter((use) => powerFactor.reactive.includes(use.band)));
  if (p.num === 0n) return measured;
  const squares = plus(product(p, p), product(q, q));
  const square = product(p, p);
  const factor = rootTo({ num: square.num * squares.den, den: square.den * squares.num }, powerFactor.decimals);
  const lack = greatest(NOTHING, minus(powerFactor.target, factor));
  note(steps, `Power factor ${decimal(factor)}, wanted ${decimal(powerFactor.target)}.`, { factor: decimal(factor) });
  return product(measured, plus(ONE, lack));
}

function withRatchet(
  settlement: Settlement,
  demand: DemandModel,
  { part, lead, members }: PartOf,
  billed: Ratio,
  steps: Step[],
): Ratio {
  const { ratchet, component } = demand;
  if (ratchet === null) return billed;
  const maxima = settlement.cyclesBefore(part.version, demand, part.cycle, lead, ratchet.cycles).map((cycle) => {
    const uses = settlement.usesIn({ lead, members }, cycle, (use) => {
      // Numbers of bands belong to their version.
      const same = use.version.tariff.model.period.demand.find((one) => one.component === component);
      return same !== undefined && selects(same, use.zone, use.band);
    });
    return measure({ ...demand, of: 'maximum' }, uses, NOTHING);
  });
  const highest = maxima.reduce(greatest, NOTHING);
  const floorOf = product(highest, ratchet.share);
  note(steps, `Highest of ${maxima.length} cycles before: ${watts(highest)}; at least ${watts(floorOf)} count.`, {
    highest: decimal(highest),
    atLeast: decimal(floorOf),
  });
  return greatest(billed, floorOf);
}

function note(steps: Step[], text: string, data: Step['data']): void {
  steps.push({ step: 'quantity', text, data });
}

function watts(power: Ratio): string {
  return `${decimal(product(power, ratio(1n, 1000n)))} kW`;
}
