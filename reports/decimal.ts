/** Exact decimals as whole numbers of 10^-18, enough for any reading times any transformer ratio. */
export const SCALE = 18;
export const ONE = 10n ** BigInt(SCALE);

/** A JavaScript number as it is written in decimal, with the decimals that it has. */
export function decimalParts(value: number): { digits: bigint; scale: number } {
  const [mantissa, exponent = '0'] = String(value).split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Units of 10^-18 as people write them, without zeros behind the last digit. */
export function showDecimal(value: bigint): string {
  const sign = value < 0n ? '-' : '';
  const size = value < 0n ? -value : value;
  const fraction = String(size % ONE)
    .padStart(SCALE, '0')
    .replace(/0+$/, '');
  return `${sign}${size / ONE}${fraction === '' ? '' : `.${fraction}`}`;
}
