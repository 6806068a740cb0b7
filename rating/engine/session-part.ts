/**
 * A session that arrives in parts is priced on its running total: a part costs what the whole costs so far, less what it
 * cost before. So setup fee, first block, tiers, minimum and cap are those of the session, however it was cut.
 */
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { attributesOf, toEnergy } from './energy.ts';
import { toMoney } from './money.ts';
import { priceUsage } from './price.ts';
import { Priced, type Segment } from './priced.ts';
import { rateRow } from './rate-usage.ts';

/** What the session had when its last part was charged. */
export interface Before {
  endMs: number;
  quantity: number;
  quantityUp: number;
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
  before: Before,
  out: Priced,
  trace: Segment[] | null = null,
): void {
  rateRow(tariff, usage, records, row, out, trace);
  if (out.code !== 0 || (before.quantity === 0 && before.quantityUp === 0)) return;
  const earlier = new Priced();
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
