/** Fees, allowances and norms: what does not depend on how much was used. */
import { cyclesSince, daysIn, monthOfDay, type Span } from './days.ts';
import { fields, money, quantity, text, type Fields } from './document.ts';
import { cyclesWithUse, suits, type Work } from './month.ts';
import { Q } from './rational.ts';

export function fees(work: Work, fee: Fields): void {
  for (const { span } of cyclesWithUse(work, fee)) {
    const line = work.lines.at({ component: text(fee.component) });
    if (fee.once !== 'true') line.sum(money(fee.amount).times(counted(work, fee, span)));
    else if (work.customer.startsIn(span) && work.customer.daysOf(fee, span).length > 0) line.sum(money(fee.amount));
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
      const pools = [{ left: poolOf(work, allowance, cycle), cycles: 0 }, ...carried];
      for (const one of work.used.filter(({ day }) => day >= cycle.first && day < cycle.end)) {
        if (!suits(allowance, one.priced)) continue;
        const expired = allowance.expires !== undefined && one.day >= cycle.first + Number(text(allowance.expires));
        for (const pool of expired ? pools.slice(1) : pools) {
          const taken = pool.left.min(new Q(one.priced.billed).minus(one.covered));
          if (taken.isZero()) continue;
          pool.left = pool.left.minus(taken);
          one.covered = one.covered.plus(taken);
          const { zone, band } = one.priced;
          if (cycle === span) work.lines.at({ component: text(allowance.component), zone, band }).used(taken);
        }
      }
      carried.push({ left: pools[0]!.left, cycles: 0 });
      for (const pool of carried) pool.cycles++;
      while (carried.length > 0 && carried[0]!.cycles > back) carried.shift();
      const most = rollover.atMost === undefined ? null : quantity(rollover.atMost, work.tariff.service);
      const last = carried.at(-1);
      if (most !== null && last !== undefined) last.left = last.left.min(most);
    }
  }
}

function poolOf(work: Work, allowance: Fields, span: Span): Q {
  const days = work.customer.daysOf(allowance, span);
  if (days.length === 0) return Q.zero;
  const times = (day: number) =>
    allowance.times === undefined ? new Q(1n) : work.customer.number(text(allowance.times), day);
  const share =
    allowance.prorate === 'none' ? times(days[0]!) : Q.sum(days.map(times)).over(BigInt(span.end - span.first));
  const one = quantity(allowance.quantity, work.tariff.service).times(share).round('half-up', 0);
  return allowance.each === 'true' ? one.times(BigInt(work.members)) : one;
}
