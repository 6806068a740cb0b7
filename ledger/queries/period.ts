/**
 * Narrows a service period (yyyymm) by time, so that only its partitions are read. A period is a month in the zone of its
 * tariff, so the months of UTC are widened by a day on both sides. The table of charges goes by the name of `c`.
 */
export const IN_PERIOD = `c.service_period = {period:UInt32}
  AND c.start_at >= fromUnixTimestamp64Milli({periodFromMs:Int64}, 'UTC')
  AND c.start_at < fromUnixTimestamp64Milli({periodToMs:Int64}, 'UTC')`;

const DAY_MS = 86_400_000;

export function periodParameters(period: number): { period: number; periodFromMs: number; periodToMs: number } {
  const year = Math.floor(period / 100);
  const month = (period % 100) - 1;
  return {
    period,
    periodFromMs: Date.UTC(year, month, 1) - DAY_MS,
    periodToMs: Date.UTC(year, month + 1, 1) + DAY_MS,
  };
}
