/** The band at a moment, and until when it lasts. */
import { DAY_MINUTES, DAY_MS, MINUTE_MS } from '../arithmetic/calendar.ts';
import { dayRow, type CompiledTariff } from '../compiler/index.ts';

/** A longer usage is not divided at borders: its record is wrong, and the work would have no bound. */
export const DIVIDED_MS_MAX = 400 * DAY_MS;

export interface BandAt {
  band: number;
  /** UTC: where another band may begin. */
  untilMs: number;
}

export function bandAt(tariff: CompiledTariff, utcMs: number): BandAt {
  const { bands } = tariff;
  const localMs = tariff.bandClock.toLocalMs(utcMs);
  const day = Math.floor(localMs / DAY_MS);
  const inDayMs = localMs - day * DAY_MS;
  const place = dayRow(bands, day) * DAY_MINUTES + Math.floor(inDayMs / MINUTE_MS);
  // The hands may jump before they reach the border: look again there.
  const borderMs = utcMs + bands.runEnd[place] * MINUTE_MS - inDayMs;
  return { band: bands.ofMinute[place], untilMs: Math.min(borderMs, nextJumpMs(tariff.bandTransitions, utcMs)) };
}

/** When the offset changes next; Infinity when it does not. */
export function nextJumpMs(transitions: CompiledTariff['bandTransitions'], nowMs: number): number {
  let [low, high] = [0, transitions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (transitions[middle][0] <= nowMs) low = middle + 1;
    else high = middle;
  }
  return low < transitions.length ? transitions[low][0] : Infinity;
}
