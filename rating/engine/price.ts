/**
 * The price of one usage: steps are counted by division, never one by one, so an hour in seconds costs as much work
 * as a minute. A usage that is divided at band borders costs one turn per border.
 */
import type { CompiledTariff } from '../compiler/index.ts';
import { addExact, traceSegment } from './add-amount.ts';
import { bandAt, DIVIDED_MS_MAX } from './band-at.ts';
import { chooseRule, noRuleCode } from './choose-rule.ts';
import { RateCode } from './codes.ts';
import { applyCap, priceComplex } from './price-complex.ts';
import type { Priced, Segment } from './priced.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/**
 * Prices the usage in `out` (`startMs`, `endMs`, `total`, `up`) whose zone and band are known: fills rule, measured, billed
 * and the exact amount, or the code. `trace` receives the segments when it is given.
 */
export function priceUsage(tariff: CompiledTariff, out: Priced, trace: Segment[] | null): void {
  const { prices } = tariff;
  const place = out.zone * tariff.bandCount + out.band;
  const rule = tariff.chainOf === null ? tariff.rules[place] : chooseRule(tariff, out.zone, out.band, out);
  out.rule = rule;
  if (rule < 0) {
    out.code = noRuleCode(rule);
    return;
  }
  out.settled = tariff.settled[place] === 1;
  const measure = prices.measure[rule];
  const quantity = measure === 0 ? out.total : measure === 1 ? out.up : out.total - out.up;
  out.measured = quantity;
  if (!(quantity >= 0 && quantity <= MAX) || Math.floor(quantity) !== quantity) {
    out.code = RateCode.quantity;
    return;
  }
  const { later } = out;
  if (!later) {
    if (quantity < prices.freeUnder[rule]) {
      out.free = true;
      return;
    }
    addExact(out, prices.setup[rule], prices.setupExact[rule]);
  }
  // Without a quantity there is the setup fee and nothing else: no first block, no minimum.
  if (quantity === 0) return applyCap(tariff, rule, out);
  if (prices.complex[rule] === 1) priceComplex(tariff, out, trace);
  else if (tariff.splits) priceByIncrement(tariff, out, trace);
  else {
    const first = later ? 0 : prices.first[rule];
    const billed = countSteps(first, prices.step[rule], prices.full[rule], quantity);
    addSegment(tariff, rule, out.band, out.startMs, billed, out, trace);
  }
  if (out.code !== 0 || later) return;
  addExact(out, prices.firstExtra[rule], prices.firstExtraExact[rule]);
  applyMinimum(tariff, rule, out);
  applyCap(tariff, rule, out);
}

/** Billed quantity of a usage in one piece. */
export function countSteps(first: number, step: number, full: number, quantity: number): number {
  if (full === 1) return Math.floor(quantity / step) * step;
  if (quantity <= first) return first;
  return first + Math.ceil((quantity - first) / step) * step;
}

/** A started step is finished at its own price; the next one has the price of the band it begins in. */
function priceByIncrement(tariff: CompiledTariff, out: Priced, trace: Segment[] | null): void {
  const { startMs, measured: quantity } = out;
  if (quantity > DIVIDED_MS_MAX) {
    out.code = RateCode.overflow;
    return;
  }
  const { prices } = tariff;
  let done = 0;
  while (done < quantity && out.code === 0) {
    const { band, untilMs } = bandAt(tariff, startMs + done);
    const rule = chooseRule(tariff, out.zone, band, out);
    if (rule < 0) {
      out.code = noRuleCode(rule);
      return;
    }
    const until = Math.min(untilMs - startMs, quantity);
    let billed = done === 0 && !out.later ? prices.first[rule] : 0;
    const left = until - done - billed;
    if (left > 0) billed += Math.ceil(left / prices.step[rule]) * prices.step[rule];
    addSegment(tariff, rule, band, startMs + done, billed, out, trace);
    done += billed;
  }
}

function addSegment(
  tariff: CompiledTariff,
  rule: number,
  band: number,
  atMs: number,
  billed: number,
  out: Priced,
  trace: Segment[] | null,
): void {
  const total = out.billed + billed;
  if (!(total <= MAX)) {
    out.code = RateCode.overflow;
    return;
  }
  const { prices } = tariff;
  if (trace !== null) {
    traceSegment(trace, { band, rule, row: rule, rate: prices.rateExact[rule], atMs, from: out.billed, billed });
  }
  out.billed = total;
  const added = out.sum + billed * prices.rate[rule];
  if (out.exact === null && added <= MAX) out.sum = added;
  else out.exact = out.numerator() + BigInt(billed) * prices.rateExact[rule];
}

function applyMinimum(tariff: CompiledTariff, rule: number, out: Priced): void {
  const minimum = tariff.prices.minimum[rule];
  // Without a minimum a price below zero stays one.
  if (minimum === 0) return;
  if (out.exact === null && minimum <= MAX) {
    if (out.sum >= minimum) return;
    out.sum = minimum;
  } else {
    const exact = tariff.prices.minimumExact[rule];
    if (out.numerator() >= exact) return;
    out.exact = exact;
  }
  out.minimumHolds = true;
}
