/** Fees, allowances and norms: what does not depend on how much was used. */
import { cyclesSince, daysIn, monthOfDay, type Span } from './days.ts';
import { fields, money, quantity, text, type Fields } from './document.ts';
import { cyclesWithUse, suits, type Work } from './month.ts';
import { Q } from './rational.ts';

export function fees(work: Work, fee: Fields): void {
  for (const { span } of cyclesWithUse(work, fee)) {
    const line = work.lines.at({ component: text(fee.component) });
    if (fee.once !== 'true') line.sum(money(fee.amount).times(counted(work, fee, span)));
    else if (work.customer.daysOf(fee, span).some((day) => work.customer.startsOn(day))) line.sum(money(fee.amount));
  }
}

export function norms(work: Work, norm: Fields): void {
  const { service } = work.tariff;
  for (const { span, used } of cyclesWithUse(work, norm)) {
    if (norm.unless === 'metered' && used.length > 0) continue;
    const units = quantity(norm.quantity, service).times(counted(work, norm, span));
    const line = work.lines.at({ component: text(norm.component) });
    line.used(units);
    line.sum(units.times(money(norm.price)).over(quantity(norm.per, service)));
  }
}

/** How often an amount counts in a cycle: once, or by months, days or years; for each of `times`; by its share of days. */
function counted(work: Work, item: Fields, span: Span): Q {
  const days = work.customer.daysOf(item, span);
  const times = (day: number) => (item.times === undefined ? new Q(1n) : work.customer.number(text(item.times), day));
  if (days.length === 0) return Q.zero;
  const per = text(item.per) || 'cycle';
  if (per === 'day') return Q.sum(days.map(times));
  const units = per === 'month' ? monthsIn(span) : per === 'year' ? [yearOf(span)] : [span];
  return Q.sum(
    units.map((unit) => {
      const held = days.filter((day) => day >= unit.first && day < unit.end);
      if (held.length === 0) return Q.zero;
      const whole = item.prorate === 'none' || item.prorate === 'started';
      if (whole) return times(held[0]!);
      const length = per === 'year' ? 360n : 30n;
      return Q.sum(held.map(times)).over(item.prorate === '30-days' ? length : BigInt(unit.end - unit.first));
    }),
  );
}

function monthsIn(span: Span): Span[] {
  const starts = [...new Set(daysIn(span).map((day) => monthOfDay(day).first))];
  return starts.map(monthOfDay);
}

function yearOf({ first }: Span): Span {
  const year = new Date(first * 86_400_000).getUTCFullYear();
  return { first: Date.UTC(year, 0, 1) / 86_400_000, end: Date.UTC(year + 1, 0, 1) / 86_400_000 };
}

/** Takes usage in the order of time, its first units first; of what earlier cycles left the oldest first. */
export function allowances(work: Work, allowance: Fields): void {
  const rollover = fields(allowance.rollover);
  const back = allowance.rollover === undefined ? 0 : Number(text(rollover.cycles));
  for (const { span } of cyclesWithUse(work, allowance)) {
    const carried: { left: Q; cycles: number }[] = [];
    const first = Math.min(span.first, ...work.used.map(({ day }) => day));
    // Earlier usage that it covered is not taken from what a later allowance rolls over.
    for (const cycle of [...cyclesSince(first, span, back), span]) {
      const own = { left: Q.zero, cycles: 0 };
      const pools = [own, ...carried];
      let spent = Q.zero;
      for (const one of work.used.filter(({ day }) => day >= cycle.first && day < cycle.end)) {
        if (!suits(allowance, one.priced)) continue;
        own.left = poolOf(work, allowance, cycle, one.day).minus(spent).max(Q.zero);
        const expired = allowance.expires !== undefined && one.day >= cycle.first + Number(text(allowance.expires));
        for (const pool of expired ? pools.slice(1) : pools) {
          const taken = pool.left.min(new Q(one.priced.billed).minus(one.covered));
          if (taken.isZero()) continue;
          pool.left = pool.left.minus(taken);
          if (pool === own) spent = spent.plus(taken);
          one.covered = one.covered.plus(taken);
          const { zone, band } = one.priced;
          if (cycle === span) work.lines.at({ component: text(allowance.component), zone, band }).used(taken);
        }
      }
      own.left = poolOf(work, allowance, cycle, cycle.end - 1)
        .minus(spent)
        .max(Q.zero);
      carried.push(own);
      for (const pool of carried) pool.cycles++;
      while (carried.length > 0 && carried[0]!.cycles > back) carried.shift();
      const most = rollover.atMost === undefined ? null : quantity(rollover.atMost, work.tariff.service);
      const last = carried.at(-1);
      if (most !== null && last !== undefined) last.left = last.left.min(most);
    }
  }
}

/** What may be used by a day: what its part of the cycle, with one number of `times`, and the parts before it give. */
function poolOf(work: Work, allowance: Fields, span: Span, by: number): Q {
  const times = (day: number) =>
    allowance.times === undefined ? new Q(1n) : work.customer.number(text(allowance.times), day);
  const days = work.customer.daysOf(allowance, span);
  const goesOn = (day: number, index: number) =>
    day <= by || (index > 0 && days[index - 1] === day - 1 && times(day).equals(times(day - 1)));
  const border = days.findIndex((day, index) => !goesOn(day, index));
  const begun = border < 0 ? days : days.slice(0, border);
  if (begun.length === 0) return Q.zero;
  const share =
    allowance.prorate === 'none' ? times(begun.at(-1)!) : Q.sum(begun.map(times)).over(BigInt(span.end - span.first));
  const one = quantity(allowance.quantity, work.tariff.service).times(share).round('half-up', 0);
  return allowance.each === 'true' ? one.times(BigInt(work.members)) : one;
}
