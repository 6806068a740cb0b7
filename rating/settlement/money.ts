/** Exact amounts as money of a version: rounded once, with the tax on what was rounded. */
import { TollgridError } from '../../platform/errors.ts';
import { product, ratio, type Ratio } from '../arithmetic/ratio.ts';
import { roundingNo } from '../arithmetic/rounding.ts';
import type { BookVersion } from '../engine/index.ts';
import { rounded } from './exact.ts';
import type { LineTotals } from './model.ts';

export interface Money {
  /** As prices are written: with or without tax. Micro-units. */
  priced: number;
  amountMicros: number;
  taxMicros: number;
}

export const NO_MONEY: Money = { priced: 0, amountMicros: 0, taxMicros: 0 };

/** `decimals`: those of the tariff, or 6 where the document is rounded later. */
export function roundMoney({ tariff }: BookVersion, micros: Ratio, decimals = tariff.model.rounding.decimals): Money {
  const { tax, rounding } = tariff.model;
  const rule = roundingNo(rounding.mode);
  const unit = 10n ** BigInt(6 - decimals);
  const units = rounded({ num: micros.num, den: micros.den * unit }, rule);
  const { num, den } = tax.percent;
  const share = tax.included ? ratio(num, 100n * den + num) : ratio(num, 100n * den);
  const taxUnits = rounded(product({ num: units, den: 1n }, share), rule);
  return {
    priced: safe(units * unit),
    amountMicros: safe((tax.included ? units : units + taxUnits) * unit),
    taxMicros: safe(taxUnits * unit),
  };
}

export function addMoney(a: Money, b: Money): Money {
  return {
    priced: safe(a.priced + b.priced),
    amountMicros: safe(a.amountMicros + b.amountMicros),
    taxMicros: safe(a.taxMicros + b.taxMicros),
  };
}

export function addTotals(a: LineTotals, b: LineTotals, sign: 1 | -1): LineTotals {
  return {
    quantity: safe(a.quantity + sign * b.quantity),
    amountMicros: safe(a.amountMicros + sign * b.amountMicros),
    taxMicros: safe(a.taxMicros + sign * b.taxMicros),
  };
}

/** Error: RATE_OVERFLOW. */
export function safe(value: number | bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new TollgridError('RATE_OVERFLOW', 'A line of the period is too large.');
}
