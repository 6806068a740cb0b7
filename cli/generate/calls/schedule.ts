/** Spreads records over days by the hours people call at, in ascending order and without floating-point time. */

/** Share of a day's calls per hour, in thousandths; the busiest hour is before noon. */
const HOURS = [6, 4, 3, 2, 3, 7, 15, 34, 62, 80, 92, 97, 84, 76, 74, 72, 69, 64, 55, 42, 27, 16, 9, 7];
const HOUR_SECONDS = 3600;

export interface Schedule {
  /** Second since the first midnight for record `index` of `total`; `jitter` in [0, 2^32). Never goes back by more than a slot. */
  secondOf(index: number, jitter: number): number;
}

export function createSchedule(days: number, total: number): Schedule {
  const daySum = HOURS.reduce((sum, share) => sum + share, 0);
  const units = daySum * days;
  let hour = 0;
  let unitsBefore = 0;
  return {
    secondOf(index, jitter) {
      const at = ((index + jitter / 4294967296) * units) / total;
      while (hour < days * 24 - 1 && at >= unitsBefore + HOURS[hour % 24]) unitsBefore += HOURS[hour++ % 24];
      const within = Math.max(0, (at - unitsBefore) / HOURS[hour % 24]);
      return hour * HOUR_SECONDS + Math.min(HOUR_SECONDS - 1, Math.floor(within * HOUR_SECONDS));
    },
  };
}
