/** Usage over the border of a month that no reading divides. */
import { dateOfDay, monthOfDay } from './days.ts';
import { fields, texts } from './document.ts';
import { DAY_MS, localMs, utcMs } from './local-time.ts';
import { Q } from './rational.ts';
import type { Tariff } from './tariff.ts';
import type { Usage } from './usage.ts';

/** By time, where each month's time may have a weight; in whole base units that add up. */
export function splitByMonths(tariff: Tariff, usage: Usage): Usage[] {
  const { split } = fields(tariff.document.period);
  const { startMs, endMs = startMs } = usage;
  if (split === undefined || split === 'none' || endMs <= startMs || tariff.timed) return [usage];
  const weights = texts(fields(split).profile);
  const points = [startMs];
  for (let ms = startMs; ms < endMs;) {
    const day = Math.floor(localMs(ms, tariff.timeZone) / DAY_MS);
    ms = Math.min(endMs, utcMs(monthOfDay(day).end * DAY_MS, tariff.timeZone));
    points.push(ms);
  }
  const weighed = points.slice(1).map((toMs, index) => {
    const day = Math.floor(localMs(points[index]!, tariff.timeZone) / DAY_MS);
    const weight = weights.length === 0 ? new Q(1n) : Q.of(weights[Number(dateOfDay(day).slice(5, 7)) - 1]!);
    return weight.times(BigInt(toMs - points[index]!));
  });
  const total = Q.sum(weighed);
  const upTo = (whole: number, count: number) =>
    Number(Q.sum(weighed.slice(0, count)).over(total).times(BigInt(whole)).floor());
  return weighed.map((_, index) => ({
    ...usage,
    startMs: points[index]!,
    endMs: points[index + 1]!,
    quantity: upTo(usage.quantity, index + 1) - upTo(usage.quantity, index),
    up: upTo(usage.up, index + 1) - upTo(usage.up, index),
  }));
}
