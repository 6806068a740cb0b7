/** How often an amount or quantity that is given for a span of time counts in a part of a cycle. */
import { dateOfDay } from '../arithmetic/calendar.ts';
import { ONE, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { FeeModel, NormModel } from '../language/index.ts';
import { dayNumber } from './cycles.ts';
import { plus, whole } from './exact.ts';
import type { Part } from './member.ts';

export interface TimeShare {
  share: Ratio;
  /** In words. */
  text: string;
}

/** Months, years or cycles that have counted as a whole already. */
export type Counted = Set<string>;

/**
 * `counted` belongs to one component of one tariff and subscriber: where the whole is given once, a second part of the
 * same cycle (or month) gets nothing, and null comes back.
 */
export function timeShare(
  { per, prorate }: { per: FeeModel['per']; prorate: NormModel['prorate'] },
  part: Part,
  counted: Counted,
): TimeShare | null {
  const { days, cycle } = part;
  if (per === 'day') return { share: whole(days), text: `${days} days` };
  // A cycle that is begun counts once, however many months it has.
  if ((prorate === 'none' || prorate === 'started') && per === 'cycle')
    return once(counted, `cycle ${cycle.first}`) ? { share: ONE, text: '' } : null;
  if (prorate === '30-days') {
    const of = per === 'year' ? 360 : 30;
    return { share: ratio(BigInt(days), BigInt(of)), text: `${days} of ${of} days` };
  }
  if (per === 'cycle' && prorate === 'days') {
    return { share: part.share, text: `${days} of ${cycle.end - cycle.first} days` };
  }
  const spans = [...(per === 'year' ? spansOf(part, 1) : spansOf(part, 12))];
  if (prorate === 'days') {
    const share = spans.reduce((sum, { held, days: of }) => plus(sum, ratio(BigInt(held), BigInt(of))), whole(0));
    return { share, text: spans.map(({ name, held, days: of }) => `${held} of ${of} days of ${name}`).join(', ') };
  }
  const started = spans.filter(({ name }) => once(counted, name));
  if (started.length === 0) return null;
  return { share: whole(started.length), text: `started: ${started.map(({ name }) => name).join(', ')}` };
}

function once(counted: Counted, key: string): boolean {
  if (counted.has(key)) return false;
  counted.add(key);
  return true;
}

/** Months (12 a year) or years that a part has days of. */
function* spansOf({ first, end }: Part, perYear: 1 | 12): Generator<{ name: string; held: number; days: number }> {
  for (let day = first; day < end;) {
    const [year, month] = dateOfDay(day).split('-').map(Number) as [number, number];
    const from = perYear === 1 ? dayNumber(year, 1, 1) : dayNumber(year, month, 1);
    const next = perYear === 1 ? dayNumber(year + 1, 1, 1) : nextMonth(year, month);
    const until = Math.min(end, next);
    yield { name: dateOfDay(day).slice(0, perYear === 1 ? 4 : 7), held: until - day, days: next - from };
    day = until;
  }
}

function nextMonth(year: number, month: number): number {
  return month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1);
}
