/** Quantities with a unit (`60s`, `1MB`, `1kWh`) ↔ whole numbers of a service's base unit. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import { decimalRatio } from '../arithmetic/ratio.ts';

/** Units by base unit: how many base units one of them is. The first one is what people read. */
export const UNITS: Record<BaseUnit, Readonly<Record<string, number>>> = {
  ms: { ms: 1, s: 1000, min: 60_000, h: 3_600_000 },
  bytes: { B: 1, kB: 1000, MB: 1_000_000, GB: 1_000_000_000, KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824 },
  Wh: { Wh: 1, kWh: 1000, MWh: 1_000_000 },
  litres: { l: 1, m3: 1000 },
  events: { event: 1, events: 1, '': 1 },
};

const SHOWN: Record<BaseUnit, readonly string[]> = {
  ms: ['min', 's', 'ms'],
  bytes: ['MB', 'kB', 'B'],
  Wh: ['kWh', 'Wh'],
  litres: ['m3', 'l'],
  events: [''],
};

/** Base units, or a sentence that says why not. */
export function parseQuantity(text: string, base: BaseUnit): number | string {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z0-9]*)$/.exec(text);
  const units = UNITS[base];
  const known = Object.keys(units)
    .map((unit) => (unit === '' ? 'no unit' : unit))
    .join(', ');
  if (match === null || !Object.hasOwn(units, match[2])) return `\`${text}\` is not a quantity in ${known}.`;
  const value = decimalRatio(match[1]);
  const total = value.num * BigInt(units[match[2]]);
  if (total % value.den !== 0n) return `\`${text}\` is not a whole number of ${base}.`;
  const result = Number(total / value.den);
  return Number.isSafeInteger(result) ? result : `\`${text}\` is too large.`;
}

/** The shortest exact form: 90000 ms → `90s`, 60000 → `1min`. */
export function formatQuantity(quantity: number, base: BaseUnit): string {
  const unit = SHOWN[base].find((name) => quantity !== 0 && quantity % UNITS[base][name] === 0) ?? SHOWN[base].at(-1)!;
  return `${quantity / UNITS[base][unit]}${unit}`;
}
