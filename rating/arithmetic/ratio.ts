/** Exact fractions of whole numbers: what a price is before it is rounded. Used when tariffs are read, not per record. */
export interface Ratio {
  readonly num: bigint;
  /** Always positive. */
  readonly den: bigint;
}

export const MICROS = 1_000_000n;

export function ratio(num: bigint, den: bigint): Ratio {
  const divisor = gcd(num < 0n ? -num : num, den);
  return { num: num / divisor, den: den / divisor };
}

export function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}

export function lcm(a: bigint, b: bigint): bigint {
  return (a / gcd(a, b)) * b;
}

/** `12.50` → 25/2, `-10` → -10/1. The text must be digits with an optional sign and decimal point. */
export function decimalRatio(text: string): Ratio {
  const [whole, fraction = ''] = text.replace('-', '').split('.') as [string, string?];
  const digits = BigInt(whole + fraction);
  return ratio(text.startsWith('-') ? -digits : digits, 10n ** BigInt(fraction.length));
}

/** An amount of money as micro-units: `0.5` → 500000. */
export function microsRatio(text: string): Ratio {
  const amount = decimalRatio(text);
  return ratio(amount.num * MICROS, amount.den);
}

export const NOTHING: Ratio = { num: 0n, den: 1n };
export const ONE: Ratio = { num: 1n, den: 1n };

export function product(a: Ratio, b: Ratio): Ratio {
  return ratio(a.num * b.num, a.den * b.den);
}

export function isLess(a: Ratio, b: Ratio): boolean {
  return a.num * b.den < b.num * a.den;
}
