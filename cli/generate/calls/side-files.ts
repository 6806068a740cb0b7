/** What a large file of calls needs to be rated: who the callers are, the zones, their prices. */
import type { Random } from '../../../platform/random.ts';
import { FIRST_CALLER } from './call-lines.ts';
import { prefixText, type NumberingPlan } from './prefixes.ts';

export const TARIFF_NAME = 'calls';
/** First block and step of the tariff: a minute, then seconds. */
export const FIRST_SECONDS = 60;

/** `registry.csv`: one account with one number for each caller. */
export function* registryRows(accounts: number): Generator<string> {
  yield 'party_id,party_name,account_id,currency,time_zone,subscription_id,number,tariff:retail:voice\n';
  for (let n = 1; n <= accounts; n++) {
    const id = String(n).padStart(7, '0');
    yield `P-${id},Customer ${id},A-${id},UAH,Europe/Kyiv,S-${id},${FIRST_CALLER + n},${TARIFF_NAME}\n`;
  }
}

/** `zones.csv`, as tariffs read it. */
export function* zoneRows(plan: NumberingPlan): Generator<string> {
  yield 'prefix,zone\n';
  for (let i = 0; i < plan.count; i++) yield `${prefixText(plan, i)},${plan.zones[plan.zoneNo[i]]}\n`;
}

/** Price of a minute per zone, in whole kopecks: no rounding hides in a comparison. */
export function zonePrices(random: Random, plan: NumberingPlan): Map<string, number> {
  const zones = [...new Set(plan.zoneNo)].sort((left, right) => left - right).map((zoneNo) => plan.zones[zoneNo]);
  return new Map(zones.map((zone) => [zone, random.between(10, 900)]));
}

const money = (kopecks: number): string => (kopecks / 100).toFixed(2);

/** `prices.csv`: the same prices as the tariff's, for whoever wants to compute them in another way. */
export function priceRows(prices: ReadonlyMap<string, number>): string {
  return 'zone,pricePerMinute\n' + [...prices].map(([zone, price]) => `${zone},${money(price)}\n`).join('');
}

/** The tariff: a price per zone, the first minute whole, then seconds; rounded per call to six decimals. */
export function tariffText(prices: ReadonlyMap<string, number>, effective: string): string {
  const rules = [...prices].map(
    ([zone, price]) =>
      `  - { zone: '${zone}', price: { price: ${money(price)}, per: 1min, first: ${FIRST_SECONDS}s, then: 1s } }\n`,
  );
  return `# Made by \`tollgrid generate\`: prices are drawn at random.
name: ${TARIFF_NAME}
title: Generated calls
effective: ${effective}
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 6 }
zonesFile: zones.csv
rules:
${rules.join('')}`;
}
