/**
 * Where moments stand in the wall days of a tariff: month, kind of day, time of day. Days of the last weeks are kept, so
 * that a calendar is asked once for each of them and not for each usage.
 */
import type { ZoneClock } from '../../platform/time-zone.ts';
import { DAY_MINUTES, DAY_MS, MINUTE_MS } from '../arithmetic/calendar.ts';
import { dayRow, type BandTable } from './band-table.ts';

/** A power of two. */
const DAYS_KEPT = 64;
/** A day of UTC is cut where the hands pass midnight (twice when they were put back over it) and where they jump, once. */
const PIECES = 4;

export class DayClock {
  private readonly clock: ZoneClock;
  private readonly transitions: readonly (readonly [number, number])[];
  private readonly bands: BandTable;
  /** By day of UTC modulo their number: which one is kept. */
  private readonly kept = new Float64Array(DAYS_KEPT).fill(NaN);
  // By four times that, and the piece. UTC at which it begins; Infinity where there is none.
  private readonly beginMs = new Float64Array(PIECES * DAYS_KEPT);
  /** UTC from which its minutes are counted: when the wall day began, had the hands not jumped since. */
  private readonly originMs = new Float64Array(PIECES * DAYS_KEPT);
  /** yyyymm. */
  private readonly month = new Int32Array(PIECES * DAYS_KEPT);
  /** Where the minutes of its day begin in `BandTable.ofMinute`. */
  private readonly place = new Int32Array(PIECES * DAYS_KEPT);

  constructor(clock: ZoneClock, transitions: readonly (readonly [number, number])[], bands: BandTable) {
    this.clock = clock;
    this.transitions = transitions;
    this.bands = bands;
  }

  /**
   * For the UTC in the first `count` of `rows`, which become 0, 1, 2...: month (yyyymm), and the minute's place in
   * `BandTable.ofMinute`. A loop over rows that hands no fraction to a function: that would make an object for each row.
   */
  seek(utcMs: Float64Array, rows: Int32Array, count: number, months: Int32Array, minutes: Int32Array): void {
    const { kept, beginMs, originMs, month, place } = this;
    for (let index = 0; index < count; index++) {
      const ms = utcMs[rows[index]];
      const day = Math.floor(ms / DAY_MS);
      const slot = day & (DAYS_KEPT - 1);
      if (kept[slot] !== day) this.keep(slot, day);
      const at = PIECES * slot;
      const piece =
        at + (ms >= beginMs[at + 1] ? 1 : 0) + (ms >= beginMs[at + 2] ? 1 : 0) + (ms >= beginMs[at + 3] ? 1 : 0);
      months[index] = month[piece];
      minutes[index] = place[piece] + Math.floor((ms - originMs[piece]) / MINUTE_MS);
    }
  }

  private keep(slot: number, utcDay: number): void {
    const { clock, beginMs, originMs } = this;
    const endMs = (utcDay + 1) * DAY_MS;
    let ms = utcDay * DAY_MS;
    for (let piece = PIECES * slot; piece < PIECES * (slot + 1); piece++) {
      beginMs[piece] = ms < endMs ? ms : Infinity;
      if (!(ms < endMs)) continue;
      const localMs = clock.toLocalMs(ms);
      const day = Math.floor(localMs / DAY_MS);
      originMs[piece] = ms - (localMs - day * DAY_MS);
      this.month[piece] = clock.yyyymm(ms);
      this.place[piece] = dayRow(this.bands, day) * DAY_MINUTES;
      const fromMs = ms;
      const jump = this.transitions.find(([jumpMs]) => jumpMs > fromMs);
      ms = Math.min(originMs[piece] + DAY_MS, jump?.[0] ?? Infinity);
    }
    this.kept[slot] = utcDay;
  }
}
