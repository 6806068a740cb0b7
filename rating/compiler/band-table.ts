/** Time bands as tables: by kind of day and minute, with the place where each run of one band ends. */
import { DAY_MINUTES, DAY_MS, weekdayOf } from '../arithmetic/calendar.ts';
import { HOLIDAY_KIND, kindsOf, PLAIN_KINDS, type DaysModel } from '../language/index.ts';

export interface BandTable {
  /** Band by (season × kinds of day + kind) × 1440 + minute. */
  readonly ofMinute: Uint8Array;
  /** For the same place: the minute of the day (1..1440) where another band begins or the day ends. */
  readonly runEnd: Uint16Array;
  /** Holidays and days of sets, from `firstSpecial` on: their kind + 1; 0 = none. */
  readonly firstSpecial: number;
  readonly special: Uint8Array;
  readonly kinds: number;
  /** Season by 31 × (month - 1) + day - 1; null when the tariff has none. */
  readonly seasonOfDay: Uint8Array | null;
}

export function buildBandTable(ofMinute: Uint8Array, days: DaysModel): BandTable {
  const runEnd = new Uint16Array(ofMinute.length);
  for (let place = ofMinute.length - 1; place >= 0; place--) {
    const minute = place % DAY_MINUTES;
    const goesOn = minute < DAY_MINUTES - 1 && ofMinute[place] === ofMinute[place + 1];
    runEnd[place] = goesOn ? runEnd[place + 1] : minute + 1;
  }
  const kinds = [
    ...days.holidays.map((day) => [day, HOLIDAY_KIND] as const),
    ...days.sets.flatMap((set, number) => set.days.map((day) => [day, PLAIN_KINDS + number] as const)),
  ].sort(([a], [b]) => a - b);
  const firstSpecial = kinds[0]?.[0] ?? 0;
  const special = new Uint8Array(kinds.length === 0 ? 0 : kinds.at(-1)![0] - firstSpecial + 1);
  for (const [day, kind] of kinds) special[day - firstSpecial] = kind + 1;
  const seasonOfDay = days.seasons.length > 1 ? days.seasonOfDay : null;
  return { ofMinute, runEnd, firstSpecial, special, kinds: kindsOf(days), seasonOfDay };
}

/** Which row of the table a day has: season × kinds + kind (0 Monday ... 6 Sunday, 7 holiday, then day sets). */
export function dayRow(table: BandTable, day: number): number {
  const place = day - table.firstSpecial;
  const special = place >= 0 && place < table.special.length ? table.special[place] : 0;
  const kind = special === 0 ? weekdayOf(day) : special - 1;
  if (table.seasonOfDay === null) return kind;
  const date = new Date(day * DAY_MS);
  return table.seasonOfDay[31 * date.getUTCMonth() + date.getUTCDate() - 1] * table.kinds + kind;
}
