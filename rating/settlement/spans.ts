/** Which tariff version held on which days. */
import { TollgridError } from '../../platform/errors.ts';
import { DAY_MS } from '../arithmetic/calendar.ts';
import type { BookVersion, TariffBook } from '../engine/index.ts';
import type { Days } from './cycles.ts';
import type { TariffSpanInput } from './model.ts';

export interface TariffSpan extends Days {
  version: BookVersion;
}

/**
 * Ascending. The day something starts on belongs to it, the day it ends on does not: no day counts twice.
 * Error: RATE_NO_TARIFF, because a fee would be lost without a word.
 */
export function tariffSpans(book: TariffBook, within: Days, assignments: readonly TariffSpanInput[]): TariffSpan[] {
  return assignments
    .flatMap(({ tariff, fromMs, toMs }) => {
      const versions = book.versionsOf(tariff);
      const over = toMs !== null && toMs < (within.first - 1) * DAY_MS;
      if (versions.length === 0 && over) return [];
      if (versions.length === 0)
        throw new TollgridError('RATE_NO_TARIFF', `Tariff ${tariff} is not published.`, { tariff });
      return versions.flatMap((version, index) => {
        const nextMs = versions[index + 1]?.tariff.effectiveMs;
        const first = Math.max(
          within.first,
          dayOf(version, version.tariff.effectiveMs),
          fromMs === null ? -Infinity : dayOf(version, fromMs),
        );
        const end = Math.min(
          within.end,
          nextMs === undefined ? Infinity : dayOf(version, nextMs),
          toMs === null ? Infinity : dayOf(version, toMs),
        );
        return first < end ? [{ version, first, end }] : [];
      });
    })
    .sort((a, b) => a.first - b.first)
    .reduce<TariffSpan[]>(joined, []);
}

/** The same tariff assigned anew from the day on which it ended: nothing is divided there. */
function joined(spans: TariffSpan[], next: TariffSpan): TariffSpan[] {
  const last = spans.at(-1);
  if (last === undefined || last.version !== next.version || last.end !== next.first) return [...spans, next];
  return [...spans.slice(0, -1), { ...last, end: next.end }];
}

/** The day of a moment by the tariff's clock. */
export function dayOf({ tariff }: BookVersion, ms: number): number {
  return Math.floor(tariff.clock.toLocalMs(ms) / DAY_MS);
}

/** UTC of the day's first moment. */
export function startOfDay({ tariff: { clock } }: Pick<BookVersion, 'tariff'>, day: number): number {
  const ms = clock.toUtcMs(day * DAY_MS, 'earlier');
  // Where clocks go forward at midnight, the day begins an hour later by its own hands.
  return clock.toLocalMs(ms) < day * DAY_MS ? clock.toUtcMs(day * DAY_MS, 'later') : ms;
}
