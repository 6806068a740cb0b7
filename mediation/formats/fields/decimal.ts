/** Decimal numbers as whole digits and a count of decimals: no binary fraction on the way. */

/** Where `parseDecimal` leaves its result: value = digits × 10^-scale. */
export interface Decimal {
  digits: number;
  scale: number;
}

export interface DecimalSyntax {
  point: boolean;
  comma: boolean;
  /** `1e3`, as JSON allows. */
  exponent: boolean;
  /** Decimals of a number without a mark. */
  implied: number;
}

/** Reads `text[start, end)`; false when it is no number or its digits exceed a safe integer. */
export function parseDecimal(
  text: Uint8Array,
  start: number,
  end: number,
  syntax: DecimalSyntax,
  result: Decimal,
): boolean {
  let at = start;
  const sign = text[at];
  if (sign === 45 || sign === 43) at++;
  const first = at;
  let digits = 0;
  for (; at < end; at++) {
    const digit = text[at] - 48;
    if (digit < 0 || digit > 9) break;
    digits = digits * 10 + digit;
  }
  let count = at - first;
  let scale = syntax.implied;
  if (at < end && ((text[at] === 46 && syntax.point) || (text[at] === 44 && syntax.comma))) {
    const mark = at++;
    for (; at < end; at++) {
      const digit = text[at] - 48;
      if (digit < 0 || digit > 9) break;
      digits = digits * 10 + digit;
    }
    scale = at - mark - 1;
    count += scale;
    if (scale === 0) return false;
  }
  if (count === 0 || digits > Number.MAX_SAFE_INTEGER) return false;
  if (at < end) {
    if (!syntax.exponent || (text[at] | 32) !== 101 || end - at > 5) return false;
    const exponent = Number(String.fromCharCode(...text.subarray(at + 1, end)));
    if (!Number.isInteger(exponent)) return false;
    scale -= exponent;
  }
  while (scale > 9 && digits % 10 === 0 && digits > 0) {
    digits /= 10;
    scale--;
  }
  if (digits === 0) scale = Math.min(Math.max(scale, 0), 9);
  for (; scale < 0 && digits <= Number.MAX_SAFE_INTEGER; scale++) digits *= 10;
  if (digits > Number.MAX_SAFE_INTEGER || scale > 60) return false;
  result.digits = sign === 45 && digits !== 0 ? -digits : digits;
  result.scale = scale;
  return true;
}

/**
 * digits × 10^-scale × factor as a whole number; NaN when it is none (unless `round`: half away from zero) or when it
 * exceeds a safe integer.
 */
export function toWhole(digits: number, scale: number, factor: number, round: boolean): number {
  if (scale === 0) {
    const whole = digits * factor;
    return Number.isSafeInteger(whole) ? whole : NaN;
  }
  const power = 10 ** scale;
  const rest = digits % power;
  const scaledRest = rest * factor;
  if (scale > 15 || !Number.isSafeInteger(scaledRest)) return toWholeExactly(digits, scale, factor, round);
  const fraction = scaledRest % power;
  let whole = ((digits - rest) / power) * factor + (scaledRest - fraction) / power;
  if (fraction !== 0) {
    if (!round) return NaN;
    if (Math.abs(fraction) * 2 >= power) whole += Math.sign(fraction);
  }
  return Number.isSafeInteger(whole) ? whole : NaN;
}

function toWholeExactly(digits: number, scale: number, factor: number, round: boolean): number {
  const product = BigInt(digits) * BigInt(factor);
  const power = 10n ** BigInt(scale);
  const rest = product % power;
  let whole = product / power;
  if (rest !== 0n) {
    if (!round) return NaN;
    const size = rest < 0n ? -rest : rest;
    if (size * 2n >= power) whole += rest < 0n ? -1n : 1n;
  }
  const result = Number(whole);
  return Number.isSafeInteger(result) ? result : NaN;
}
