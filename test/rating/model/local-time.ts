/** Local time by the machine's own knowledge of zones (Intl), asked anew for every quarter hour. */
const QUARTER_MS = 900_000;
export const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, Map<number, number>>();

/** What the clock on the wall shows, as if it were UTC. */
export function localMs(utcMs: number, timeZone: string): number {
  let known = offsets.get(timeZone);
  if (known === undefined) offsets.set(timeZone, (known = new Map()));
  const quarter = Math.floor(utcMs / QUARTER_MS);
  let offset = known.get(quarter);
  if (offset === undefined) known.set(quarter, (offset = offsetMs(quarter * QUARTER_MS, timeZone)));
  return utcMs + offset;
}

function offsetMs(utcMs: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timeZone, format);
  }
  const part = Object.fromEntries(format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - utcMs;
}

/** The earlier of two moments with the same local time; a local time that was skipped counts as if the clock had not moved yet. */
export function utcMs(local: number, timeZone: string): number {
  for (const guess of [-DAY_MS, DAY_MS]) {
    const candidate = local - (localMs(local + guess, timeZone) - (local + guess));
    if (localMs(candidate, timeZone) === local) return candidate;
  }
  return local - (localMs(local - DAY_MS, timeZone) - (local - DAY_MS));
}

/** `2026-10-14`, `2026-10-14T17:58:30`: by the clock of the zone; with Z or an offset as it says. */
export function momentMs(text: string, timeZone: string): number {
  if (/(Z|[+-]\d\d:\d\d)$/.test(text.slice(10))) return Date.parse(text.replace(' ', 'T'));
  const time = text.slice(11);
  const full = time === '' ? '00:00:00' : time.length === 5 ? `${time}:00` : time;
  return utcMs(Date.parse(`${text.slice(0, 10)}T${full}Z`), timeZone);
}

export const dateOf = (local: number): string => new Date(local).toISOString().slice(0, 10);
export const minuteOf = (local: number): number => Math.floor((((local % DAY_MS) + DAY_MS) % DAY_MS) / 60_000);
/** 0 Sunday ... 6 Saturday. */
export const weekdayOf = (local: number): number => new Date(local).getUTCDay();
