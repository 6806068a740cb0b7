/** Prices that depend on how much is used in a cycle: blocks, cliffs, packages. */
import { TollgridError } from '../../platform/errors.ts';
import { NOTHING, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion } from '../engine/index.ts';
import { formatQuantity, selects, type TiersModel } from '../language/index.ts';
import { lastStart, type Days } from './cycles.ts';
import { minus, plus, whole } from './exact.ts';
import { decimal } from './fees.ts';
import { flowsInto, refuseUnpriced, shareOf } from './flows.ts';
import { exactSigned, type Line } from './line.ts';
import type { Part } from './member.ts';
import type { PartOf, Settlement, Together } from './settlement.ts';
import { coefficientOf, costOf, distribute, limitScale, limitsOf, type Amount } from './tier-steps.ts';
import type { Use } from './use.ts';

export function addTiers(settlement: Settlement, version: BookVersion): void {
  for (const tiers of version.tariff.model.period.tiers) {
    for (const found of settlement.parts(version, tiers, (cycle) => countingStarts(tiers, cycle))) {
      addPart(settlement, tiers, found);
    }
    // Tiers on top hold for as much as their conditions say; those that make the price have to hold for all of it.
    if (!tiers.adds) refuseUnpriced(settlement, version, tiers);
  }
}

/** Days of a cycle on which counting begins anew. */
function countingStarts({ countsFrom }: TiersModel, { first, end }: Days): number[] {
  if (countsFrom === null) return [];
  const starts: number[] = [];
  for (let day = lastStart(countsFrom, end - 1); day > first; day = lastStart(countsFrom, day - 1)) starts.push(day);
  return starts;
}

function addPart(settlement: Settlement, tiers: TiersModel, found: PartOf): void {
  const { lead, part } = found;
  const { version } = part;
  const uses = found.uses.filter((use) => counts(settlement, tiers, use));
  const metered = uses.map((use) => amountOf(tiers, use));
  const added = flowsInto(settlement, tiers, found, (flowing) => flowing === version).map((flow) => {
    const quantity = shareOf(flow, part);
    flow.priced += quantity;
    return { ...noPlace(tiers, metered), quantity };
  });
  const now = [...metered, ...added].filter(({ quantity }) => quantity > 0);
  const earlier = earlierAmounts(settlement, tiers, found);
  if (now.length === 0) return;
  const limits = limitsOf(tiers, limitScale(tiers, part));
  const before = distribute(tiers, limits, earlier);
  const after = distribute(tiers, limits, [...earlier, ...now]);
  const lines = new Map<string, Line>();
  const lineAt = (place: string): Line => {
    const known = lines.get(place);
    if (known !== undefined) return known;
    const [zone, band] = place.split('\n') as [string, string];
    const of = { subscription: lead.subscription, version, cycle: part.cycle, component: tiers.component };
    const line = settlement.lines.line('measured', { ...of, zone, band });
    lines.set(place, line);
    return line;
  };
  uses.forEach((use, index) => lineAt(metered[index].place).cover(use.usage.identity, metered[index].quantity));
  for (const { place, quantity } of added) if (quantity > 0) lineAt(place).addQuantity(quantity);
  const flat = new Set<number>();
  for (const [place, { band, steps }] of after) {
    const old = before.get(place)?.steps;
    steps.forEach((quantity, index) => {
      price(tiers, part, index, { band, now: quantity, before: old?.[index] ?? NOTHING }, () => lineAt(place));
      const reached = quantity.num > 0n && ![...before.values()].some((one) => one.steps[index].num > 0n);
      if (reached && !flat.has(index)) addFlat(tiers, index, lineAt(place));
      if (reached) flat.add(index);
    });
  }
}

/** Price of reaching a step, once per cycle. */
function addFlat({ steps }: TiersModel, index: number, line: Line): void {
  const { amount } = steps[index];
  if (amount.num === 0n) return;
  line.add(amount);
  line.steps.push({
    step: 'segment',
    text: `Step ${index + 1} is reached: ${exactSigned(amount)}.`,
    data: { step: index + 1, amount: exactSigned(amount) },
  });
}

function price(
  tiers: TiersModel,
  part: Part,
  index: number,
  { band, now, before }: { band: number; now: Ratio; before: Ratio },
  lineOf: () => Line,
): void {
  if (now.num === 0n && before.num === 0n) return;
  const step = tiers.steps[index];
  const coefficient = coefficientOf(tiers, band);
  const [cost, old] = [costOf(step, band, coefficient, now), costOf(step, band, coefficient, before)];
  if (cost === null || old === null) {
    const name = part.version.tariff.model.bands.names[band];
    throw new TollgridError('RATE_NO_PRICE', `Step ${index + 1} of ${tiers.component} has no price for ${name}.`);
  }
  const [counted, micros] = [minus(cost.counted, old.counted), minus(cost.micros, old.micros)];
  if (counted.num === 0n && micros.num === 0n) return;
  const line = lineOf();
  line.add(micros);
  const text = step.prices === null ? step.price?.text : step.prices.get(band)?.text;
  const times = coefficient.num === coefficient.den ? '' : ` × ${decimal(coefficient)}`;
  line.steps.push({
    step: 'segment',
    text:
      `Step ${index + 1}: ${shown(part, counted)}` +
      (text === undefined ? '.' : ` × ${text.price} per ${text.per}${times} = ${exactSigned(micros)}.`),
    data: {
      step: index + 1,
      quantity: decimal(counted),
      price: text?.price ?? '0',
      per: text?.per ?? '',
      coefficient: decimal(coefficient),
      days: part.days,
      amount: exactSigned(micros),
    },
  });
}

function shown({ version }: Part, quantity: Ratio): string {
  const { base } = version.tariff.model;
  return quantity.den === 1n ? formatQuantity(Number(quantity.num), base) : `${decimal(quantity)} ${base}`;
}

function counts(settlement: Settlement, tiers: TiersModel, use: Use): boolean {
  if (tiers.adds) return selects(tiers, use.zone, use.band);
  return settlement.takerOf(use) === tiers && use.rest > 0;
}

function amountOf({ fill, adds }: TiersModel, use: Use): Amount {
  const { zone, band } = use.usage;
  const place = fill === 'together' ? '\n' : `${zone}\n${band}`;
  return { place, band: use.band, quantity: adds ? use.billed : use.rest };
}

/** Where what no meter showed goes: to the first place that has usage. */
function noPlace({ bands }: TiersModel, metered: readonly Amount[]): Omit<Amount, 'quantity'> {
  return metered[0] ?? { place: '\n', band: bands?.[0] ?? 0 };
}

/** Usage that fills the steps before this part does: of the cycle, or since counting began. */
function earlierAmounts(settlement: Settlement, tiers: TiersModel, { part, lead, members }: PartOf): Amount[] {
  if (tiers.limits !== 'none') return [];
  const { countsFrom, component } = tiers;
  const from = countsFrom === null ? part.cycle.first : lastStart(countsFrom, part.first);
  if (from >= part.first) return [];
  const together: Together = { lead, members };
  const uses = settlement.usesIn(together, { first: from, end: part.first }, ({ version }) => {
    return version.tariff.name === part.version.tariff.name;
  });
  const metered = uses.flatMap((use) => {
    const same = use.version.tariff.model.period.tiers.find((one) => one.component === component);
    if (same === undefined || !counts(settlement, same, use)) return [];
    // Numbers of bands belong to their version: names tell them apart.
    const band = part.version.tariff.bandNumbers.get(use.usage.band) ?? use.band;
    return [{ ...amountOf(same, use), band }];
  });
  const flows = flowsInto(settlement, tiers, together, ({ tariff }) => tariff.name === part.version.tariff.name);
  const added = flows.map((flow) => ({
    ...noPlace(tiers, metered),
    quantity: shareOf(flow, { first: from, end: part.first }),
  }));
  return [...metered, ...added.filter(({ quantity }) => quantity > 0)];
}

export function sumOf(uses: readonly Use[]): Ratio {
  return uses.reduce((sum, { usage }) => plus(sum, whole(usage.quantity)), NOTHING);
}
