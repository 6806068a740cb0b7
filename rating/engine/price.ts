/**
 * The price of one usage: steps are counted by division, never one by one, so an hour in seconds costs as much work
 * as a minute. A usage that is divided at band borders costs one turn per border.
 */
import { DAY_MS, MINUTE_MS, DAY_MINUTES } from '../arithmetic/calendar.ts';
import { divideRounded, divideRoundedBig } from '../arithmetic/rounding.ts';
import { dayKind, type CompiledTariff, type Money } from '../compiler/index.ts';
import { RateCode } from './codes.ts';
import type { Priced, Segment } from './priced.ts';

const MAX = Number.MAX_SAFE_INTEGER;
/** A longer usage is not divided at band borders: its record is wrong, and the work would have no bound. */
const DIVIDED_MS_MAX = 400 * DAY_MS;

/**
 * Prices a usage whose zone and band are known (`out.zone`, `out.band`): fills rule, measured, billed and the exact
 * amount, or the code. `trace` receives the segments when it is given.
 */
export function priceUsage(
  tariff: CompiledTariff,
  startMs: number,
  total: number,
  up: number,
  out: Priced,
  trace: Segment[] | null,
): void {
  const { prices } = tariff;
  const rule = tariff.rules[out.zone * tariff.bandCount + out.band];
  out.rule = rule;
  if (rule < 0) {
    out.code = RateCode.noPrice;
    return;
  }
  out.settled = tariff.settled[out.zone * tariff.bandCount + out.band] === 1;
  const measure = prices.measure[rule];
  const quantity = measure === 0 ? total : measure === 1 ? up : total - up;
  out.measured = quantity;
  if (!(quantity >= 0 && quantity <= MAX) || Math.floor(quantity) !== quantity) {
    out.code = RateCode.quantity;
    return;
  }
  if (quantity < prices.freeUnder[rule]) {
    out.free = true;
    return;
  }
  addExact(out, prices.setup[rule], prices.setupExact[rule]);
  // Without a quantity there is the setup fee and nothing else: no first block, no minimum.
  if (quantity === 0) return;
  if (tariff.splits) priceByBand(tariff, startMs, quantity, out, trace);
  else {
    const billed = countSteps(prices.first[rule], prices.step[rule], prices.full[rule], quantity);
    addSegment(tariff, rule, out.band, billed, out, trace);
  }
  if (out.code !== 0) return;
  addExact(out, prices.firstExtra[rule], prices.firstExtraExact[rule]);
  applyMinimum(tariff, rule, out);
}

/** Billed quantity of a usage in one piece. */
function countSteps(first: number, step: number, full: number, quantity: number): number {
  if (full === 1) return Math.floor(quantity / step) * step;
  if (quantity <= first) return first;
  return first + Math.ceil((quantity - first) / step) * step;
}

/** A started step is finished at its own price; the next one has the price of the band it begins in. */
function priceByBand(
  tariff: CompiledTariff,
  startMs: number,
  quantity: number,
  out: Priced,
  trace: Segment[] | null,
): void {
  if (quantity > DIVIDED_MS_MAX) {
    out.code = RateCode.overflow;
    return;
  }
  const { prices, bands } = tariff;
  let done = 0;
  while (done < quantity && out.code === 0) {
    const nowMs = startMs + done;
    const localMs = tariff.clock.toLocalMs(nowMs);
    const day = Math.floor(localMs / DAY_MS);
    const inDayMs = localMs - day * DAY_MS;
    const place = dayKind(bands, day) * DAY_MINUTES + Math.floor(inDayMs / MINUTE_MS);
    const band = bands.ofMinute[place];
    const rule = tariff.rules[out.zone * tariff.bandCount + band];
    if (rule < 0) {
      out.code = RateCode.noPrice;
      return;
    }
    // The hands may jump before they reach the border: look again there.
    const borderMs = Math.min(nowMs + bands.runEnd[place] * MINUTE_MS - inDayMs, nextJumpMs(tariff, nowMs));
    const until = Math.min(borderMs - startMs, quantity);
    let billed = done === 0 ? prices.first[rule] : 0;
    const left = until - done - billed;
    if (left > 0) billed += Math.ceil(left / prices.step[rule]) * prices.step[rule];
    addSegment(tariff, rule, band, billed, out, trace);
    done += billed;
  }
}

/** When the zone's offset changes next; Infinity when it does not. */
function nextJumpMs(tariff: CompiledTariff, nowMs: number): number {
  const { transitions } = tariff;
  let [low, high] = [0, transitions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (transitions[middle][0] <= nowMs) low = middle + 1;
    else high = middle;
  }
  return low < transitions.length ? transitions[low][0] : Infinity;
}

function addSegment(
  tariff: CompiledTariff,
  rule: number,
  band: number,
  billed: number,
  out: Priced,
  trace: Segment[] | null,
): void {
  const total = out.billed + billed;
  if (!(total <= MAX)) {
    out.code = RateCode.overflow;
    return;
  }
  if (trace !== null) traceSegment(trace, { band, rule, from: out.billed, billed });
  out.billed = total;
  const { prices } = tariff;
  const added = out.sum + billed * prices.rate[rule];
  if (out.exact === null && added <= MAX) out.sum = added;
  else out.exact = out.numerator() + BigInt(billed) * prices.rateExact[rule];
}

function traceSegment(trace: Segment[], segment: Segment): void {
  const before = trace.at(-1);
  if (before !== undefined && before.band === segment.band && before.rule === segment.rule)
    before.billed += segment.billed;
  else trace.push(segment);
}

function addExact(out: Priced, amount: number, exact: bigint): void {
  if (out.exact === null && out.sum + amount <= MAX) out.sum += amount;
  else out.exact = out.numerator() + exact;
}

function applyMinimum(tariff: CompiledTariff, rule: number, out: Priced): void {
  const minimum = tariff.prices.minimum[rule];
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

/** Rounds the exact amount, works out the tax, and writes both; or the code when they are too large. */
export function toMoney(money: Money, out: Priced): void {
  let units: number;
  if (out.exact === null && money.divisor <= MAX) units = divideRounded(out.sum, money.divisor, money.rule);
  else units = Number(divideRoundedBig(out.numerator(), money.divisorExact, money.rule));
  const product = units * money.taxNum;
  let tax: number;
  if (product <= MAX) tax = divideRounded(product, money.taxDen, money.rule);
  else tax = Number(divideRoundedBig(BigInt(units) * BigInt(money.taxNum), BigInt(money.taxDen), money.rule));
  const amount = (money.taxIncluded ? units : units + tax) * money.unitMicros;
  if (!(amount <= MAX)) {
    out.code = RateCode.overflow;
    return;
  }
  out.amountMicros = amount;
  out.taxMicros = tax * money.unitMicros;
}
