/** What a tariff file says, ready to be looked through from top to bottom. */
import { fields, list, money, quantity, text, texts, type Fields, type Tree } from './document.ts';
import { readEnergy, type Energy } from './energy.ts';
import { holidaysOf } from './holidays.ts';
import { momentMs } from './local-time.ts';
import { Q, type Rounding } from './rational.ts';

export interface Span {
  days: string[];
  seasons: string[] | null;
  from: number;
  to: number;
}

export interface Tier {
  /** Base units from the start of the usage; null = without end. */
  upTo: bigint | null;
  /** Currency units for one base unit. */
  rate: Q;
  step: bigint;
}

export interface Price {
  /** One, where there is one price; with a series what is added to its price. */
  tiers: Tier[];
  whole: boolean;
  series: string | null;
  /** 1 + percent / 100; in tiers, setup and first price already. */
  factor: Q;
  setup: Q;
  minimum: Q;
  cap: Q | null;
  /** The cap at which a usage has to end. */
  ends: Q | null;
  freeUnder: Q;
  /** null: a step like the others. */
  first: bigint | null;
  firstPrice: Q | null;
  /** Steps are counted whole; 0 = counted exactly. */
  step: bigint;
  full: boolean;
  measure: string;
}

export interface Rule {
  zones: string[] | null;
  bands: string[] | null;
  when: Fields;
  component: string;
  price: Price;
}

export interface Tariff {
  document: Fields;
  name: string;
  effective: string;
  effectiveMs: number;
  timeZone: string;
  /** What prices are for: gas that is sold as energy counts like heat. */
  service: string;
  /** What usage is of. */
  metered: string;
  energy: Energy | null;
  timed: boolean;
  tax: { percent: Q; included: boolean };
  rounding: { at: string; mode: Rounding; decimals: number };
  holidays: Set<string>;
  /** Name by date. */
  daySets: Map<string, string>;
  seasons: { name: string; from: string; to: string }[];
  /** `local`, `standard` or an offset: what the bands go by. */
  clock: string;
  bands: { name: string; spans: Span[] }[];
  /** Found before, by minute since 1970. */
  bandOfMinute: Map<number, string>;
  /** By code; null when bands are not by register. */
  registers: Map<string, string> | null;
  zones: { prefix: string; zone: string }[] | null;
  zonesOf: string;
  numbers: { prefix: string; zone: string }[];
  series: Map<string, Series>;
  crossing: string;
  rules: Rule[];
}

export interface Series {
  everyMs: number;
  per: Q;
  /** By the moment from which it holds, which is a multiple of `everyMs` from the first one. */
  firstMs: number;
  prices: Map<number, Q>;
}

export type ReadFile = (name: string) => string;

export function readTariff(document: Fields, readFile: ReadFile): Tariff {
  const metered = text(document.service);
  const energy = readEnergy(document, readFile);
  const service = energy === null ? metered : 'heat';
  const [tax, rounding] = [fields(document.tax), fields(document.rounding)];
  const registers = registersOf(document);
  return {
    document,
    name: text(document.name),
    effective: text(document.effective),
    effectiveMs: momentMs(text(document.effective), text(document.timeZone)),
    timeZone: text(document.timeZone),
    service,
    metered,
    energy,
    timed: service === 'voice',
    tax: { percent: money(tax.percent), included: text(tax.included) === 'true' },
    rounding: {
      at: text(rounding.at),
      mode: text(rounding.mode) as Rounding,
      decimals: Number(text(rounding.decimals)),
    },
    holidays: new Set([...publicDays(document), ...texts(document.holidays)]),
    daySets: new Map(
      Object.entries(fields(document.daySets)).flatMap(([name, days]) =>
        texts(days).map((day) => [day, name] as const),
      ),
    ),
    seasons: Object.entries(fields(document.seasons)).flatMap(([name, spans]) =>
      list(spans).map((span) => ({ name, from: text(fields(span).from), to: text(fields(span).to) })),
    ),
    clock: text(document.clock) || 'local',
    bands: Object.entries(fields(document.bands)).map(([name, spans]) => ({
      name,
      spans: list(spans).map((span) => ({
        days: fields(span).days === undefined ? ['every'] : texts(fields(span).days),
        seasons: fields(span).season === undefined ? null : texts(fields(span).season),
        from: minutes(text(fields(span).from) || '00:00'),
        to: minutes(text(fields(span).to) || '24:00'),
      })),
    })),
    bandOfMinute: new Map(),
    registers,
    zones: prefixes(document, 'zones', 'zonesFile', readFile),
    zonesOf: text(document.zonesOf) || 'calledParty',
    numbers: prefixes(document, 'numbers', 'numbersFile', readFile) ?? [],
    series: new Map(
      Object.entries(fields(document.series)).map(([name, one]) => [name, readSeries(fields(one), document, readFile)]),
    ),
    crossing: text(document.crossing) || 'by-start',
    rules: list(document.rules).map((rule) => readRule(fields(rule), service)),
  };
}

function publicDays(document: Fields): string[] {
  const workdays = texts(document.workdays);
  return holidaysOf(text(document.country)).filter((day) => !workdays.includes(day));
}

function minutes(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function registersOf(document: Fields): Map<string, string> | null {
  const groups = Object.entries(fields(document.registers));
  if (groups.length > 0) return new Map(groups.flatMap(([name, codes]) => texts(codes).map((code) => [code, name])));
  const codes = list(document.rules).flatMap((rule) => texts(fields(rule).register));
  return codes.length === 0 ? null : new Map(codes.map((code) => [code, code]));
}

function prefixes(document: Fields, key: string, fileKey: string, readFile: ReadFile): Tariff['zones'] {
  if (document[key] === undefined && document[fileKey] === undefined) return null;
  const inline = Object.entries(fields(document[key])).flatMap(([zone, all]) =>
    texts(all).map((prefix) => ({ prefix, zone })),
  );
  if (document[fileKey] === undefined) return inline;
  const lines = readFile(text(document[fileKey]))
    .split(/\r?\n/)
    .filter((line) => line !== '' && !/^(#|prefix,)/.test(line));
  return [
    ...inline,
    ...lines.map((line) => ({ prefix: line.split(',')[0]!.trim(), zone: line.split(',')[1]!.trim() })),
  ];
}

function readSeries(series: Fields, document: Fields, readFile: ReadFile): Series {
  const lines = readFile(text(series.file))
    .split(/\r?\n/)
    .filter((line) => /^\d{4}-/.test(line));
  const prices = new Map<number, Q>();
  let before = -Infinity;
  for (const line of lines) {
    const [moment = '', price = ''] = line.split(/[,;]/).map((part) => part.trim());
    let ms = momentMs(moment, text(document.timeZone));
    // The hour that comes twice in autumn: the second time it is the later one.
    if (ms <= before) ms += Number(quantity(series.every, 'voice').floor());
    prices.set((before = ms), Q.of(price));
  }
  const everyMs = Number(quantity(series.every, 'voice').floor());
  const firstMs = [...prices.keys()][0] ?? 0;
  return {
    everyMs,
    firstMs,
    per: quantity(series.per, document.energy === undefined ? text(document.service) : 'heat'),
    prices,
  };
}

function readRule(rule: Fields, service: string): Rule {
  const band = rule.register ?? rule.band;
  return {
    zones: rule.zone === undefined ? null : texts(rule.zone),
    bands: band === undefined ? null : texts(band),
    when: fields(rule.when),
    component: rule.component === undefined ? 'usage' : text(rule.component),
    price: readPrice(fields(rule.price), service),
  };
}

export function readPrice(price: Fields, service: string): Price {
  const size = (key: string) => quantity(price[key], service).floor();
  const timed = service === 'voice';
  const unit = text(price.unit);
  const counted = unit === 'full' || unit === 'started';
  const step = timed ? size('then') : !counted ? 0n : price.step === undefined ? size('per') : size('step');
  const factor = money(price.percent).plus(new Q(100n)).over(100n);
  const rate = (amount: Q, per: Tree | undefined) =>
    per === undefined ? Q.zero : amount.times(factor).over(quantity(per, service));
  const share = fields(price.share);
  const single =
    price.share === undefined ? money(price.price) : money(share.of).times(money(share.percent)).over(100n);
  const tiers = list(price.tiers).map(fields);
  const ownTiers =
    tiers.length === 0
      ? [{ upTo: null, rate: rate(single, price.per), step }]
      : tiers.map((tier) => ({
          upTo: tier.upTo === undefined ? null : quantity(tier.upTo, service).floor(),
          rate: rate(money(tier.price), tier.per),
          step: tier.then === undefined ? step : quantity(tier.then, service).floor(),
        }));
  return {
    tiers: ownTiers,
    whole: text(price.whole) === 'true',
    series: price.series === undefined ? null : text(price.series),
    factor,
    setup: money(price.setup).times(factor),
    minimum: money(price.minimum),
    cap: price.cap === undefined || price.atCap === 'disconnect' ? null : money(price.cap),
    ends: price.cap !== undefined && price.atCap === 'disconnect' ? money(price.cap) : null,
    freeUnder: quantity(price.freeUnder, service),
    first: timed && price.first !== undefined ? size('first') : null,
    firstPrice: price.firstPrice === undefined ? null : money(price.firstPrice).times(factor),
    step,
    full: unit === 'full',
    measure: price.measure === undefined ? 'total' : text(price.measure),
  };
}
