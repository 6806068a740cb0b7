/** An invented numbering plan: called prefixes of different lengths over zones, for files of any size. */
import type { Random } from '../../../platform/random.ts';

export interface NumberingPlan {
  readonly count: number;
  /** Digits of all prefixes (ASCII), one behind the other; prefix i is digits[offset[i], offset[i + 1]). */
  readonly digits: Uint8Array;
  readonly offset: Uint32Array;
  readonly zoneNo: Uint16Array;
  readonly zones: readonly string[];
}

/** Zones per country: a prefix inside a country may lead to mobiles, which cost more; that is what longest match is for. */
const KINDS = ['fixed', 'mobile'] as const;

/** Country codes of three digits; 380 (where the callers are) comes first. */
function countryCodes(random: Random, count: number): string[] {
  const codes = new Set(['380']);
  while (codes.size < count) codes.add(String(random.between(200, 979)));
  return [...codes];
}

/** `prefixes` distinct prefixes of 3 to 8 digits over `zones` zones (two per country). */
export function createNumberingPlan(random: Random, prefixes: number, zones: number): NumberingPlan {
  const countries = countryCodes(random, Math.max(1, Math.min(Math.ceil(zones / 2), 300, prefixes)));
  const zoneNames = countries.flatMap((code) => KINDS.map((kind) => `${code}-${kind}`));
  const plan = new Map<string, number>();
  countries.forEach((code, index) => plan.set(code, index * 2));
  while (plan.size < prefixes) {
    const country = random.below(countries.length);
    const length = random.between(2, 5);
    const prefix = countries[country] + String(random.below(10 ** length)).padStart(length, '0');
    if (!plan.has(prefix)) plan.set(prefix, country * 2 + (random.chance(30) ? 1 : 0));
  }
  const sorted = [...plan].sort(([left], [right]) => (left < right ? -1 : 1));
  const offset = new Uint32Array(sorted.length + 1);
  sorted.forEach(([prefix], index) => (offset[index + 1] = offset[index] + prefix.length));
  return {
    count: sorted.length,
    digits: new TextEncoder().encode(sorted.map(([prefix]) => prefix).join('')),
    offset,
    zoneNo: Uint16Array.from(sorted, ([, zoneNo]) => zoneNo),
    zones: zoneNames,
  };
}

export function prefixText(plan: NumberingPlan, index: number): string {
  return new TextDecoder().decode(plan.digits.subarray(plan.offset[index], plan.offset[index + 1]));
}
