/** Fixed amounts, and quantities that are taken for granted. */
import { ONE, product, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion } from '../engine/index.ts';
import { formatQuantity, type FeeModel, type NormModel } from '../language/index.ts';
import { whole } from './exact.ts';
import { exactSigned, type Line } from './line.ts';
import type { Part } from './member.ts';
import type { PartOf, Settlement } from './settlement.ts';
import { timeShare, type Counted } from './shares-of-time.ts';
import { dayOf } from './spans.ts';

/** By tariff, component and lead: versions of one tariff share what counts as a whole. */
export type CountedWholes = Map<string, Counted>;

export function addFees(settlement: Settlement, version: BookVersion, wholes: CountedWholes): void {
  for (const fee of version.tariff.model.period.fees) {
    for (const { lead, part } of settlement.parts(version, fee)) {
      if (fee.once) addOnce(settlement, fee, lead.subscription, part, startsIn(lead.input.assignments, part));
      else addRecurring(settlement, fee, { lead, part }, countedOf(wholes, version, fee.component, lead.subscription));
    }
  }
}

function addRecurring(
  settlement: Settlement,
  fee: FeeModel,
  { lead, part }: Pick<PartOf, 'lead' | 'part'>,
  counted: Counted,
): void {
  const time = timeShare(fee, part, counted);
  if (time === null) return;
  const factor = fee.times === null ? ONE : lead.number(fee.times, part);
  const line = lineOf(settlement, fee.component, lead.subscription, part);
  line.add(product(product(fee.amount, factor), time.share));
  const whole = time.text === '' ? ` of the ${fee.cycle.kind === 'month' ? 'month' : 'cycle'}` : `: ${time.text}`;
  const times = fee.times === null ? '' : `, ${decimal(factor)} ${fee.times}`;
  line.steps.push({
    step: 'line',
    text: `Fee ${fee.component}${whole}${times}, ${exactSigned(fee.amount)} ${currency(part)} each.`,
    data: {
      component: fee.component,
      days: part.days,
      of: part.cycle.end - part.cycle.first,
      amount: exactSigned(fee.amount),
      per: fee.per,
      prorate: fee.prorate,
      ...(fee.times !== null && { [fee.times]: decimal(factor) }),
    },
  });
}

function addOnce(settlement: Settlement, fee: FeeModel, subscription: number, part: Part, starts: boolean): void {
  if (!starts) return;
  const line = lineOf(settlement, fee.component, subscription, part);
  line.add(fee.amount);
  const text = `Fee ${fee.component}, once, when the subscription starts.`;
  line.steps.push({ step: 'line', text, data: { component: fee.component, once: true } });
}

/** Whether the tariff is taken for the first time in these days. */
function startsIn(assignments: readonly { tariff: string; fromMs: number | null }[], part: Part): boolean {
  const { version, first, end } = part;
  const own = assignments.filter(({ tariff }) => tariff === version.tariff.name);
  if (own.some(({ fromMs }) => fromMs === null)) return false;
  const day = Math.min(...own.map(({ fromMs }) => dayOf(version, fromMs!)));
  return day >= first && day < end;
}

/** Norms: so much per person or square metre, metered or not. */
export function addNorms(settlement: Settlement, version: BookVersion, wholes: CountedWholes): void {
  for (const norm of version.tariff.model.period.norms) {
    for (const found of settlement.parts(version, norm)) {
      const { lead, part } = found;
      if (norm.unlessMetered && isMetered(settlement, found)) continue;
      const counted = countedOf(wholes, version, norm.component, lead.subscription);
      const time = timeShare({ per: 'cycle', prorate: norm.prorate }, part, counted);
      if (time === null) continue;
      const factor = norm.times === null ? ONE : lead.number(norm.times, part);
      addNorm(lineOf(settlement, norm.component, lead.subscription, part, 'measured'), norm, factor, time.share);
    }
  }
}

/** Anything used in the cycle under the tariff: a reading that covers it stands on one day of it. */
function isMetered(settlement: Settlement, found: PartOf): boolean {
  const { version, cycle } = found.part;
  return settlement.usesIn(found, cycle, (use) => use.version.tariff.name === version.tariff.name).length > 0;
}

function addNorm(line: Line, norm: NormModel, factor: Ratio, share: Ratio): void {
  const quantity = product(product(whole(norm.quantity), factor), share);
  line.add(product(quantity, norm.price.rate));
  line.addShare(quantity);
  const { base } = line.owner.version.tariff.model;
  const times = norm.times === null ? '' : ` × ${decimal(factor)} ${norm.times}`;
  line.steps.push({
    step: 'line',
    text:
      `Norm ${formatQuantity(norm.quantity, base)}${times}, ${decimal(share)} of the cycle, ` +
      `at ${norm.price.text.price} per ${norm.price.text.per}.`,
    data: { component: norm.component, norm: norm.quantity, share: decimal(share), times: decimal(factor) },
  });
}

function lineOf(
  { lines }: Settlement,
  component: string,
  subscription: number,
  { version, cycle }: Part,
  kind: 'fee' | 'measured' = 'fee',
): Line {
  return lines.line(kind, { subscription, version, cycle, component });
}

function countedOf(wholes: CountedWholes, { tariff }: BookVersion, component: string, subscription: number): Counted {
  const key = `${tariff.name}\n${component}\n${subscription}`;
  let counted = wholes.get(key);
  if (counted === undefined) wholes.set(key, (counted = new Set()));
  return counted;
}

function currency({ version }: Part): string {
  return version.tariff.model.currency;
}

/** A ratio in words: a decimal where one ends soon, a fraction where none does. */
export function decimal({ num, den }: Ratio): string {
  if (den === 1n) return String(num);
  for (let decimals = 1; decimals <= 6; decimals++) {
    const scaled = num * 10n ** BigInt(decimals);
    if (scaled % den !== 0n) continue;
    const digits = String(scaled < 0n ? -scaled / den : scaled / den).padStart(decimals + 1, '0');
    return `${num < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  }
  return `${num}/${den}`;
}
