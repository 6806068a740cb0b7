/** Days of the proleptic Gregorian calendar as numbers: day 0 is 1970-01-01. No time zone in here. */
export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1440;

/** Day number of `yyyy-mm-dd`; NaN when there is no such day. */
export function dayOfDate(date: string): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const ms = Date.UTC(year, month - 1, day);
  return new Date(ms).toISOString().startsWith(date) ? ms / DAY_MS : NaN;
}

export function dateOfDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** 0 = Monday ... 6 = Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** First day of a month `yyyy-mm` and of the next one; null when the text is no month. */
export function monthDays(month: string): { first: number; end: number } | null {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month);
  if (match === null) return null;
  const [year, index] = [Number(match[1]), Number(match[2])];
  return { first: Date.UTC(year, index - 1, 1) / DAY_MS, end: Date.UTC(year, index, 1) / DAY_MS };
}
