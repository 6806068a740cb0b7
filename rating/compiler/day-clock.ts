/**
 * Where a moment stands in the wall days of a tariff: month, kind of day, time of day. Usage comes in order of time, so
 * nearly always it is the day of the last answer, and two comparisons take the place of a calendar. Days of the last
 * weeks are kept, because sources are not in step with each other.
 */
import type { ZoneClock } from '../../platform/time-zone.ts';
import { DAY_MINUTES, DAY_MS } from '../arithmetic/calendar.ts';
import { dayRow, type BandTable } from './band-table.ts';

/** A power of two. */
const DAYS_KEPT = 64;

export class DayClock {
  /** Of the last answer's day: yyyymm, and where its minutes begin in `BandTable.ofMinute`. */
  month = 0;
  place = 0;
  private readonly clock: ZoneClock;
  private readonly transitions: readonly (readonly [number, number])[];
  private readonly bands: BandTable;
  /** UTC of that day when it is 24 hours long; else nothing, and each moment is looked up by itself. */
  private fromMs = Infinity;
  private toMs = -Infinity;
  /** Whole days that were met, by local day modulo their number: begin in UTC, month, place. */
  private readonly keptFromMs = new Float64Array(DAYS_KEPT).fill(Infinity);
  private readonly keptMonth = new Int32Array(DAYS_KEPT);
  private readonly keptPlace = new Int32Array(DAYS_KEPT);

  constructor(clock: ZoneClock, transitions: readonly (readonly [number, number])[], bands: BandTable) {
    this.clock = clock;
    this.transitions = transitions;
    this.bands = bands;
  }

  /** Milliseconds since the wall clock's midnight; sets `month` and `place`. */
  seek(utcMs: number): number {
    return utcMs >= this.fromMs && utcMs < this.toMs ? utcMs - this.fromMs : this.look(utcMs);
  }

  private look(utcMs: number): number {
    const localMs = this.clock.toLocalMs(utcMs);
    const day = Math.floor(localMs / DAY_MS);
    const slot = day & (DAYS_KEPT - 1);
    const inDayMs = localMs - day * DAY_MS;
    const fromMs = utcMs - inDayMs;
    if (this.keptFromMs[slot] === fromMs) {
      this.month = this.keptMonth[slot];
      this.place = this.keptPlace[slot];
      this.fromMs = fromMs;
      this.toMs = fromMs + DAY_MS;
      return inDayMs;
    }
    this.month = this.clock.yyyymm(utcMs);
    this.place = dayRow(this.bands, day) * DAY_MINUTES;
    const toMs = fromMs + DAY_MS;
    const jumps = this.transitions.some(([jumpMs]) => jumpMs > fromMs && jumpMs < toMs);
    this.fromMs = jumps ? Infinity : fromMs;
    this.toMs = jumps ? -Infinity : toMs;
    if (!jumps) {
      this.keptFromMs[slot] = fromMs;
      this.keptMonth[slot] = this.month;
      this.keptPlace[slot] = this.place;
    }
    return inDayMs;
  }
}
