/**
 * Wall time from a table of offset changes. The table is made from the machine's IANA data when something is published,
 * and travels with it: what is computed from it later does not depend on the machine.
 */
import { TollgridError } from './errors.ts';

const DAY_MS = 86_400_000;
/** Never since 1970 did a zone change its offset and take that back within so little (test/platform/time-zone.test.ts). */
const STEP_MS = 7 * DAY_MS;
const zones = new Set<string>();

/** The name itself when it is an IANA zone. Error: ZONE_UNKNOWN, also for offsets such as `+02:00`. */
export function parseZone(name: string): string {
  if (zones.has(name)) return name;
  if (/^[A-Za-z]/.test(name)) {
    try {
      new Intl.DateTimeFormat('en-US', { timeZone: name });
      zones.add(name);
      return name;
    } catch {
      // Said below.
    }
  }
  throw new TollgridError('ZONE_UNKNOWN', `"${name}" is no IANA time zone`, { zone: name });
}

/**
 * UTC offset changes `[fromMs, offsetMs]`, ascending; the first holds for all earlier time too, the last for all later.
 * Error: ZONE_UNKNOWN.
 */
export function zoneTransitions(zone: string, fromYear = 1990, toYear = 2045): [number, number][] {
  const key = `${zone} ${fromYear} ${toYear}`;
  let known = made.get(key);
  if (known === undefined) made.set(key, (known = findTransitions(zone, fromYear, toYear)));
  return known.map(([fromMs, offsetMs]) => [fromMs, offsetMs]);
}

/** Finding them takes tens of milliseconds, and a start publishes dozens of documents in the same zone. */
const made = new Map<string, [number, number][]>();

function findTransitions(zone: string, fromYear: number, toYear: number): [number, number][] {
  const offsetAt = offsetReader(parseZone(zone));
  const endMs = Date.UTC(toYear + 1, 0, 1);
  let beforeMs = Date.UTC(fromYear, 0, 1);
  let offset = offsetAt(beforeMs);
  const transitions: [number, number][] = [[beforeMs, offset]];
  while (beforeMs < endMs) {
    const ms = Math.min(beforeMs + STEP_MS, endMs);
    const next = offsetAt(ms);
    if (next !== offset) {
      let low = beforeMs;
      let high = ms;
      while (high - low > 1000) {
        const middle = low + Math.floor((high - low) / 2000) * 1000;
        if (offsetAt(middle) === offset) low = middle;
        else high = middle;
      }
      transitions.push([high, next]);
      offset = next;
    }
    beforeMs = ms;
  }
  return transitions;
}

function offsetReader(timeZone: string): (utcMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  // 10/25/2026, 03:00:00
  return (utcMs) => {
    const [month, day, year, hour, minute, second] = format.format(utcMs).match(/\d+/g)!.map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) - utcMs;
  };
}

/** Converts between UTC and a zone's wall time, both as milliseconds ("local" is what the clock shows, read as if UTC). */
export class ZoneClock {
  readonly #starts: Float64Array;
  readonly #offsets: Float64Array;
  // The interval of the last answer: usage comes in order of time, so it is nearly always the same.
  #utcFrom = Infinity;
  #utcTo = -Infinity;
  #offset = 0;
  #localFrom = Infinity;
  #localTo = -Infinity;
  #localOffset = 0;

  /** `transitions` as `zoneTransitions` gives them: at least one. */
  constructor(transitions: readonly (readonly [number, number])[]) {
    if (transitions.length === 0) throw new RangeError('a zone has at least one offset');
    this.#starts = Float64Array.from(transitions, ([fromMs]) => fromMs);
    this.#offsets = Float64Array.from(transitions, ([, offsetMs]) => offsetMs);
    this.#starts[0] = -Infinity;
  }

  toLocalMs(utcMs: number): number {
    if (utcMs < this.#utcFrom || utcMs >= this.#utcTo) this.#seek(utcMs);
    return utcMs + this.#offset;
  }

  /**
   * UTC of a wall time. Shown twice (clocks go back): the `earlier` or the `later` of both moments.
   * Never shown (clocks go forward): `earlier` reads it with the offset after the change, so the clock then shows
   * that much less; `later` with the offset before it, so the clock then shows that much more.
   */
  toUtcMs(localMs: number, which: 'earlier' | 'later'): number {
    if (localMs >= this.#localFrom && localMs < this.#localTo) return localMs - this.#localOffset;
    const starts = this.#starts;
    const offsets = this.#offsets;
    // Around change i the wall times [start + the smaller offset, start + the larger one) are shown twice or never.
    const lowEdge = (i: number) => (i === 0 ? -Infinity : starts[i] + Math.min(offsets[i - 1], offsets[i]));
    const highEdge = (i: number) => (i === 0 ? -Infinity : starts[i] + Math.max(offsets[i - 1], offsets[i]));
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lowEdge(middle) <= localMs) low = middle + 1;
      else high = middle;
    }
    const i = low - 1;
    if (localMs < highEdge(i)) {
      const pick = which === 'earlier' ? Math.max : Math.min;
      return localMs - pick(offsets[i - 1], offsets[i]);
    }
    this.#localFrom = highEdge(i);
    this.#localTo = i + 1 < starts.length ? lowEdge(i + 1) : Infinity;
    this.#localOffset = offsets[i];
    return localMs - this.#localOffset;
  }

  /** Day of the week on the wall: Monday 1 to Sunday 7 (ISO 8601). */
  dayOfWeek(utcMs: number): number {
    // 1 January 1970 was a Thursday.
    const day = Math.floor(this.toLocalMs(utcMs) / DAY_MS) + 3;
    return (((day % 7) + 7) % 7) + 1;
  }

  /** Year and month on the wall, 202610 for October 2026. */
  yyyymm(utcMs: number): number {
    // Days counted from 1 March of year 0, so that the leap day is the last one of its year.
    const days = Math.floor(this.toLocalMs(utcMs) / DAY_MS) + 719_468;
    const era = Math.floor(days / 146_097);
    const ofEra = days - era * 146_097;
    const year = Math.floor(
      (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
    );
    const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
    const fromMarch = Math.floor((5 * ofYear + 2) / 153);
    const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
    return (year + era * 400 + (month <= 2 ? 1 : 0)) * 100 + month;
  }

  #seek(utcMs: number): void {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle] <= utcMs) low = middle + 1;
      else high = middle;
    }
    this.#utcFrom = starts[low - 1];
    this.#utcTo = low < starts.length ? starts[low] : Infinity;
    this.#offset = this.#offsets[low - 1];
  }
}
