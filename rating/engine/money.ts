/** From an exact amount to money with its tax: where rounding happens, once. */
import { divideRounded, divideRoundedBig } from '../arithmetic/rounding.ts';
import type { Money } from '../compiler/index.ts';
import { RateCode } from './codes.ts';
import type { Priced } from './priced.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/**
 * Rounds the exact amount, works out the tax, and writes both; or the code when they are too large. An amount below zero
 * (a price of the hour below zero) is rounded like the one above: `up` is away from zero.
 */
export function toMoney(money: Money, out: Priced): void {
  let units: number;
  const negative = out.exact === null ? out.sum < 0 : out.exact < 0n;
  if (out.exact === null && money.divisor <= MAX) {
    units = divideRounded(negative ? -out.sum : out.sum, money.divisor, money.rule);
  } else {
    const exact = out.numerator();
    units = Number(divideRoundedBig(negative ? -exact : exact, money.divisorExact, money.rule));
  }
  const product = units * money.taxNum;
  let tax: number;
  if (product <= MAX) tax = divideRounded(product, money.taxDen, money.rule);
  else tax = Number(divideRoundedBig(BigInt(units) * BigInt(money.taxNum), BigInt(money.taxDen), money.rule));
  const amount = (money.taxIncluded ? units : units + tax) * money.unitMicros;
  if (!(amount <= MAX)) {
    out.code = RateCode.overflow;
    return;
  }
  // Not -0: a price of nothing is nothing.
  out.amountMicros = negative ? 0 - amount : amount;
  out.taxMicros = negative ? 0 - tax * money.unitMicros : tax * money.unitMicros;
}
