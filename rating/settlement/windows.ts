/** Intervals of equal length: usage of those that have any. */
import type { Use } from './use.ts';

export const HOUR_MS = 3_600_000;

export interface Window {
  startMs: number;
  quantity: number;
}

/** Windows stand on the full hour of the local clock, also where it differs from UTC by half an hour. */
export function byWindow(uses: readonly Use[], windowMs: number, quantityOf: (use: Use) => number): Window[] {
  const windows = new Map<number, Window>();
  for (const use of uses) {
    const { startMs } = use.usage;
    const offsetMs = (use.version.tariff.clock.toLocalMs(startMs) - startMs) % HOUR_MS;
    const window = Math.floor((startMs + offsetMs) / windowMs);
    const found = windows.get(window) ?? { startMs: window * windowMs, quantity: 0 };
    found.quantity += quantityOf(use);
    windows.set(window, found);
  }
  return [...windows.values()];
}
