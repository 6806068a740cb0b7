/** Moments as people write them: an ISO 8601 instant, or a date in a zone. */

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
const DAY_MS = 86_400_000;
/** An import names the same few days a hundred thousand times, and asking for one takes some 20 µs. */
const DAYS_KEPT = 10_000;
const days = new Map<string, number>();
const formatters = new Map<string, Intl.DateTimeFormat | null>();

export function isZone(zone: string): boolean {
  return formatterOf(zone) !== null;
}

/** UTC milliseconds; a date means its first moment in the zone. Null when the text is neither. */
export function momentMs(text: string, zone: string): number | null {
  if (INSTANT.test(text)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? null : ms;
  }
  const date = DATE.exec(text);
  if (date === null) return null;
  const wallMs = Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3]));
  if (new Date(wallMs).toISOString().slice(0, 10) !== text) return null;
  const key = `${text} ${zone}`;
  let ms = days.get(key);
  if (ms === undefined) {
    if (days.size >= DAYS_KEPT) days.clear();
    days.set(key, (ms = startOfDay(wallMs, zone)));
  }
  return ms;
}

/**
 * First moment whose wall clock in the zone is at or after `wallMs`. Where midnight is skipped that is the end of
 * the gap, where it happens twice the earlier one: so the offsets before and after are both tried.
 */
function startOfDay(wallMs: number, zone: string): number {
  const candidates = [offsetMs(wallMs - DAY_MS, zone), offsetMs(wallMs + DAY_MS, zone)].map(
    (offset) => wallMs - offset,
  );
  const exact = candidates.filter((ms) => ms + offsetMs(ms, zone) === wallMs);
  if (exact.length > 0) return Math.min(...exact);
  return firstAtOrAfter(wallMs, zone, Math.min(...candidates), Math.max(...candidates));
}

/** Between `low` (wall clock before `wallMs`) and `high` (after): halving finds the end of the gap. */
function firstAtOrAfter(wallMs: number, zone: string, low: number, high: number): number {
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle + offsetMs(middle, zone) >= wallMs) high = middle;
    else low = middle;
  }
  return high;
}

function offsetMs(ms: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone)!.formatToParts(ms)) parts[type] = Number(value);
  const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return wall - Math.floor(ms / 1000) * 1000;
}

function formatterOf(zone: string): Intl.DateTimeFormat | null {
  let formatter = formatters.get(zone);
  if (formatter === undefined) formatters.set(zone, (formatter = makeFormatter(zone)));
  return formatter;
}

function makeFormatter(timeZone: string): Intl.DateTimeFormat | null {
  // Some engines take offsets such as `+02:00` for zones; an account needs a zone with rules.
  if (!/^[A-Za-z]/.test(timeZone)) return null;
  const numeric = 'numeric';
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      calendar: 'gregory',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch {
    return null;
  }
}
