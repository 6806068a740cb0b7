/** Cycles as ranges of days [first, end), by the clock of the tariff. */
import { dateOfDay } from '../arithmetic/calendar.ts';
import type { ComponentModel, CycleModel } from '../language/index.ts';

export interface Days {
  first: number;
  end: number;
}

/** What some cycles depend on. */
export interface CycleFacts {
  /** Day of the month on which an account's cycle begins. */
  cycleDay: number;
  /** Spans between readings, ascending. */
  readings: readonly Days[];
}

const DAY_MS = 86_400_000;

/** Number of the day; a day that the month does not have is its last one. */
export function dayNumber(year: number, month: number, day: number): number {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return Date.UTC(year, month - 1, Math.min(day, last)) / DAY_MS;
}

/** All cycles that share a day with [first, end), ascending. */
export function cyclesBetween(model: CycleModel, { first, end }: Days, facts: CycleFacts): Days[] {
  switch (model.kind) {
    case 'month':
      return within(monthStarts(first, end, 1), first, end);
    case 'account':
      return within(monthStarts(first, end, facts.cycleDay), first, end);
    case 'starts':
      return within(yearStarts(first, end, model.starts), first, end);
    case 'days': {
      const cycles: Days[] = [];
      const from = model.from + Math.floor((first - model.from) / model.days) * model.days;
      for (let day = from; day < end; day += model.days) cycles.push({ first: day, end: day + model.days });
      return cycles;
    }
    case 'reading':
      return readingCycles(facts.readings).filter((cycle) => cycle.first < end && cycle.end > first);
  }
}

/** Those that are settled with a month. */
export function cyclesDue(
  { cycle, billed }: Pick<ComponentModel, 'cycle' | 'billed'>,
  month: Days,
  facts: CycleFacts,
): Days[] {
  const inMonth = (day: number) => day >= month.first && day < month.end;
  return cyclesBetween(cycle, month, facts).filter(({ first, end }) => inMonth(billed === 'start' ? first : end - 1));
}

/** '' for the month itself, else the day on which the cycle ends: no two cycles of a line end on the same one. */
export function cycleKey({ first, end }: Days, month: Days): string {
  return end === month.end && first <= month.first ? '' : dateOfDay(end);
}

/** The last one of these days of the year that is not after `day`. */
export function lastStart(starts: readonly number[], day: number): number {
  return yearStarts(day, day + 1, starts).findLast((start) => start <= day)!;
}

function within(starts: readonly number[], first: number, end: number): Days[] {
  return starts
    .slice(1)
    .map((next, index) => ({ first: starts[index], end: next }))
    .filter((cycle) => cycle.first < end && cycle.end > first);
}

function monthStarts(first: number, end: number, day: number): number[] {
  const date = new Date(first * DAY_MS);
  const starts: number[] = [];
  for (let month = date.getUTCMonth(); starts.length < 2 || starts.at(-1)! < end; month++) {
    starts.push(dayNumber(date.getUTCFullYear() + Math.floor((month - 1) / 12), ((month + 11) % 12) + 1, day));
  }
  return starts;
}

function yearStarts(first: number, end: number, days: readonly number[]): number[] {
  const starts: number[] = [];
  const year = new Date(first * DAY_MS).getUTCFullYear();
  for (let at = year - 1; starts.length < 2 || starts.at(-1)! < end; at++) {
    for (const day of days) starts.push(dayNumber(at, Math.floor(day / 100), day % 100));
  }
  return starts;
}

/** Readings of a month are one cycle; the day of a reading belongs to the next one. */
function readingCycles(readings: readonly Days[]): Days[] {
  const byMonth = new Map<string, Days>();
  for (const { first, end } of readings) {
    const month = dateOfDay(Math.max(first, end - 1)).slice(0, 7);
    const cycle = byMonth.get(month) ?? { first, end };
    byMonth.set(month, { first: Math.min(cycle.first, first), end: Math.max(cycle.end, end) });
  }
  return [...byMonth.values()].sort((a, b) => a.first - b.first);
}
