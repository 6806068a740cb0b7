/** The one rounding, and the tax. */
import { Q, type Rounding } from './rational.ts';
import type { Tariff } from './tariff.ts';

export interface Money {
  /** With tax. */
  amount: Q;
  tax: Q;
}

export const NOTHING: Money = { amount: Q.zero, tax: Q.zero };

export const add = (a: Money, b: Money): Money => ({ amount: a.amount.plus(b.amount), tax: a.tax.plus(b.tax) });

/** At the point of rounding that the tariff names. */
export function withTax(tariff: Tariff, sum: Q): Money {
  return taxed(tariff, sum, tariff.rounding.mode, tariff.rounding.decimals);
}

/** What usage is worth that is settled later: to the nearest millionth, a half to the even one. */
export function valuation(tariff: Tariff, sum: Q): Money {
  return taxed(tariff, sum, 'half-even', 6);
}

/** By the rule of the tariff, where a document is rounded later. */
export function toMillionth(tariff: Tariff, sum: Q): Money {
  return taxed(tariff, sum, tariff.rounding.mode, 6);
}

function taxed(tariff: Tariff, sum: Q, mode: Rounding, decimals: number): Money {
  const { percent, included } = tariff.tax;
  const rounded = sum.round(mode, decimals);
  const share = included ? percent.plus(new Q(100n)) : new Q(100n);
  const tax = rounded.times(percent).over(share).round(mode, decimals);
  return { amount: included ? rounded : rounded.plus(tax), tax };
}
