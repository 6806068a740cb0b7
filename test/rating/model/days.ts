/** Days of a subscription, one at a time: which cycle they are in, what is known of the customer on each. */
import { fields, text, type Fields } from './document.ts';
import { DAY_MS } from './local-time.ts';
import { Q } from './rational.ts';
import { SettlementError } from './settlement-error.ts';

/** Day numbers [first, end). */
export interface Span {
  first: number;
  end: number;
}

export const dayNo = (date: string): number => Date.parse(`${date}T00:00Z`) / DAY_MS;
export const dateOfDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
const monthStart = (year: number, month: number): number => Date.UTC(year, month, 1) / DAY_MS;

export function monthSpan(period: string): Span {
  const [year, month] = period.split('-').map(Number) as [number, number];
  return { first: monthStart(year, month - 1), end: monthStart(year, month) };
}

export const daysIn = ({ first, end }: Span): number[] =>
  Array.from({ length: end - first }, (_, index) => first + index);

export function monthOfDay(day: number): Span {
  return monthSpan(dateOfDay(day).slice(0, 7));
}

/** Cycles that are settled with a month: those whose last (or first) day lies in it. */
export function cyclesOf(cycle: Fields | string | undefined, billed: string, period: string): Span[] {
  const month = monthSpan(period);
  if (cycle === undefined || cycle === 'month') return [month];
  return allCycles(cycle, month).filter((span) => {
    const day = billed === 'start' ? span.first : span.end - 1;
    return day >= month.first && day < month.end;
  });
}

function allCycles(cycle: Fields | string, near: Span): Span[] {
  if (typeof cycle !== 'string' && cycle.days !== undefined) {
    const [length, from] = [Number(text(cycle.days)), dayNo(text(cycle.from))];
    const nearest = from + Math.floor((near.first - from) / length) * length;
    return [-12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5].map((step) => ({
      first: nearest + step * length,
      end: nearest + (step + 1) * length,
    }));
  }
  const starts = cycle === 'year' ? ['01-01'] : typeof cycle === 'string' ? null : (cycle.starts as string[]);
  if (starts === null) throw new Error(`The model does not know the cycle ${JSON.stringify(cycle)}`);
  const year = Number(dateOfDay(near.first).slice(0, 4));
  const days = [year - 2, year - 1, year, year + 1]
    .flatMap((one) => starts.map((start) => dayNo(`${one}-${start}`)))
    .sort((a, b) => a - b);
  return days.slice(1).map((end, index) => ({ first: days[index]!, end }));
}

/** The months before a cycle, the oldest first. */
export function cyclesBefore(span: Span, count: number): Span[] {
  const before: Span[] = [];
  for (let first = span.first; before.length < count; first = before[0]!.first) before.unshift(monthOfDay(first - 1));
  return before;
}

/** The months from that of a day on to the one before a cycle, and `more` before them. */
export function cyclesSince(day: number, span: Span, more: number): Span[] {
  const months = (of: number) => {
    const date = new Date(of * DAY_MS);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  };
  return cyclesBefore(span, months(span.first) - months(day) + more);
}

/** One subscription as the test gives it. */
export class Customer {
  private readonly starts: number;
  /** Not before the tariff's first day. */
  private readonly first: number;
  private readonly end: number;
  private readonly attributes: Fields;

  constructor(given: Fields, effective: string) {
    this.starts = given.starts === undefined ? -Infinity : dayNo(text(given.starts));
    this.first = Math.max(this.starts, dayNo(effective));
    this.end = given.ends === undefined ? Infinity : dayNo(text(given.ends));
    this.attributes = fields(given.customer);
  }

  holds(day: number): boolean {
    return day >= this.first && day < this.end;
  }

  startsOn(day: number): boolean {
    return day === this.starts;
  }

  /** '' when it is not known. */
  attribute(name: string, day: number): string {
    const value = this.attributes[name];
    if (value === undefined || typeof value === 'string') return value ?? '';
    const since = Object.keys(value)
      .filter((from) => dayNo(from) <= day)
      .sort()
      .at(-1);
    return since === undefined ? '' : text((value as Fields)[since]);
  }

  attributesOn(day: number): Record<string, string> {
    const known = Object.keys(this.attributes).map((name) => [name, this.attribute(name, day)] as const);
    return Object.fromEntries(known.filter(([, value]) => value !== ''));
  }

  number(name: string, day: number): Q {
    const value = this.attribute(name, day);
    if (!/^-?\d+(\.\d+)?$/.test(value)) throw new SettlementError('SETTLE_ATTRIBUTE', `${name} is no number`);
    return Q.of(value);
  }

  /** Days on which a component is in force for this customer. */
  daysOf(component: Fields, span: Span): number[] {
    const when = Object.entries(fields(component.when));
    return daysIn(span).filter(
      (day) => this.holds(day) && when.every(([name, values]) => [values].flat().includes(this.attribute(name, day))),
    );
  }
}
