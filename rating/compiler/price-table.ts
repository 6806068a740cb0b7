/**
 * Prices of all rules of a tariff version over one common denominator, so that parts of a usage with different `per`
 * add up exactly as whole numbers. An amount in here is a whole number of 1/denominator micro-units.
 *
 * A row is a price for a quantity: row r < rules is rule r's own price, and behind them stand the rows of tiers.
 */
import { lcm, type Ratio } from '../arithmetic/ratio.ts';
import { MEASURES, type RuleModel, type SeriesModel } from '../language/index.ts';

export interface PriceTable {
  readonly denominator: bigint;
  /** By row. Values that are no safe integer are NaN: any sum with them takes the exact path. */
  readonly rate: Float64Array;
  readonly rateExact: readonly bigint[];
  /** By row, base units. */
  readonly step: Float64Array;
  /** By rule, and so are all of the following. */
  readonly setup: Float64Array;
  readonly minimum: Float64Array;
  /** Added once a quantity is priced; may be negative. */
  readonly firstExtra: Float64Array;
  readonly setupExact: readonly bigint[];
  readonly minimumExact: readonly bigint[];
  readonly firstExtraExact: readonly bigint[];
  /** Null = none, or one that does not limit a finished usage. */
  readonly capExact: readonly (bigint | null)[];
  /** Base units. */
  readonly first: Float64Array;
  readonly freeUnder: Float64Array;
  /** 1 = a started step does not count. */
  readonly full: Uint8Array;
  /** Index in MEASURES. */
  readonly measure: Uint8Array;
  /** 1 = the price has tiers, a cap or a series, or the usage is divided: it takes the longer way. */
  readonly complex: Uint8Array;
  /** First row of the rule's tiers, and how many there are. */
  readonly tierRow: Int32Array;
  readonly tierCount: Uint16Array;
  /** By row: where a tier ends, base units; Infinity for other rows. */
  readonly tierEnd: Float64Array;
  readonly whole: Uint8Array;
  /** Null = no series. */
  readonly series: readonly (SeriesTable | null)[];
}

/** The rates of a rule by time. */
export interface SeriesTable {
  readonly fromMs: number;
  readonly everyMs: number;
  /** NaN where there is no price, or none that is a safe integer; then `exact` tells. */
  readonly rate: Float64Array;
  exact(index: number): bigint | null;
}

export interface PriceContext {
  series: readonly SeriesModel[];
  /** Which rules take the longer way: those that need it, all when one does, or all. */
  longer: 'own' | 'any' | 'all';
}

export function buildPriceTable(rules: readonly RuleModel[], { series, longer }: PriceContext): PriceTable {
  const prices = rules.map((rule) => rule.price);
  const tiers = prices.flatMap((price) => price.tiers);
  const rates = [...prices.map((price) => price.rate), ...tiers.map((tier) => tier.rate)];
  const denominator = [
    ...prices.flatMap((price) => [price.setup.den, price.minimum.den, price.firstExtra.den, price.cap?.den ?? 1n]),
    ...prices.map((price) => seriesDenominator(price, series)),
    ...rates.map((rate) => rate.den),
  ].reduce(lcm, 1n);
  const scaled = ({ num, den }: Ratio) => (num * denominator) / den;
  const rateExact = rates.map(scaled);
  const [setupExact, minimumExact, firstExtraExact] = [
    prices.map((price) => scaled(price.setup)),
    prices.map((price) => scaled(price.minimum)),
    prices.map((price) => scaled(price.firstExtra)),
  ];
  const complex = prices.map((price) => price.tiers.length > 0 || price.cap !== null || price.series >= 0);
  const everyComplex = longer === 'all' || (longer === 'any' && complex.includes(true));
  let tierRow = prices.length;
  return {
    denominator,
    rate: Float64Array.from(rateExact, safeNumber),
    rateExact,
    step: Float64Array.from([...prices.map((price) => price.step), ...tiers.map((tier) => tier.step)]),
    setup: Float64Array.from(setupExact, safeNumber),
    minimum: Float64Array.from(minimumExact, safeNumber),
    firstExtra: Float64Array.from(firstExtraExact, safeNumber),
    setupExact,
    minimumExact,
    firstExtraExact,
    capExact: prices.map(({ cap, atCap }) => (cap === null || atCap === 'disconnect' ? null : scaled(cap))),
    first: Float64Array.from(prices, (price) => price.first),
    freeUnder: Float64Array.from(prices, (price) => price.freeUnder),
    full: Uint8Array.from(prices, (price) => (price.count === 'full' ? 1 : 0)),
    measure: Uint8Array.from(prices, (price) => MEASURES.indexOf(price.measure)),
    // A divided usage can pass from one rule to another: all of them take the same way then.
    complex: Uint8Array.from(complex, (one) => (one || everyComplex ? 1 : 0)),
    tierRow: Int32Array.from(prices, (price) => (tierRow += price.tiers.length) - price.tiers.length),
    tierCount: Uint16Array.from(prices, (price) => price.tiers.length),
    tierEnd: Float64Array.from([...prices.map(() => Infinity), ...tiers.map((tier) => tier.upTo)]),
    whole: Uint8Array.from(prices, (price) => (price.whole ? 1 : 0)),
    series: prices.map((price, rule) => seriesTable(price, series, rateExact[rule], denominator)),
  };
}

function seriesDenominator(price: RuleModel['price'], series: readonly SeriesModel[]): bigint {
  if (price.series < 0) return 1n;
  const { denominator, per } = series[price.series];
  return denominator * BigInt(per) * price.factor.den;
}

/** What the rule adds (`base`) is in the rates. */
function seriesTable(
  price: RuleModel['price'],
  series: readonly SeriesModel[],
  base: bigint,
  denominator: bigint,
): SeriesTable | null {
  if (price.series < 0) return null;
  const { fromMs, everyMs, prices } = series[price.series];
  const scale = (price.factor.num * denominator) / seriesDenominator(price, series);
  const exact = (index: number): bigint | null => {
    const value = prices[index] ?? null;
    return value === null ? null : value * scale + base;
  };
  const rate = Float64Array.from(prices, (_, index) => {
    const value = exact(index);
    return value === null ? NaN : safeNumber(value);
  });
  return { fromMs, everyMs, rate, exact };
}

/** The number, or NaN when a double cannot hold it. Comparing with NaN is false: whoever asks "does it fit?" gets no. */
export function safeNumber(value: bigint): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : NaN;
}
