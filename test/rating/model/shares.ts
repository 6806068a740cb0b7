/** Lines that are taken of other lines: surcharges, discounts, benefits, commitments. */
import { fields, list, money, quantity, text, texts, type Fields } from './document.ts';
import type { Line } from './lines.ts';
import { cyclesWithUse, type Work } from './month.ts';
import { Q } from './rational.ts';
import { SettlementError } from './settlement-error.ts';

/** Lines of the subscriber with these names; all before when none is named. What an allowance covered has no money. */
function linesOf(work: Work, component: Fields): Line[] {
  const names = texts(component.of);
  const free = list(fields(work.tariff.document.period).allowances).map((one) => fields(one).component);
  return [...work.lines.records, ...work.lines.all()].filter(
    ({ component: name, payer }) =>
      payer === '' && !free.includes(name) && (names.length === 0 || names.includes(name)),
  );
}

const sumOf = (lines: readonly Line[]): Q => Q.sum(lines.map(({ price }) => price));

export function shares(work: Work, share: Fields, sign: bigint): void {
  const sum = sumOf(linesOf(work, share));
  const above = share.above === undefined ? null : money(share.above).times(work.lines.rate);
  if (above !== null && sum.compare(above) <= 0) return;
  const base = above !== null && share.mode === 'rest' ? sum.minus(above) : sum;
  const line = work.lines.at({ component: text(share.component) });
  line.posted(base.times(money(share.percent)).over(100n).times(sign));
}

/** A day has its share of what its cycle costs and uses, the category of that day, and its share of the norm. */
export function benefits(work: Work, benefit: Fields): void {
  for (const { span } of cyclesWithUse(work, benefit)) {
    const days = work.customer.daysOf(benefit, span);
    if (days.length === 0) continue;
    const lines = linesOf(work, benefit);
    const length = BigInt(span.end - span.first);
    const used = Q.sum(lines.map((line) => (line.isRate ? Q.zero : line.quantity))).over(BigInt(days.length));
    let relief = Q.zero;
    for (const day of days) {
      const category = work.customer.attribute(text(benefit.attribute), day);
      if (category === '') continue;
      const percent = fields(benefit.categories)[category];
      if (percent === undefined) throw new SettlementError('SETTLE_ATTRIBUTE', `no category ${category}`);
      const inside =
        benefit.norm === undefined || used.isZero()
          ? new Q(1n)
          : norm(work, benefit, day).over(length).over(used).min(new Q(1n));
      const value = sumOf(lines).over(BigInt(days.length));
      relief = relief.plus(value.times(inside).times(money(percent)).over(100n));
    }
    if (relief.isZero()) continue;
    work.lines.at({ component: text(benefit.component) }).posted(relief.times(-1n));
    work.lines.at({ component: text(benefit.component), payer: text(benefit.payer) }).posted(relief);
  }
}

function norm(work: Work, benefit: Fields, day: number): Q {
  const { service } = work.tariff;
  const one = fields(benefit.norm);
  const persons = one.times === undefined ? Q.zero : work.customer.number(text(one.times), day);
  const further = persons.minus(Q.of(text(one.included) || '1')).max(Q.zero);
  const all = quantity(one.quantity, service).plus(quantity(one.each, service).times(further));
  return one.atMost === undefined ? all : all.min(quantity(one.atMost, service));
}

export function commitments(work: Work, commitment: Fields): void {
  for (const { span } of cyclesWithUse(work, commitment)) {
    const held = BigInt(work.customer.daysOf(commitment, span).length);
    // Who does not hold the tariff at all has promised nothing.
    if (held === 0n) continue;
    const { rate } = work.lines;
    const share = commitment.prorate === 'none' ? new Q(1n) : new Q(held, BigInt(span.end - span.first));
    const sum = sumOf(linesOf(work, commitment));
    const line = work.lines.at({ component: text(commitment.component) });
    if (commitment.minimum !== undefined)
      line.posted(money(commitment.minimum).times(share).times(rate).minus(sum).max(Q.zero));
    if (commitment.maximum !== undefined)
      line.posted(money(commitment.maximum).times(share).times(rate).minus(sum).min(Q.zero));
  }
}
