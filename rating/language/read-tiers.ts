/** `tiers` of a price: steps inside one usage. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFilePrice } from '../../schemas/tariff.ts';
import { microsRatio, product, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { MistakeList } from './mistakes.ts';
import type { TierModel } from './model.ts';
import { readQuantity } from './read-price.ts';

type Path = readonly (string | number)[];

export function readTiers(
  price: TariffFilePrice,
  base: BaseUnit,
  step: number,
  factor: Ratio,
  path: Path,
  mistakes: MistakeList,
): TierModel[] {
  let before = 0;
  const tiers = price.tiers ?? [];
  return tiers.map((tier, index) => {
    const at = [...path, 'tiers', index];
    const read = (key: 'upTo' | 'per' | 'then', fallback: number) => {
      const text = tier[key];
      return text === undefined ? fallback : readQuantity(text, base, [...at, key], mistakes, true);
    };
    const last = index === tiers.length - 1;
    if (last !== (tier.upTo === undefined)) {
      mistakes.add(
        [...at, 'upTo'],
        last ? 'The last tier ends, and nothing prices what is above it.' : 'Only the last tier has no end.',
        last ? 'Remove `upTo` of the last tier.' : 'Add `upTo`.',
      );
    }
    if (tier.then !== undefined && base !== 'ms') {
      mistakes.add([...at, 'then'], '`then` is for time.', 'Write `unit` and `step` beside `tiers`.');
    }
    const upTo = read('upTo', Infinity);
    if (upTo <= before) mistakes.add([...at, 'upTo'], 'It is not above the tier before.', 'Sort the tiers by `upTo`.');
    before = upTo;
    const amount = microsRatio(tier.price);
    return {
      text: { price: tier.price, per: tier.per },
      upTo,
      rate: product(ratio(amount.num, amount.den * BigInt(read('per', 1))), factor),
      step: read('then', step),
    };
  });
}
