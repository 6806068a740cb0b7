/** Rules by what they are for, price by price. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFilePrice, TariffFileRule } from '../../schemas/tariff.ts';
import { priceWords, valueWords, whereWords } from '../language/index.ts';
import type { Changes } from './changes.ts';
import { sameValue } from './values.ts';

/** The unit of a price is told with it, and so is the series it comes from. */
const AMOUNT_KEYS: readonly string[] = ['price', 'per'];

export function compareRules(
  one: readonly TariffFileRule[],
  other: readonly TariffFileRule[],
  base: BaseUnit,
  changes: Changes,
): void {
  const [before, after] = [byPlace(one), byPlace(other)];
  for (const [place, rule] of before) {
    const now = after.get(place);
    if (now === undefined) changes.add(place, '', priceWords(rule.price), null);
    else comparePrices(place, rule.price, now.price, base, changes);
  }
  for (const [place, rule] of after) {
    if (!before.has(place)) changes.add(place, '', null, priceWords(rule.price));
  }
  const common = (places: Iterable<string>, others: ReadonlyMap<string, unknown>): string[] =>
    [...places].filter((place) => others.has(place));
  const [first, second] = [common(before.keys(), after), common(after.keys(), before)];
  const moved = first.findIndex((place, index) => second[index] !== place);
  // The first rule that fits a usage prices it: another order can mean other prices.
  if (moved !== -1) changes.add('order of the rules', '', `${first[moved]} first`, `${second[moved]} first`);
}

/** Two rules for the same are numbered: the second one is never reached, or has conditions that words do not tell apart. */
function byPlace(rules: readonly TariffFileRule[]): Map<string, TariffFileRule> {
  const places = new Map<string, TariffFileRule>();
  for (const rule of rules) {
    const place = whereWords(rule);
    let name = place;
    for (let number = 2; places.has(name); number++) name = `${place} (${number})`;
    places.set(name, rule);
  }
  return places;
}

function comparePrices(
  place: string,
  one: TariffFilePrice,
  other: TariffFilePrice,
  base: BaseUnit,
  changes: Changes,
): void {
  const amount = ({ price, per }: TariffFilePrice): string | null =>
    price === undefined ? null : [price, ...(per === undefined ? [] : [`per ${per}`])].join(' ');
  if (!AMOUNT_KEYS.every((key) => same(one, other, key, base))) changes.add(place, 'price', amount(one), amount(other));
  const keys = new Set([...Object.keys(one), ...Object.keys(other)].filter((key) => !AMOUNT_KEYS.includes(key)));
  for (const key of keys) {
    if (!same(one, other, key, base)) changes.add(place, key, written(one, key), written(other, key));
  }
}

function same(one: object, other: object, key: string, base: BaseUnit): boolean {
  return sameValue((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key], base);
}

function written(value: object, key: string): string | null {
  const found = (value as Record<string, unknown>)[key];
  return found === undefined ? null : valueWords(found);
}
