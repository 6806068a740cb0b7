/** Intervals of equal length: usage of those that have any. */
import type { Use } from './use.ts';

export const HOUR_MS = 3_600_000;

export interface Window {
  /** Where its hour begins; a longer window is its own. */
  hourMs: number;
  quantity: number;
}

/**
 * Windows stand on the full hour of the local clock, also where it differs from UTC by half an hour; longer ones on its
 * midnight. The hour that comes twice in autumn is two hours, and a longer window is one with an hour more.
 */
export function byWindow(uses: readonly Use[], windowMs: number, quantityOf: (use: Use) => number): Window[] {
  const windows = new Map<number, Window>();
  for (const use of uses) {
    const { startMs } = use.usage;
    const offsetMs = use.version.tariff.clock.toLocalMs(startMs) - startMs;
    const long = windowMs > HOUR_MS;
    // Below an hour windows are told apart by UTC, which never comes twice.
    const shiftMs = long ? offsetMs : offsetMs % HOUR_MS;
    const startOf = (lengthMs: number) => Math.floor((startMs + shiftMs) / lengthMs) * lengthMs - (long ? 0 : shiftMs);
    const window = startOf(windowMs);
    const found = windows.get(window) ?? { hourMs: startOf(long ? windowMs : HOUR_MS), quantity: 0 };
    found.quantity += quantityOf(use);
    windows.set(window, found);
  }
  return [...windows.values()];
}
