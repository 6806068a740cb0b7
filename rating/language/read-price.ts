/** The price of a rule: which keys go with which service, and their exact values. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFilePrice } from '../../schemas/tariff.ts';
import { decimalRatio, microsRatio, product, ratio, ONE, NOTHING, type Ratio } from '../arithmetic/ratio.ts';
import type { MistakeList } from './mistakes.ts';
import type { PriceModel, SeriesModel } from './model.ts';
import { parseQuantity } from './quantities.ts';
import { checkCap, checkPriceKeys } from './price-checks.ts';
import { readTiers } from './read-tiers.ts';

type Path = readonly (string | number)[];
type QuantityKey = 'per' | 'first' | 'then' | 'step' | 'freeUnder';

export function readPrice(
  price: TariffFilePrice,
  base: BaseUnit,
  series: readonly SeriesModel[],
  path: Path,
  mistakes: MistakeList,
): PriceModel {
  checkPriceKeys(price, base, path, mistakes);
  const quantity = (key: QuantityKey, fallback: number): number => {
    const text = price[key];
    return text === undefined ? fallback : readQuantity(text, base, [...path, key], mistakes, key !== 'freeUnder');
  };
  const factor = factorOf(price, path, mistakes);
  const timed = base === 'ms';
  const step = timed ? quantity('then', 1) : countedStep(price, quantity, path, mistakes);
  const tiers = readTiers(price, base, step, factor, path, mistakes);
  // In tiers the first step is that of its tier.
  const first = timed ? quantity('first', tiers.length > 0 ? 0 : step) : step;
  const rate = tiers.length > 0 ? tiers[0].rate : product(rateOf(price, quantity), factor);
  const { setup, firstPrice } = price;
  const model: PriceModel = {
    text: {
      price: tiers.length > 0 ? tiers[0].text.price : (price.price ?? '0'),
      per: tiers.length > 0 ? tiers[0].text.per : (price.per ?? ''),
      firstPrice: firstPrice ?? '',
      percent: price.percent ?? '',
      share: price.share === undefined ? '' : `${price.share.percent} % of ${price.share.of}`,
    },
    setup: product(microsRatio(setup ?? '0'), factor),
    minimum: microsRatio(price.minimum ?? '0'),
    cap: price.cap === undefined ? null : microsRatio(price.cap),
    atCap: price.atCap ?? 'free',
    firstExtra: firstPrice === undefined ? NOTHING : firstExtra(product(microsRatio(firstPrice), factor), rate, first),
    rate,
    first,
    step,
    count: price.unit === 'full' ? 'full' : 'started',
    measure: price.measure ?? 'total',
    freeUnder: quantity('freeUnder', 0),
    tiers,
    whole: price.whole ?? false,
    series: seriesOf(price, series, path, mistakes),
    factor,
  };
  checkCap(model, path, mistakes);
  return model;
}

/** 1 + percent / 100. */
function factorOf({ percent }: TariffFilePrice, path: Path, mistakes: MistakeList): Ratio {
  if (percent === undefined) return ONE;
  const { num, den } = decimalRatio(percent);
  const factor = ratio(100n * den + num, 100n * den);
  if (factor.num >= 0n) return factor;
  mistakes.add([...path, 'percent'], 'A discount takes off 100 % at most.', 'Write -100 for a price of nothing.');
  return ONE;
}

/** Micro-units per base unit, as written: without `percent`. */
function rateOf(price: TariffFilePrice, quantity: (key: 'per', fallback: number) => number): Ratio {
  const { share } = price;
  const amount =
    share === undefined
      ? microsRatio(price.price ?? '0')
      : product(microsRatio(share.of), product(decimalRatio(share.percent), { num: 1n, den: 100n }));
  return ratio(amount.num, amount.den * BigInt(quantity('per', 1)));
}

function firstExtra(price: Ratio, rate: Ratio, first: number): Ratio {
  return ratio(price.num * rate.den - rate.num * BigInt(first) * price.den, price.den * rate.den);
}

function seriesOf(
  { series: name }: TariffFilePrice,
  series: readonly SeriesModel[],
  path: Path,
  mistakes: MistakeList,
): number {
  if (name === undefined) return -1;
  const number = series.findIndex((one) => one.name === name);
  if (number === -1) {
    const known = series.map((one) => one.name).join(', ');
    mistakes.add(
      [...path, 'series'],
      `There is no series \`${name}\`.`,
      known === '' ? 'Add it to `series`.' : `Known: ${known}.`,
    );
  }
  return number;
}

function countedStep(
  price: TariffFilePrice,
  quantity: (key: 'step' | 'per', fallback: number) => number,
  path: Path,
  mistakes: MistakeList,
): number {
  if (price.unit === 'full' || price.unit === 'started') {
    if (price.tiers === undefined || price.step !== undefined) return quantity('step', quantity('per', 1));
    mistakes.add([...path, 'unit'], 'With `tiers` there is no `per` to count in.', 'Add `step`.');
    return 1;
  }
  if (price.step !== undefined) {
    mistakes.add(
      [...path, 'step'],
      '`step` says nothing when the quantity is counted exactly.',
      'Add `unit: started` or `unit: full`.',
    );
  }
  return 1;
}

const EXAMPLE: Record<BaseUnit, string> = { ms: '1min', bytes: '1MB', Wh: '1kWh', litres: '1m3', events: '1' };

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
    mistakes.add(path, value, `Write a number and a unit of the service, for example \`${EXAMPLE[base]}\`.`);
    return 1;
  }
  if (positive && value === 0) {
    mistakes.add(path, 'It must be more than zero.', 'Write how much is counted at once.');
    return 1;
  }
  return value;
}
