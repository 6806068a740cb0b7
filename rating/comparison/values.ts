/** When two values of a tariff file mean the same: 0.10 and 0.1, 1min and 60s. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import { parseQuantity } from '../language/index.ts';

const DECIMAL = /^-?\d+(\.\d+)?$/;

export function sameValue(one: unknown, other: unknown, base: BaseUnit): boolean {
  const [a, b] = [canonical(one, base), canonical(other, base)];
  return JSON.stringify(a) === JSON.stringify(b);
}

function canonical(value: unknown, base: BaseUnit): unknown {
  if (Array.isArray(value)) return value.map((one) => canonical(one, base));
  if (typeof value === 'object' && value !== null) {
    const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([key, one]) => [key, canonical(one, base)]));
  }
  if (typeof value !== 'string') return value;
  if (DECIMAL.test(value)) return plainDecimal(value);
  const quantity = parseQuantity(value, base);
  return typeof quantity === 'number' ? `${quantity} ${base}` : value;
}

function plainDecimal(text: string): string {
  const plain = text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  const value = plain.replace(/^(-?)0+(?=\d)/, '$1');
  return value === '-0' ? '0' : value;
}
