/** How much of a usage an amount of money pays for: what is authorised before a session, and up to a cap that ends it. */
import type { Ratio } from '../arithmetic/ratio.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { priceUsage } from './price.ts';
import { Priced } from './priced.ts';

export interface Wanted {
  startMs: number;
  zone: number;
  band: number;
  /** Base units. */
  quantity: number;
  /** Where conditions are asked. */
  asked: Priced['asked'];
}

/**
 * The largest quantity up to the wanted one whose exact price is at most `limit` (micro-units), and within the cap of a
 * rule whose price says `disconnect`. -1: not even the setup fee is paid for, or there is no price.
 */
export function authorise(tariff: CompiledTariff, wanted: Wanted, limit: Ratio | null): number {
  const priced = new Priced();
  priced.asked = wanted.asked;
  const paidFor = (quantity: number): boolean => {
    priced.reset();
    priced.zone = wanted.zone;
    priced.band = wanted.band;
    priced.of(wanted.startMs, wanted.startMs, quantity, 0);
    priceUsage(tariff, priced, null);
    if (priced.code !== 0) return false;
    const { cap, atCap } = tariff.model.rules[priced.rule].price;
    const limits = [limit, atCap === 'disconnect' ? cap : null];
    return limits.every((one) => one === null || priced.numerator() * one.den <= one.num * tariff.prices.denominator);
  };
  if (!paidFor(0)) return -1;
  let [low, high] = [0, wanted.quantity];
  while (low < high) {
    const middle = high - Math.floor((high - low) / 2);
    if (paidFor(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
