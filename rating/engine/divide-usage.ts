/**
 * Usages that span a new month or a new version of their tariff become a row for each side of the border, where the
 * tariff says `crossing: split` (time) or `prorate` (volume, in proportion to time). Before rating; the parts keep the
 * record and its identity. Others keep the month and the version of their start.
 */
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { versionAt, type TariffBook } from './book.ts';
import { DIVIDED_MS_MAX } from './band-at.ts';
import { shareOf } from '../arithmetic/rounding.ts';

/** Divides all rows of the columns. */
export function divideUsage(book: TariffBook, binding: Int32Array, usage: UsageColumns): void {
  if (!book.divides) return;
  const borders = new Map<number, number[]>();
  const more = new Uint16Array(usage.count);
  for (let row = 0; row < usage.count; row++) {
    const found = bordersOf(book, binding, usage, row);
    if (found.length === 0) continue;
    borders.set(row, found);
    more[row] = found.length;
  }
  if (borders.size === 0) return;
  usage.repeat(more);
  let first = 0;
  for (let row = 0; row < more.length; row++) {
    const found = borders.get(row);
    if (found !== undefined) spread(usage, first, found);
    first += 1 + more[row];
  }
}

/** UTC, ascending, inside the usage. */
function bordersOf(book: TariffBook, binding: Int32Array, usage: UsageColumns, row: number): number[] {
  return bordersBetween(book, binding, usage.tariffNo[row], usage.startMs[row], usage.endMs[row]);
}

/** Months and versions that begin inside a usage of that span, where its tariff (`bound`: number of the look-up) divides. */
export function bordersBetween(
  book: TariffBook,
  binding: Int32Array,
  bound: number,
  startMs: number,
  endMs: number,
): number[] {
  const tariffNo = bound < binding.length ? binding[bound] : -1;
  const versions = tariffNo < 0 ? [] : book.tariffs[tariffNo];
  const borders: number[] = [];
  // Longer than that a record is wrong: rating refuses it as a whole.
  if (!(endMs > startMs) || endMs - startMs > DIVIDED_MS_MAX) return borders;
  for (let nowMs = startMs; ;) {
    const version = versionAt(versions, nowMs);
    if (version === undefined || !version.tariff.divides) return borders;
    const next = versions.findLast((one) => one.tariff.effectiveMs > nowMs)?.tariff.effectiveMs ?? Infinity;
    nowMs = Math.min(next, monthEndMs(version.tariff, nowMs));
    if (nowMs >= endMs) return borders;
    borders.push(nowMs);
  }
}

function monthEndMs({ clock }: CompiledTariff, utcMs: number): number {
  const month = clock.yyyymm(utcMs);
  return clock.toUtcMs(Date.UTC(Math.floor(month / 100), month % 100, 1), 'earlier');
}

function spread(usage: UsageColumns, first: number, borders: readonly number[]): void {
  const [startMs, endMs, quantity, up] = [
    usage.startMs[first],
    usage.endMs[first],
    usage.quantity[first],
    usage.quantityUp[first],
  ];
  const share = (whole: number, untilMs: number) => shareOf(whole, untilMs - startMs, endMs - startMs);
  let [given, givenUp] = [0, 0];
  for (let part = 0; part <= borders.length; part++) {
    const row = first + part;
    const untilMs = part < borders.length ? borders[part] : endMs;
    usage.startMs[row] = part === 0 ? startMs : borders[part - 1];
    usage.endMs[row] = untilMs;
    usage.quantity[row] = share(quantity, untilMs) - given;
    usage.quantityUp[row] = share(up, untilMs) - givenUp;
    usage.part[row] = part === 0 ? 0 : 1;
    given += usage.quantity[row];
    givenUp += usage.quantityUp[row];
  }
}
