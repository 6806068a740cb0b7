/** Statutory benefits: a percentage inside a norm is taken off, and its payer owes it instead. */
import { TollgridError } from '../../platform/errors.ts';
import { NOTHING, ONE, product, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion, Step } from '../engine/index.ts';
import { formatQuantity, type BenefitModel } from '../language/index.ts';
import { baseOf } from './base-lines.ts';
import type { Days } from './cycles.ts';
import { greatest, least, minus, negative, plus, quotient, whole } from './exact.ts';
import { decimal } from './fees.ts';
import { exactSigned } from './line.ts';
import type { Member, Part } from './member.ts';
import type { Settlement, Together } from './settlement.ts';
import { addPriced, heldCycles } from './shares.ts';

export function addBenefits(settlement: Settlement, version: BookVersion): void {
  for (const model of version.tariff.model.period.benefits) {
    // Where the category changes, the cycle is divided like for any attribute.
    const component = { ...model, attributes: [...model.attributes, model.attribute] };
    for (const found of heldCycles(settlement, version, component)) addBenefit(settlement, version, model, found);
  }
}

function addBenefit(
  settlement: Settlement,
  version: BookVersion,
  model: BenefitModel,
  { lead, members, cycle, parts, days }: Together & { cycle: Days; parts: Part[]; days: number },
): void {
  const base = baseOf(settlement, { members }, version, cycle, model.of);
  const steps: Step[] = [];
  let benefit = NOTHING;
  for (const part of parts) {
    const category = lead.attribute(model.attribute, version, part.first);
    if (category === null) continue;
    const found = model.categories.get(category);
    if (found === undefined) {
      throw new TollgridError('SETTLE_ATTRIBUTE', `Tariff ${version.tariff.version} has no category ${category}.`, {
        name: model.attribute,
      });
    }
    const time = ratio(BigInt(part.days), BigInt(days));
    const value = product(whole(base.priced), time);
    const { inside, text } = insideNorm(model, lead, part, product(whole(base.quantity), time));
    const taken = product(product(value, inside), found.share);
    benefit = plus(benefit, taken);
    steps.push({
      step: 'line',
      text: `${category}: ${found.text} % of ${exactSigned(value)}${text}, ${part.days} of ${days} days: ${exactSigned(taken)}.`,
      data: { category, percent: found.text, inside: decimal(inside), days: part.days, amount: exactSigned(taken) },
    });
  }
  if (benefit.num === 0n) return;
  const of = { subscription: lead.subscription, version, cycle, component: model.component };
  for (const [payer, micros] of [
    ['', negative(benefit)],
    [model.payer, benefit],
  ] as const) {
    const line = settlement.lines.line('benefit', { ...of, payer });
    addPriced(line, micros);
    line.steps.push(...steps);
  }
}

/** The part of the usage that lies inside the norm. */
function insideNorm({ norm }: BenefitModel, lead: Member, part: Part, used: Ratio): { inside: Ratio; text: string } {
  if (norm === null || used.num === 0n) return { inside: ONE, text: '' };
  const persons = norm.times === null ? whole(norm.included) : lead.number(norm.times, part);
  const further = greatest(NOTHING, minus(persons, whole(norm.included)));
  const full = plus(whole(norm.quantity), product(whole(norm.each), further));
  const capped = norm.atMost === Infinity ? full : least(full, whole(norm.atMost));
  const limit = product(capped, part.share);
  const { base } = part.version.tariff.model;
  const shown = capped.den === 1n ? formatQuantity(Number(capped.num), base) : decimal(capped);
  return { inside: least(ONE, quotient(limit, used)), text: ` inside the norm of ${shown}` };
}
