/** The price of a rule: which keys go with which service, and their exact values. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFilePrice } from '../../schemas/tariff.ts';
import { microsRatio, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { MistakeList } from './mistakes.ts';
import type { PriceModel } from './model.ts';
import { parseQuantity } from './quantities.ts';

type Path = readonly (string | number)[];

const NOTHING: Ratio = { num: 0n, den: 1n };

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

export function readPrice(price: TariffFilePrice, base: BaseUnit, path: Path, mistakes: MistakeList): PriceModel {
  for (const [key, bases] of Object.entries(KEYS_FOR)) {
    if (price[key as keyof TariffFilePrice] !== undefined && !bases.includes(base)) {
      mistakes.add([...path, key], `\`${key}\` has no meaning for ${WHAT[base]}.`, 'Remove it.');
    }
  }
  const quantity = (key: 'per' | 'first' | 'then' | 'step' | 'freeUnder', fallback: number): number => {
    const text = price[key];
    return text === undefined ? fallback : readQuantity(text, base, [...path, key], mistakes, key !== 'freeUnder');
  };
  const per = quantity('per', 1);
  const amount = microsRatio(price.price);
  const counted = base === 'ms' ? quantity('then', 1) : countedStep(price, quantity, per, path, mistakes);
  const first = base === 'ms' ? quantity('first', counted) : counted;
  const rate = ratio(amount.num, amount.den * BigInt(per));
  if (price.firstPrice !== undefined && price.first === undefined) {
    mistakes.add([...path, 'firstPrice'], '`firstPrice` is the price of `first`, which is missing.', 'Add `first`.');
  }
  return {
    text: { price: price.price, per: price.per, firstPrice: price.firstPrice ?? '' },
    setup: microsRatio(price.setup ?? '0'),
    minimum: microsRatio(price.minimum ?? '0'),
    firstExtra: price.firstPrice === undefined ? NOTHING : firstExtra(microsRatio(price.firstPrice), rate, first),
    rate,
    first,
    step: counted,
    count: price.unit === 'full' ? 'full' : 'started',
    measure: price.measure ?? 'total',
    freeUnder: quantity('freeUnder', 0),
  };
}

function firstExtra(price: Ratio, rate: Ratio, first: number): Ratio {
  return ratio(price.num * rate.den - rate.num * BigInt(first) * price.den, price.den * rate.den);
}

function countedStep(
  price: TariffFilePrice,
  quantity: (key: 'step', fallback: number) => number,
  per: number,
  path: Path,
  mistakes: MistakeList,
): number {
  if (price.unit === 'full' || price.unit === 'started') return quantity('step', per);
  if (price.step !== undefined) {
    mistakes.add(
      [...path, 'step'],
      '`step` says nothing when the quantity is counted exactly.',
      'Add `unit: started` or `unit: full`.',
    );
  }
  return 1;
}

/** Base units; 1 stands in for a mistake, so that reading can go on. */
export function readQuantity(
  text: string,
  base: BaseUnit,
  path: Path,
  mistakes: MistakeList,
  positive: boolean,
): number {
  const value = parseQuantity(text, base);
  if (typeof value === 'string') {
    mistakes.add(path, value, 'Write a number and a unit of the service, for example `1min`, `1MB`, `1kWh`, `1m3`.');
    return 1;
  }
  if (positive && value === 0) {
    mistakes.add(path, 'It must be more than zero.', 'Write how much is counted at once.');
    return 1;
  }
  return value;
}
