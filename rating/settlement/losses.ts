/** Losses between the meter and the border of ownership. */
import { NOTHING, ONE, product, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion, Step } from '../engine/index.ts';
import { formatQuantity, selects, type LossesModel } from '../language/index.ts';
import { floor, plus, quotient, whole } from './exact.ts';
import { decimal } from './fees.ts';
import { exactSigned } from './line.ts';
import type { PartOf, Settlement } from './settlement.ts';
import { startOfDay } from './spans.ts';
import { sumOf } from './tiers.ts';
import type { Use } from './use.ts';
import { HOUR_MS } from './windows.ts';

/** Load factor where the highest load is not known. */
const USUAL_LOAD = ratio(1n, 2n);

export function addLosses(settlement: Settlement, version: BookVersion): void {
  for (const model of version.tariff.model.period.losses) {
    for (const found of settlement.parts(version, model)) addPart(settlement, model, found);
  }
}

function addPart(settlement: Settlement, model: LossesModel, found: PartOf): void {
  const { lead, part } = found;
  const uses = found.uses.filter((use) => selects(model, use.zone, use.band));
  const { exact, steps } = lossesOf(model, found, uses);
  // Lost energy is counted in whole base units, as metered energy is.
  const quantity = floor(plus(exact, ratio(1n, 2n)));
  if (model.into !== null) {
    settlement.flows.push({ part, lead, into: model.into, quantity, priced: 0 });
    return;
  }
  const { version, cycle } = part;
  const of = { subscription: lead.subscription, version, cycle, component: model.component };
  const line = settlement.lines.line('measured', of);
  const micros = product(whole(quantity), model.price!.rate);
  line.add(micros);
  line.addQuantity(quantity);
  for (const { usage } of uses) line.mention(usage.identity, usage.quantity);
  const { text } = model.price!;
  const shown = formatQuantity(quantity, version.tariff.model.base);
  line.steps.push(...steps, {
    step: 'quantity',
    text: `Losses ${shown} × ${text.price} per ${text.per} = ${exactSigned(micros)}.`,
    data: { losses: quantity, ...text, amount: exactSigned(micros) },
  });
}

function lossesOf(model: LossesModel, found: PartOf, uses: readonly Use[]): { exact: Ratio; steps: Step[] } {
  const metered = sumOf(uses);
  if (model.transformer !== null) return transformerLosses(model.transformer, found, metered);
  const { lead, part } = found;
  const percent =
    model.percentOf === null ? model.percent : product(lead.number(model.percentOf, part), ratio(1n, 100n));
  const text = `${decimal(product(percent, whole(100)))} % of what was metered.`;
  return { exact: product(metered, percent), steps: [{ step: 'quantity', text, data: { percent: decimal(percent) } }] };
}

/**
 * Method of the average load: no-load P0 · T; load Pk · (S/Sn)² · kf² · T with S² = (Wa² + Wr²) / T² and
 * kf² = (1 + 2 kz) / (3 kz), kz = Wa / (T · Pmax). Nothing in it needs a root.
 */
function transformerLosses(
  transformer: NonNullable<LossesModel['transformer']>,
  { lead, part, uses }: PartOf,
  active: Ratio,
): { exact: Ratio; steps: Step[] } {
  const { version, first, end } = part;
  const hours = ratio(BigInt(startOfDay(version, end) - startOfDay(version, first)), BigInt(HOUR_MS));
  const kilo = (name: string) => product(lead.number(name, part), whole(1000));
  /** What is divided by. */
  const load = (name: string) => {
    const value = kilo(name);
    if (value.num === 0n) throw lead.fault(name, '0', 'is no load of a transformer');
    return value;
  };
  const { reactive: registers, tanPhi, peakKw } = transformer;
  const reactive =
    registers === null ? product(active, tanPhi) : sumOf(uses.filter((use) => registers.includes(use.band)));
  const noLoad = product(kilo(transformer.noLoadKw), hours);
  const squares = plus(product(active, active), product(reactive, reactive));
  let loss = NOTHING;
  if (squares.num > 0n) {
    const kz = peakKw === null || active.num === 0n ? USUAL_LOAD : quotient(active, product(hours, load(peakKw)));
    const form = quotient(plus(ONE, product(whole(2), kz)), product(whole(3), kz));
    const rated = load(transformer.ratedKva);
    const relative = quotient(squares, product(product(rated, rated), hours));
    loss = product(product(kilo(transformer.loadKw), relative), form);
  }
  const steps: Step[] = [
    {
      step: 'quantity',
      text: `No-load loss over ${decimal(hours)} h: ${inWh(noLoad)} Wh; load loss: ${inWh(loss)} Wh.`,
      data: { hours: decimal(hours), noLoadWh: inWh(noLoad), loadWh: inWh(loss) },
    },
  ];
  return { exact: plus(noLoad, loss), steps };
}

/** Three decimals are enough to follow it. */
function inWh(energy: Ratio): string {
  return decimal(ratio((energy.num * 1000n) / energy.den, 1000n));
}
