/** Prices of rules. */
import type { Fields } from '../model/document.ts';
import type { Random } from './random.ts';

const PER: Record<string, string[]> = {
  voice: ['1min', '60s', '1s', '7s', '1h', '6s'],
  data: ['1MB', '1kB', '1MiB', '10MB', '1GB'],
  electricity: ['1kWh', '1MWh', '100kWh', '3kWh'],
  gas: ['1m3', '10m3'],
  water: ['1m3', '3l'],
  sms: ['1event', '10event', '3event'],
};
const STEP: Record<string, string[]> = {
  voice: ['1s', '6s', '10s', '30s', '60s', '90s'],
  data: ['1kB', '64kB', '1MB', '100B', '1MiB'],
  electricity: ['1kWh', '100Wh', '7Wh'],
  gas: ['1m3', '100l'],
  water: ['1m3', '7l'],
  sms: ['1event', '5event'],
};
const SMALL: Record<string, string> = {
  voice: '4s',
  data: '513B',
  electricity: '50Wh',
  gas: '5l',
  water: '5l',
  sms: '2event',
};
/** Ends of tiers, ascending. */
const BORDERS: Record<string, string[]> = {
  voice: ['20s', '1min', '90s', '5min', '20min'],
  data: ['1kB', '250kB', '1MB', '5MiB', '1GB'],
  electricity: ['50Wh', '1kWh', '100kWh', '999kWh'],
  gas: ['7l', '1m3', '100m3'],
  water: ['7l', '1m3', '100m3'],
  sms: ['1event', '7event', '10event'],
};

export interface PriceOptions {
  /** Tiers that price the whole quantity do not go with bands of the clock. */
  whole: boolean;
  /** Names of series. */
  series: string[];
}

export function randomPrice(random: Random, kind: string, options: PriceOptions): Fields {
  const price: Fields = {};
  const way = random.next();
  const stepped = random.chance(0.6);
  if (way < 0.2) {
    const ends = random.some(BORDERS[kind]!);
    price.tiers = [...ends, null].map((upTo) => ({
      ...(upTo === null ? {} : { upTo }),
      price: random.money(10),
      per: random.pick(PER[kind]!),
      ...(kind === 'voice' && random.chance(0.3) ? { then: random.pick(STEP.voice!) } : {}),
    }));
    if (options.whole && random.chance(0.4)) price.whole = 'true';
  } else if (way < 0.3) {
    price.share = { percent: random.pick(['150', '12.5', '0.37', '-8']), of: random.money(10) };
    price.per = random.pick(PER[kind]!);
  } else if (way < 0.4 && options.series.length > 0) {
    price.series = random.pick(options.series);
    if (stepped || random.chance(0.5))
      Object.assign(price, { price: `${random.chance(0.3) ? '-' : ''}${random.money(1)}` });
    if (price.price !== undefined) price.per = random.pick(PER[kind]!);
  } else {
    price.price = random.money(10);
    price.per = random.pick(PER[kind]!);
  }
  if (random.chance(0.15)) price.percent = random.pick(['30', '-15', '-100', '2.5']);
  if (random.chance(0.3)) price.setup = random.money(2);
  if (random.chance(0.2)) price.minimum = random.money(3);
  if (random.chance(0.15)) price.cap = String(3 + random.int(0, 20));
  if (price.cap !== undefined && random.chance(0.5)) price.atCap = random.pick(['free', 'disconnect']);
  if (random.chance(0.15)) price.freeUnder = SMALL[kind]!;
  if (kind === 'voice') {
    if (random.chance(0.8)) price.then = random.pick(STEP.voice!);
    if (random.chance(0.5)) price.first = random.pick([...STEP.voice!, '3min']);
    const single = price.tiers === undefined && price.series === undefined;
    if (single && price.first !== undefined && random.chance(0.3)) price.firstPrice = random.money(2);
  } else if (stepped) {
    price.unit = random.pick(['full', 'started']);
    if (price.per === undefined || random.chance(0.6)) price.step = random.pick(STEP[kind]!);
  }
  if (kind === 'data' && random.chance(0.4)) price.measure = random.pick(['up', 'down', 'total']);
  return price;
}
