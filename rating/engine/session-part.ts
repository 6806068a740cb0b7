/**
 * A session that arrives in parts is priced on its running total: a part costs what the whole costs so far, less what it
 * cost before. So setup fee, first block, tiers, minimum and cap are those of the session, however it was cut.
 */
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { RatingFacts } from '../../schemas/rating-facts.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { attributesOf, toEnergy } from './energy.ts';
import { toMoney } from './money.ts';
import { priceUsage } from './price.ts';
import { Priced, type Segment } from './priced.ts';
import type { TariffBook } from './book.ts';
import { findVersion, rateRow, writeRow } from './rate-usage.ts';

/** What the session had when its last part was charged; null stands for nothing. */
export interface Before {
  endMs: number;
  quantity: number;
  quantityUp: number;
}

/** A session, or what of it lies behind the last month or version of its tariff, up to a part and before it. */
export interface RunningTotal {
  startMs: number;
  quantity: number;
  quantityUp: number;
  /** Null: the first part. */
  before: Before | null;
  /** Behind a border: setup fee, first block and minimum were in front of it. */
  later: boolean;
}

/**
 * Rates a row that holds a part: its own span and quantity stay, its price is that of the running total less what that was
 * before. The version is that of the session's start, the service period that of the part.
 */
export function rateRunning(
  book: TariffBook,
  binding: Int32Array,
  usage: UsageColumns,
  records: RecordColumns,
  row: number,
  total: RunningTotal,
  facts: RatingFacts,
): void {
  const own = [usage.startMs[row], usage.quantity[row], usage.quantityUp[row]] as const;
  [usage.startMs[row], usage.quantity[row], usage.quantityUp[row]] = [total.startMs, total.quantity, total.quantityUp];
  const priced = new Priced();
  priced.asked = { usage, records, facts, row };
  priced.later = total.later;
  const version = findVersion(book, binding, usage, row, priced);
  if (version !== undefined) {
    ratePart(version.tariff, usage, records, row, total.before, priced);
    priced.month = version.tariff.clock.yyyymm(own[0]);
  }
  [usage.startMs[row], usage.quantity[row], usage.quantityUp[row]] = own;
  writeRow(usage, row, version, priced);
}

/**
 * The row holds the running total; `out` becomes the part behind `before`. Rounded is the running total, so that the
 * parts add up to the session; only `at: record` rounds each part for itself.
 */
export function ratePart(
  tariff: CompiledTariff,
  usage: UsageColumns,
  records: RecordColumns,
  row: number,
  before: Before | null,
  out: Priced,
  trace: Segment[] | null = null,
): void {
  rateRow(tariff, usage, records, row, out, trace);
  if (out.code !== 0 || before === null) return;
  const earlier = new Priced();
  earlier.later = out.later;
  earlier.asked = out.asked;
  earlier.zone = out.zone;
  earlier.band = out.band;
  earlier.of(usage.startMs[row], before.endMs, before.quantity, before.quantityUp);
  if (tariff.model.energy !== null) toEnergy(tariff, earlier, attributesOf(out.asked!));
  if (earlier.code === 0) priceUsage(tariff, earlier, null);
  if (earlier.code !== 0) {
    out.code = earlier.code;
    return;
  }
  out.billed -= earlier.billed;
  out.measured -= earlier.measured;
  const money = out.settled ? tariff.valuation : tariff.money;
  if (tariff.model.rounding.at === 'record') {
    out.exact = out.numerator() - earlier.numerator();
    toMoney(money, out);
    return;
  }
  toMoney(money, earlier);
  out.code = earlier.code;
  out.amountMicros -= earlier.amountMicros;
  out.taxMicros -= earlier.taxMicros;
}
