/**
 * Prices of all rules of a tariff version over one common denominator, so that parts of a usage with different `per`
 * add up exactly as whole numbers. An amount in here is a whole number of 1/denominator micro-units.
 */
import { lcm, type Ratio } from '../arithmetic/ratio.ts';
import { MEASURES, type RuleModel } from '../language/index.ts';

export interface PriceTable {
  readonly denominator: bigint;
  /** By rule. Values that are no safe integer are NaN: any sum with them takes the exact path. */
  readonly rate: Float64Array;
  readonly setup: Float64Array;
  readonly minimum: Float64Array;
  /** Added once a quantity is priced; may be negative. */
  readonly firstExtra: Float64Array;
  readonly rateExact: readonly bigint[];
  readonly setupExact: readonly bigint[];
  readonly minimumExact: readonly bigint[];
  readonly firstExtraExact: readonly bigint[];
  /** Base units. */
  readonly first: Float64Array;
  readonly step: Float64Array;
  readonly freeUnder: Float64Array;
  /** 1 = a started step does not count. */
  readonly full: Uint8Array;
  /** Index in MEASURES. */
  readonly measure: Uint8Array;
}

export function buildPriceTable(rules: readonly RuleModel[]): PriceTable {
  const prices = rules.map((rule) => rule.price);
  const denominator = prices
    .flatMap((price) => [price.rate.den, price.setup.den, price.minimum.den, price.firstExtra.den])
    .reduce(lcm, 1n);
  const scaled = (of: (price: RuleModel['price']) => Ratio) =>
    prices.map((price) => (of(price).num * denominator) / of(price).den);
  const [rateExact, setupExact, minimumExact, firstExtraExact] = [
    scaled((price) => price.rate),
    scaled((price) => price.setup),
    scaled((price) => price.minimum),
    scaled((price) => price.firstExtra),
  ];
  return {
    denominator,
    rate: Float64Array.from(rateExact, safeNumber),
    setup: Float64Array.from(setupExact, safeNumber),
    minimum: Float64Array.from(minimumExact, safeNumber),
    firstExtra: Float64Array.from(firstExtraExact, safeNumber),
    rateExact,
    setupExact,
    minimumExact,
    firstExtraExact,
    first: Float64Array.from(prices, (price) => price.first),
    step: Float64Array.from(prices, (price) => price.step),
    freeUnder: Float64Array.from(prices, (price) => price.freeUnder),
    full: Uint8Array.from(prices, (price) => (price.count === 'full' ? 1 : 0)),
    measure: Uint8Array.from(prices, (price) => MEASURES.indexOf(price.measure)),
  };
}

/** The number, or NaN when a double cannot hold it. Comparing with NaN is false: whoever asks "does it fit?" gets no. */
export function safeNumber(value: bigint): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : NaN;
}
