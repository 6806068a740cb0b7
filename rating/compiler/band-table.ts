/** Time bands as tables: by kind of day and minute, with the place where each run of one band ends. */
import { DAY_MINUTES, weekdayOf } from '../arithmetic/calendar.ts';
import { HOLIDAY_KIND } from '../language/index.ts';

export interface BandTable {
  /** Band by kind of day × 1440 + minute. */
  readonly ofMinute: Uint8Array;
  /** For the same place: the minute of the day (1..1440) where another band begins or the day ends. */
  readonly runEnd: Uint16Array;
  /** Holidays as bits by day number, from `firstHoliday` on. */
  readonly firstHoliday: number;
  readonly holidays: Uint8Array;
}

export function buildBandTable(ofMinute: Uint8Array, holidays: readonly number[]): BandTable {
  const runEnd = new Uint16Array(ofMinute.length);
  for (let place = ofMinute.length - 1; place >= 0; place--) {
    const minute = place % DAY_MINUTES;
    const goesOn = minute < DAY_MINUTES - 1 && ofMinute[place] === ofMinute[place + 1];
    runEnd[place] = goesOn ? runEnd[place + 1] : minute + 1;
  }
  const firstHoliday = holidays[0] ?? 0;
  const days = new Uint8Array(holidays.length === 0 ? 0 : holidays.at(-1)! - firstHoliday + 1);
  for (const day of holidays) days[day - firstHoliday] = 1;
  return { ofMinute, runEnd, firstHoliday, holidays: days };
}

/** 0 Monday ... 6 Sunday, 7 holiday. */
export function dayKind(table: BandTable, day: number): number {
  const place = day - table.firstHoliday;
  if (place >= 0 && place < table.holidays.length && table.holidays[place] === 1) return HOLIDAY_KIND;
  return weekdayOf(day);
}
