/** The town's clock: Europe/Kyiv by the rule that is in force since 1996, so that no machine's zone data matters. */

const HOUR_MS = 3_600_000;

/** 01:00 UTC of the last Sunday of a month (0 = January). */
function lastSundayMs(year: number, month: number): number {
  const lastDay = new Date(Date.UTC(year, month + 1, 0, 1));
  return lastDay.getTime() - lastDay.getUTCDay() * 24 * HOUR_MS;
}

/** UTC+2, in summer UTC+3. */
export function kyivOffsetMs(utcMs: number): number {
  const year = new Date(utcMs).getUTCFullYear();
  const summer = utcMs >= lastSundayMs(year, 2) && utcMs < lastSundayMs(year, 9);
  return (summer ? 3 : 2) * HOUR_MS;
}

/** UTC milliseconds of a local midnight; `day` is `yyyy-mm-dd`. */
export function midnightMs(day: string): number {
  const local = Date.parse(`${day}T00:00:00Z`);
  return local - kyivOffsetMs(local - 3 * HOUR_MS);
}

export interface LocalTime {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
  /** 0 = Sunday. */
  weekday: number;
}

export function localTime(utcMs: number): LocalTime {
  const local = new Date(utcMs + kyivOffsetMs(utcMs));
  const iso = local.toISOString();
  return {
    year: iso.slice(0, 4),
    month: iso.slice(5, 7),
    day: iso.slice(8, 10),
    hour: iso.slice(11, 13),
    minute: iso.slice(14, 16),
    second: iso.slice(17, 19),
    weekday: local.getUTCDay(),
  };
}

export const dateText = (time: LocalTime): string => `${time.year}-${time.month}-${time.day}`;
export const clockText = (time: LocalTime): string => `${time.hour}:${time.minute}:${time.second}`;

/** `2026-10-15 08:30:00`. */
export function stampText(utcMs: number): string {
  const time = localTime(utcMs);
  return `${dateText(time)} ${clockText(time)}`;
}

/** The same moment as `yyyymmdd`. */
export function compactDate(utcMs: number): string {
  return dateText(localTime(utcMs)).replaceAll('-', '');
}
