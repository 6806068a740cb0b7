/**
 * Division of whole numbers with a named rule for the remainder. Amounts are never negative here:
 * a correction is the difference of two rounded amounts.
 */
import { ROUNDING_MODES, type RoundingMode } from '../../schemas/tariff.ts';

/** Rules as numbers, for the columns' path: the index in ROUNDING_MODES. */
export type RoundingNo = 0 | 1 | 2 | 3;
const [HALF_UP, HALF_EVEN, UP] = [0, 1, 2];

export function roundingNo(mode: RoundingMode): RoundingNo {
  return ROUNDING_MODES.indexOf(mode) as RoundingNo;
}

/**
 * `num / den`, rounded. Both are safe integers, num ≥ 0, den > 0.
 * The floor of their double quotient is right: a quotient that is no whole number k misses k by at least 1/den,
 * which is more than the error of a double near k while k × den < 2^53.
 */
export function divideRounded(num: number, den: number, rule: RoundingNo): number {
  const quotient = Math.floor(num / den);
  const rest = num - quotient * den;
  if (rest === 0) return quotient;
  // Doubling is exact in binary, also beyond 2^53.
  const twice = rest * 2;
  if (rule === UP) return quotient + 1;
  if (rule === HALF_UP) return twice >= den ? quotient + 1 : quotient;
  if (rule === HALF_EVEN) return twice > den || (twice === den && quotient % 2 === 1) ? quotient + 1 : quotient;
  return quotient;
}

/** The same for any size. */
export function divideRoundedBig(num: bigint, den: bigint, rule: RoundingNo): bigint {
  const quotient = num / den;
  const rest = num % den;
  if (rest === 0n) return quotient;
  const twice = rest * 2n;
  if (rule === UP) return quotient + 1n;
  if (rule === HALF_UP) return twice >= den ? quotient + 1n : quotient;
  if (rule === HALF_EVEN) return twice > den || (twice === den && quotient % 2n === 1n) ? quotient + 1n : quotient;
  return quotient;
}

/** `whole` × part / of, rounded down; safe integers ≥ 0, exact for any size. */
export function shareOf(whole: number, part: number, of: number): number {
  const product = whole * part;
  // A safe product is exact, and so is the floor of its quotient.
  return product <= Number.MAX_SAFE_INTEGER
    ? Math.floor(product / of)
    : Number((BigInt(whole) * BigInt(part)) / BigInt(of));
}
