/** Keys of a price that do not go together. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFilePrice } from '../../schemas/tariff.ts';
import { isLess } from '../arithmetic/ratio.ts';
import type { MistakeList } from './mistakes.ts';
import type { PriceModel } from './model.ts';

type Path = readonly (string | number)[];

/** Keys that make sense for some base units only. */
const KEYS_FOR: Partial<Record<keyof TariffFilePrice, readonly BaseUnit[]>> = {
  first: ['ms'],
  firstPrice: ['ms'],
  then: ['ms'],
  measure: ['bytes'],
  unit: ['bytes', 'Wh', 'litres', 'events'],
  step: ['bytes', 'Wh', 'litres', 'events'],
};
const WHAT: Record<BaseUnit, string> = { ms: 'time', bytes: 'data', Wh: 'energy', litres: 'volume', events: 'events' };

export function checkPriceKeys(price: TariffFilePrice, base: BaseUnit, path: Path, mistakes: MistakeList): void {
  for (const [key, bases] of Object.entries(KEYS_FOR)) {
    if (price[key as keyof TariffFilePrice] !== undefined && !bases.includes(base)) {
      mistakes.add([...path, key], `\`${key}\` has no meaning for ${WHAT[base]}.`, 'Remove it.');
    }
  }
  const ways = (['price', 'share', 'tiers', 'series'] as const).filter((key) => price[key] !== undefined);
  const together = ways.join(' ');
  if (ways.length === 0) mistakes.add(path, '`price` is missing.', 'Add it.');
  else if (ways.length > 1 && together !== 'price series') {
    const [first, second] = ways;
    mistakes.add([...path, second], `\`${second}\` stands in place of \`${first}\`.`, 'Keep one of them.');
  }
  if (price.tiers !== undefined && price.per !== undefined) {
    mistakes.add([...path, 'per'], 'With `tiers` each tier has its own `per`.', 'Remove it.');
  }
  if (price.tiers === undefined && price.per === undefined && (together !== 'series' || price.price !== undefined)) {
    if (ways.length > 0) mistakes.add(path, '`per` is missing.', 'Add it.');
  }
  if (price.series === undefined && price.price?.startsWith('-') === true) {
    mistakes.add(
      [...path, 'price'],
      'This is not written as expected.',
      'Write an amount: digits with an optional decimal point; only with `series` it may be negative.',
    );
  }
  const needs: [keyof TariffFilePrice, keyof TariffFilePrice, string][] = [
    ['firstPrice', 'first', '`firstPrice` is the price of `first`, which is missing.'],
    ['atCap', 'cap', '`atCap` is for `cap`, which is missing.'],
    ['whole', 'tiers', '`whole` is for `tiers`, which are missing.'],
  ];
  for (const [key, other, problem] of needs) {
    if (price[key] !== undefined && price[other] === undefined) {
      mistakes.add([...path, key], problem, `Add \`${other}\`.`);
    }
  }
  if (price.firstPrice !== undefined && (price.tiers !== undefined || price.series !== undefined)) {
    mistakes.add(
      [...path, 'firstPrice'],
      'The first block already has the price of its time or tier.',
      'Make it the first tier, or remove it.',
    );
  }
}

export function checkCap({ cap, minimum }: PriceModel, path: Path, mistakes: MistakeList): void {
  if (cap === null || !isLess(cap, minimum)) return;
  mistakes.add([...path, 'cap'], 'The cap is below the minimum.', 'Raise one or lower the other.');
}
