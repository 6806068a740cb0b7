/** Exact arithmetic that settlement needs beside that of prices: sums, differences, and what has to be rounded. */
import { divideRoundedBig, type RoundingNo } from '../arithmetic/rounding.ts';
import { isLess, ratio, type Ratio } from '../arithmetic/ratio.ts';

export function whole(value: number | bigint): Ratio {
  return { num: BigInt(value), den: 1n };
}

export function plus(a: Ratio, b: Ratio): Ratio {
  // Usage of one version shares a denominator: no common divisor has to be looked for.
  if (a.den === b.den) return { num: a.num + b.num, den: a.den };
  return ratio(a.num * b.den + b.num * a.den, a.den * b.den);
}

export function minus(a: Ratio, b: Ratio): Ratio {
  return plus(a, negative(b));
}

export function negative({ num, den }: Ratio): Ratio {
  return { num: -num, den };
}

/** b is not zero. */
export function quotient(a: Ratio, b: Ratio): Ratio {
  const sign = b.num < 0n ? -1n : 1n;
  return ratio(sign * a.num * b.den, sign * b.num * a.den);
}

export function least(a: Ratio, b: Ratio): Ratio {
  return isLess(b, a) ? b : a;
}

export function greatest(a: Ratio, b: Ratio): Ratio {
  return isLess(a, b) ? b : a;
}

/** Rounds the size and keeps the sign, so that a correction is the exact opposite of what it takes back. */
export function rounded({ num, den }: Ratio, rule: RoundingNo): bigint {
  return num < 0n ? -divideRoundedBig(-num, den, rule) : divideRoundedBig(num, den, rule);
}

/** Whole part of a value that is not negative. */
export function floor({ num, den }: Ratio): number {
  return Number(num / den);
}

/** The largest whole number whose square is not more than `value`. */
export function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let low = 1n << (BigInt(value.toString(2).length - 1) / 2n);
  for (;;) {
    const next = (low + value / low) / 2n;
    if (next === low || next === low + 1n) break;
    low = next;
  }
  while (low * low > value) low--;
  while ((low + 1n) * (low + 1n) <= value) low++;
  return low;
}

/** √value to so many decimals, half-up: roots have no exact value, so the tariff's reference page names the place. */
export function rootTo({ num, den }: Ratio, decimals: number): Ratio {
  const scale = 10n ** BigInt(decimals);
  const twice = squareRoot((4n * num * scale * scale) / den);
  return ratio((twice + 1n) / 2n, scale);
}
