/**
 * Where a moment stands in the wall days of a tariff: month, kind of day, time of day. Usage comes in order of time, so
 * nearly always it is the day of the last answer, and two comparisons take the place of a calendar.
 */
import type { ZoneClock } from '../../platform/time-zone.ts';
import { DAY_MINUTES, DAY_MS } from '../arithmetic/calendar.ts';
import { dayKind, type BandTable } from './band-table.ts';

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
    this.month = this.clock.yyyymm(utcMs);
    this.place = dayKind(this.bands, day) * DAY_MINUTES;
    const inDayMs = localMs - day * DAY_MS;
    const fromMs = utcMs - inDayMs;
    const toMs = fromMs + DAY_MS;
    const jumps = this.transitions.some(([jumpMs]) => jumpMs > fromMs && jumpMs < toMs);
    this.fromMs = jumps ? Infinity : fromMs;
    this.toMs = jumps ? -Infinity : toMs;
    return inDayMs;
  }
}
