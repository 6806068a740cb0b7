/** Moments as tariffs write them. */
import type { ZoneClock } from '../../platform/time-zone.ts';
import { DAY_MS, dayOfDate } from './calendar.ts';

/**
 * UTC milliseconds of `2026-10-14`, `2026-10-14T17:58:30`: by the clock; of two equal local times the `earlier` one
 * unless told otherwise. With Z or an offset: as it says.
 */
export function momentMs(text: string, clock: ZoneClock, which: 'earlier' | 'later' = 'earlier'): number {
  if (/(Z|[+-]\d\d:\d\d)$/.test(text.slice(10))) return Date.parse(text.replace(' ', 'T'));
  const [hours = 0, minutes = 0, seconds = 0] = text.slice(11).split(':').filter(Boolean).map(Number);
  const timeMs = Math.round((hours * 3600 + minutes * 60 + seconds) * 1000);
  return clock.toUtcMs(dayOfDate(text.slice(0, 10)) * DAY_MS + timeMs, which);
}
