/** Components of a month that work with curves and registers: demand, percentile, reactive energy, losses, net metering. */
import { fields, type Fields } from '../model/document.ts';
import type { Random } from './random.ts';

export interface MeteredWords {
  price(): Fields;
  where(): Fields;
  /** There are `tiers` that flows can go into, and they have one line. */
  tiers: boolean;
}

export function randomMetered(random: Random, tariff: Fields, words: MeteredWords): Fields {
  if (tariff.service === 'data') return random.chance(0.5) ? { percentile: [randomPercentile(random)] } : {};
  if (tariff.service !== 'electricity') return {};
  const registers = Object.keys(fields(tariff.registers));
  return {
    ...(random.chance(0.4) ? { demand: [randomDemand(random, registers, words)] } : {}),
    ...(registers.length > 0 && random.chance(0.4) ? { reactive: [randomReactive(random, words)] } : {}),
    ...(random.chance(0.3) ? { losses: [randomLosses(random, registers, words)] } : {}),
    ...(registers.length > 0 && random.chance(0.4) ? { net: [randomNet(random, words)] } : {}),
  };
}

function randomDemand(random: Random, registers: readonly string[], { where }: MeteredWords): Fields {
  const of = random.pick(['maximum', 'maximum', 'excess', 'excess-sum']);
  const contracted = of !== 'maximum' || random.chance(0.5);
  return {
    component: 'demand',
    ...where(),
    ...(random.chance(0.7) ? { window: random.pick(['15min', '30min', '1h', '5min']) } : {}),
    ...(of === 'maximum' && random.chance(0.7) ? {} : { of }),
    ...(contracted ? { contracted: 'contractedKw' } : {}),
    ...(contracted && random.chance(0.4) ? { atLeast: random.pick(['60', '12.5']) } : {}),
    ...(random.chance(0.4)
      ? { ratchet: { percent: random.pick(['80', '33.3']), cycles: String(random.int(1, 3)) } }
      : {}),
    ...(registers.length > 0 && random.chance(0.4)
      ? {
          powerFactor: {
            target: random.pick(['0.95', '0.9']),
            reactive: 'reactive',
            ...(random.chance(0.5) ? { decimals: String(random.int(0, 6)) } : {}),
          },
        }
      : {}),
    price: random.money(20),
    per: random.pick(['1kW', '1MW', '100W']),
  };
}

function randomPercentile(random: Random): Fields {
  return {
    component: 'rate',
    ...(random.chance(0.7) ? { window: random.pick(['5min', '15min', '1h', '12h']) } : {}),
    ...(random.chance(0.7) ? { percent: random.pick(['95', '99.9', '99.5', '100']) } : {}),
    ...(random.chance(0.7) ? { measure: random.pick(['total', 'up', 'down', 'larger']) } : {}),
    price: random.money(20),
    per: random.pick(['1Mbps', '1kbps']),
  };
}

function randomReactive(random: Random, { price }: MeteredWords): Fields {
  return {
    component: 'reactive',
    active: ['day', 'night'],
    reactive: 'reactive',
    allowed: random.pick(['0.4', '0.25', '0']),
    ...(random.chance(0.4) ? { formula: random.pick(['root', 'excess']) } : {}),
    ...(random.chance(0.4) ? { factor: random.pick(['3', '0.5']) } : {}),
    ...price(),
  };
}

function randomLosses(random: Random, registers: readonly string[], { price, where, tiers }: MeteredWords): Fields {
  const transformer: Fields = {
    ratedKva: 'ratedKva',
    noLoadKw: 'noLoadKw',
    loadKw: 'loadKw',
    ...(random.chance(0.5) ? { peakKw: 'peakKw' } : {}),
    ...(registers.length > 0 && random.chance(0.5)
      ? { reactive: 'reactive' }
      : { tanPhi: random.pick(['0.4', '0.75']) }),
  };
  const way = random.next();
  return {
    component: 'losses',
    ...(way < 0.4
      ? { percent: random.pick(['1.5', '3']) }
      : way < 0.6
        ? { percentOf: 'lossPercent' }
        : { transformer }),
    ...where(),
    ...(tiers && random.chance(0.4) ? { into: 'tiers' } : price()),
  };
}

function randomNet(random: Random, { price, tiers }: MeteredWords): Fields {
  return {
    component: 'net',
    import: 'day',
    export: 'night',
    ...(random.chance(0.4) ? { window: random.pick(['15min', '1h']) } : {}),
    ...(random.chance(0.6) ? { bank: String(random.int(1, 4)) } : {}),
    ...(tiers && random.chance(0.3) ? { into: 'tiers' } : price()),
    ...(random.chance(0.5) ? { credit: { component: 'credit', ...price() } } : {}),
  };
}
