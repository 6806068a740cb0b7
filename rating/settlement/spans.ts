/** Which tariff version held on which days of a month. */
import { TollgridError } from '../../platform/errors.ts';
import { DAY_MS } from '../arithmetic/calendar.ts';
import type { BookVersion, TariffBook } from '../engine/index.ts';
import type { TariffSpanInput } from './model.ts';

export interface TariffSpan {
  version: BookVersion;
  /** Days [first, end). The day something starts on belongs to it, the day it ends on does not: no day counts twice. */
  first: number;
  end: number;
}

/** Ascending. Error: RATE_NO_TARIFF, because a fee would be lost without a word. */
export function tariffSpans(
  book: TariffBook,
  month: { first: number; end: number },
  assignments: readonly TariffSpanInput[],
): TariffSpan[] {
  return assignments
    .flatMap(({ tariff, fromMs, toMs }) => {
      const versions = book.versionsOf(tariff);
      if (versions.length === 0)
        throw new TollgridError('RATE_NO_TARIFF', `Tariff ${tariff} is not published.`, { tariff });
      return versions.flatMap((version, index) => {
        const { clock, effectiveMs } = version.tariff;
        const day = (ms: number) => Math.floor(clock.toLocalMs(ms) / DAY_MS);
        const nextMs = versions[index + 1]?.tariff.effectiveMs;
        const first = Math.max(month.first, day(effectiveMs), fromMs === null ? -Infinity : day(fromMs));
        const end = Math.min(
          month.end,
          nextMs === undefined ? Infinity : day(nextMs),
          toMs === null ? Infinity : day(toMs),
        );
        return first < end ? [{ version, first, end }] : [];
      });
    })
    .sort((a, b) => a.first - b.first);
}
