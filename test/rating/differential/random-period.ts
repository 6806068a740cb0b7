/** What is settled by the month, or by another cycle. */
import { fields, list, type Fields, type Tree } from '../model/document.ts';
import { pricedAs } from './random-energy.ts';
import { randomMetered } from './random-metered.ts';
import type { Random } from './random.ts';

const UNIT: Record<string, [string, string[]]> = {
  voice: ['1min', ['5min', '90s', '1h', '1s']],
  data: ['1MB', ['10MB', '1GB', '12345B']],
  electricity: ['1kWh', ['100kWh', '1Wh', '1234kWh']],
  gas: ['1m3', ['30m3', '1500l']],
  water: ['1m3', ['30m3', '1l']],
  sms: ['1event', ['10event', '3event']],
};

export function randomPeriod(random: Random, tariff: Fields): Fields {
  const service = pricedAs(tariff);
  const [unit, sizes] = UNIT[service]!;
  const zones = Object.keys(fields(tariff.zones));
  const bands =
    tariff.registers === undefined ? Object.keys(fields(tariff.bands)) : Object.keys(fields(tariff.registers));
  const where = (): Fields => ({
    ...(zones.length > 0 && random.chance(0.4) ? { zones: random.some(zones) } : {}),
    ...(bands.length > 0 && random.chance(0.4) ? { bands: random.some(bands) } : {}),
  });
  const when = (): Fields => (random.chance(0.15) ? { when: { category: random.pick(['a', 'b']) } } : {});
  const price = (): Fields => ({ price: random.money(10), per: unit });
  const several = (name: string, most: number, make: (index: number) => Fields): Fields => {
    const count = random.int(0, most);
    const made = random.times(count, (index) => ({ component: `${name}-${index}`, ...make(index) }));
    return made.length === 0 ? {} : { [listOf(name)]: made };
  };
  // Documents and what is taken of other lines go by the cycle; the model has one for all.
  const apart = fields(tariff.rounding).at !== 'document' && random.chance(0.3);
  const period: Fields = {
    ...several('fee', 2, () => ({
      amount: random.money(100),
      ...when(),
      ...(random.chance(0.1)
        ? { once: 'true' }
        : {
            ...(random.chance(0.3) ? { times: 'persons' } : {}),
            ...(random.chance(0.5) ? { prorate: random.pick(['days', '30-days', 'started', 'none']) } : {}),
            ...(random.chance(0.3) ? { per: random.pick(['cycle', 'month', 'day', 'year']) } : {}),
            ...(apart && random.chance(0.5) ? randomCycle(random) : {}),
          }),
    })),
    ...several('allowance', 2, () => ({
      quantity: random.pick(sizes),
      ...where(),
      ...(random.chance(0.2) ? { expires: String(random.int(5, 20)) } : {}),
      ...(random.chance(0.3) ? { prorate: random.pick(['days', 'none']) } : {}),
      ...(random.chance(0.2) ? { times: 'persons' } : {}),
      ...(random.chance(0.3) ? { priority: String(random.int(0, 2)) } : {}),
      ...(random.chance(0.3) ? { rollover: randomRollover(random, sizes) } : {}),
    })),
  };
  if (random.chance(0.4)) period.tiers = [randomTiers(random, unit, sizes, where(), bands)];
  if (random.chance(0.2)) {
    period.norms = [
      {
        component: 'norm',
        quantity: random.pick(sizes),
        ...price(),
        ...(random.chance(0.5) ? { times: 'persons' } : {}),
        ...(random.chance(0.3) ? { unless: 'metered' } : {}),
        ...(random.chance(0.4) ? { prorate: random.pick(['days', '30-days', 'started', 'none']) } : {}),
      },
    ];
  }
  Object.assign(period, randomMetered(random, tariff, { price, where, tiers: fillsTogether(period) }));
  if (apart) return period;
  if (random.chance(0.2)) period.surcharges = [{ component: 'surcharge', percent: random.pick(['3', '7.5']) }];
  if (random.chance(0.3)) {
    period.discounts = [
      {
        component: 'discount',
        percent: random.pick(['10', '2.5']),
        ...(random.chance(0.5) ? { above: random.money(50, 2), mode: random.pick(['whole', 'rest']) } : {}),
      },
    ];
  }
  if (random.chance(0.2)) period.benefits = [randomBenefit(random, sizes)];
  if (random.chance(0.2)) {
    period.commitments = [
      {
        component: 'commitment',
        [random.pick(['minimum', 'maximum'])]: random.money(200, 2),
        ...(random.chance(0.4) ? { prorate: random.pick(['days', 'none']) } : {}),
      },
    ];
  }
  const settled = ['day', 'line', 'document'].includes(fields(tariff.rounding).at as string);
  if (settled && random.chance(0.15)) {
    const rates = { '2000-01-01': '0.9', '2026-03-10': '1.0375', '2026-10-31': '0.025', '2026-12-02': '41.2345' };
    period.exchange = { to: 'EUR', rates, ...(random.chance(0.5) ? { at: random.pick(['start', 'end']) } : {}) };
  }
  return period;
}

const LISTS: Record<string, string> = { fee: 'fees', allowance: 'allowances' };
const listOf = (name: string): string => LISTS[name]!;

function fillsTogether({ tiers }: Fields): boolean {
  return tiers !== undefined && list(tiers).every((one) => (fields(one).fill ?? 'together') === 'together');
}

/** At most one of each ends in a month: tests cannot tell lines of two cycles apart. */
function randomCycle(random: Random): Fields {
  return {
    cycle: random.pick<Tree>(['year', { days: '45', from: '2026-01-06' }, { starts: ['04-15', '10-15'] }]),
    ...(random.chance(0.5) ? { billed: random.pick(['start', 'end']) } : {}),
  };
}

function randomRollover(random: Random, sizes: string[]): Fields {
  return {
    cycles: String(random.int(1, 4)),
    ...(random.chance(0.3) ? { atMost: random.pick(sizes) } : {}),
  };
}

function randomTiers(random: Random, unit: string, sizes: string[], where: Fields, bands: string[]): Fields {
  const fill = random.pick(['together', 'shares', 'order', 'apart']);
  const [first] = sizes;
  const byBand = bands.length > 0 && where.bands === undefined && fill !== 'together' && random.chance(0.3);
  const price = (): Fields =>
    byBand
      ? { prices: Object.fromEntries(bands.map((band): [string, Tree] => [band, random.money(10)])) }
      : { price: random.money(10) };
  const step = (): Fields => ({
    ...price(),
    per: unit,
    ...(fill === 'together' && random.chance(0.2) ? { unit: random.pick(['started', 'full']) } : {}),
    ...(fill === 'together' && random.chance(0.2) ? { amount: random.money(20) } : {}),
  });
  const coefficients = bands.length > 0 && fill !== 'together' && random.chance(0.3);
  return {
    component: 'tiers',
    ...where,
    ...(coefficients
      ? { coefficients: Object.fromEntries(bands.map((band) => [band, random.pick(['0.4', '1.5', '1'])])) }
      : {}),
    ...(random.chance(0.3) ? { mode: random.pick(['graduated', 'whole']) } : {}),
    ...(random.chance(0.3) ? { adds: 'true' } : {}),
    ...(random.chance(0.5) ? { limits: random.pick(['days', '30-days', 'none']) } : {}),
    ...(fill === 'together' && random.chance(0.5) ? {} : { fill }),
    steps: [{ upTo: first!, ...step() }, step()],
  };
}

function randomBenefit(random: Random, sizes: string[]): Fields {
  return {
    component: 'benefit',
    payer: 'budget',
    attribute: 'category',
    categories: { a: '50', b: '75' },
    ...(random.chance(0.5)
      ? {
          norm: {
            quantity: sizes[0]!,
            each: sizes[1]!,
            times: 'persons',
            ...(random.chance(0.3) ? { included: String(random.int(0, 3)) } : {}),
            ...(random.chance(0.3) ? { atMost: random.pick(sizes) } : {}),
          },
        }
      : {}),
  };
}
