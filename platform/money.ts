/** Decimal text and whole micro-units (millionths of a currency unit). Nothing here passes through a binary fraction. */
import { TollgridError } from './errors.ts';

const MICROS_DECIMALS = 6;
const DECIMAL = /^(-?)(\d{1,38})(?:\.(\d{1,38}))?$/;

/** `1234500` → `1.2345`; at least `decimalsMin` decimals, at most six. A number has to be a safe integer. */
export function formatMicros(micros: number | bigint, decimalsMin = 2): string {
  if (typeof micros === 'number' && !Number.isSafeInteger(micros)) {
    throw new TollgridError('DECIMAL_INVALID', `${micros} is no exact amount in micro-units`);
  }
  const digits = micros
    .toString()
    .replace('-', '')
    .padStart(MICROS_DECIMALS + 1, '0');
  const whole = digits.slice(0, -MICROS_DECIMALS);
  const fraction = digits.slice(-MICROS_DECIMALS).replace(/0+$/, '').padEnd(decimalsMin, '0');
  return `${micros < 0 ? '-' : ''}${whole}${fraction && '.'}${fraction}`;
}

/**
 * `12.5` with scale 6 → `12500000n`. Strict: plain digits with an optional minus and point; more decimals than
 * `scale` is a mistake also when they are zero, because somebody meant a place that is not kept. Error: DECIMAL_INVALID.
 */
export function parseDecimal(text: string, scale: number): bigint {
  const match = DECIMAL.exec(text);
  if (match === null) throw new TollgridError('DECIMAL_INVALID', `"${text.slice(0, 60)}" is no plain decimal number`);
  const [, sign, whole, fraction = ''] = match;
  if (fraction.length > scale) {
    throw new TollgridError('DECIMAL_INVALID', `"${text}" has more than ${scale} decimals`, { scale });
  }
  return BigInt(`${sign}${whole}${fraction.padEnd(scale, '0')}`);
}
