/** Tariff files nobody would write, but everybody may. */
import { fields, list, texts, type Fields, type Tree } from '../model/document.ts';
import { randomBands } from './random-bands.ts';
import { pricedAs, randomEnergy } from './random-energy.ts';
import { randomPeriod } from './random-period.ts';
import { randomPrice } from './random-price.ts';
import type { Random } from './random.ts';

export const HOLIDAYS = ['2026-03-08', '2026-03-29', '2026-10-26', '2026-12-25'];
export const SERIES_FILE = 'prices.csv';
const ZONES = ['near', 'far', 'abroad', 'mobile'];
const REGISTERS: Fields = { day: ['1.8.1', 'T1'], night: ['1.8.2'], reactive: ['3.8.0'] };
const MEASURED = ['electricity', 'gas', 'water'];

export function randomTariff(random: Random): Fields {
  const service = random.pick(['voice', 'voice', 'voice', 'data', 'data', 'electricity', 'gas', 'water', 'sms']);
  const tariff: Fields = {
    name: 'random',
    effective: random.pick(['2000-01-01', '2000-01-01', '2026-03-29', '2026-10-10']),
    currency: 'UAH',
    timeZone: random.pick([
      'Europe/Kyiv',
      'Europe/Warsaw',
      'UTC',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    ]),
    service,
    tax: { percent: random.pick(['0', '7.5', '17', '20', '23']), included: String(random.chance(0.5)) },
    rounding: {
      at: random.pick(['record', 'record', 'line', 'line', 'session', 'day', 'document']),
      mode: random.pick(['half-up', 'half-even', 'up', 'down']),
      decimals: String(random.int(0, 6)),
    },
    holidays: random.some(HOLIDAYS),
  };
  const byRegister = service === 'electricity' && random.chance(0.5);
  if (byRegister && random.chance(0.7)) tariff.registers = REGISTERS;
  if (random.chance(0.2)) tariff.country = random.pick(['UA', 'PL', 'CZ', 'BA', 'UZ']);
  if (!byRegister && random.chance(0.7)) Object.assign(tariff, randomBands(random));
  if (service === 'voice' || service === 'sms') tariff.zones = randomZones(random);
  if (tariff.zones !== undefined && random.chance(0.2))
    tariff.zonesOf = random.pick(['callingParty', 'redirectingParty']);
  if (service === 'gas' && random.chance(0.5) && fields(tariff.rounding).at !== 'session') {
    tariff.energy = randomEnergy(random);
  }
  if (random.chance(0.15)) {
    tariff.series = { hourly: { file: SERIES_FILE, every: '60min', per: PER[pricedAs(tariff)]! } };
  }
  const crossings =
    service === 'voice'
      ? ['by-start', 'split', ...(tariff.bands === undefined ? [] : ['by-increment', 'by-increment'])]
      : MEASURED.includes(service) || service === 'data'
        ? ['by-start', 'prorate']
        : ['by-start'];
  const crossing = random.pick(crossings);
  if (crossing !== 'by-start' || random.chance(0.2)) tariff.crossing = crossing;
  tariff.rules = randomRules(random, tariff, byRegister);
  if (random.chance(0.6)) tariff.period = randomPeriod(random, tariff);
  return tariff;
}

const PER: Record<string, string> = {
  voice: '1min',
  data: '1GB',
  electricity: '1MWh',
  gas: '1m3',
  water: '1m3',
  sms: '1event',
};

function randomZones(random: Random): Fields {
  const zones: { [name: string]: Tree[] } = {};
  const digits = () => String(random.int(1, 3));
  const prefixes = random.times(random.int(1, 9), () => random.times(random.int(0, 4), digits).join(''));
  for (const prefix of new Set(prefixes)) (zones[random.pick(ZONES)] ??= []).push(prefix);
  return zones;
}

/** Each rule is reached by something, each place has a rule. */
function randomRules(random: Random, tariff: Fields, byRegister: boolean): Tree[] {
  const zones = tariff.zones === undefined ? [''] : Object.keys(fields(tariff.zones));
  const key = byRegister ? 'register' : 'band';
  const bands = bandNames(tariff, byRegister);
  const open = new Set(zones.flatMap((zone) => bands.map((band) => `${zone}\n${band}`)));
  const rules: Tree[] = [];
  const options = {
    whole: tariff.bands === undefined || tariff.crossing === undefined || tariff.crossing === 'by-start',
    series: Object.keys(fields(tariff.series)),
  };
  while (open.size > 0) {
    const last = rules.length >= 5;
    const inZones = zones[0] === '' || last || random.chance(0.4) ? null : random.some(zones);
    const named = byRegister && tariff.registers === undefined;
    const free = bands[0] === '' || (!named && (last || random.chance(0.3)));
    const inBands = free ? null : last ? bands : random.some(bands);
    const taken = (inZones ?? zones).flatMap((zone) => (inBands ?? bands).map((band) => `${zone}\n${band}`));
    if (!taken.some((place) => open.has(place))) continue;
    const when = !last && random.chance(0.2) ? randomWhen(random) : null;
    if (when === null) for (const place of taken) open.delete(place);
    rules.push({
      ...(inZones === null ? {} : { zone: inZones }),
      ...(inBands === null ? {} : { [key]: inBands }),
      ...(when === null ? {} : { when }),
      ...componentOf(random, when === null ? -1 : rules.length),
      price: randomPrice(random, pricedAs(tariff), options),
    });
  }
  return rules;
}

/** Rules with conditions have lines of their own. */
function componentOf(random: Random, conditional: number): Fields {
  if (conditional >= 0) return { component: `special-${conditional}` };
  return random.chance(0.6) ? { component: random.pick(['usage', 'energy', 'extra']) } : {};
}

export function bandNames(tariff: Fields, byRegister: boolean): string[] {
  if (!byRegister) return tariff.bands === undefined ? [''] : Object.keys(fields(tariff.bands));
  return tariff.registers === undefined ? ['1.8.1', '1.8.2', 'T1'] : Object.keys(REGISTERS);
}

function randomWhen(random: Random): Fields {
  return random.pick<Fields>([
    { direction: random.pick(['in', 'out']) },
    { callingParty: random.pick(['1*', '12', '2*']) },
    { calledParty: ['3*', '11*'] },
    { redirectingParty: '' },
    { trunkIn: 'T-*' },
    { trunkOut: ['T-1', 'T-2'] },
    { direction: 'out', trunkIn: 'T-1' },
    { forwarded: random.pick(['true', 'false']) },
  ]);
}

/** Every border of a day in the bands, as minutes. */
export function borders(tariff: Fields): number[] {
  return Object.values(fields(tariff.bands))
    .flatMap(list)
    .filter((span) => fields(span).from !== undefined)
    .flatMap((span) => [texts(fields(span).from)[0]!, texts(fields(span).to)[0]!])
    .map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
}

/** Prices of the hours around the autumn change in Europe, by UTC. */
export function seriesText(): string {
  const lines = Array.from({ length: 96 }, (_, hour) => {
    const moment = new Date(Date.UTC(2026, 9, 23, hour)).toISOString().slice(0, 16);
    return `${moment}Z,${(((hour * 7919) % 20_011) / 100 - 20).toFixed(2)}`;
  });
  return `moment,price\n${lines.join('\n')}\n`;
}
