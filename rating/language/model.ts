/** A tariff version after reading: names are numbers, quantities base units, money exact. Everything in it is valid. */
import type { BaseUnit, ServiceName } from '../../schemas/columns/usage-columns.ts';
import type { TextFieldName } from '../../schemas/columns/record-columns.ts';
import type { CROSSINGS, RoundingMode, TariffFileTest } from '../../schemas/tariff.ts';
import type { Ratio } from '../arithmetic/ratio.ts';
import type { PeriodModel } from './period-model.ts';
import type { PrefixList } from './prefix-list.ts';
import type { EnergyModel } from './read-energy.ts';

export interface TariffModel {
  name: string;
  title: string;
  /** yyyy-mm-dd, local. */
  effective: string;
  currency: string;
  timeZone: string;
  service: ServiceName;
  /** What prices, steps and billed quantities are in. */
  base: BaseUnit;
  /** What usage is measured in: another unit where gas is sold as energy. */
  measuredIn: BaseUnit;
  energy: EnergyModel | null;
  tax: { percentText: string; percent: Ratio; included: boolean };
  rounding: { at: 'record' | 'session' | 'day' | 'line' | 'document'; mode: RoundingMode; decimals: number };
  days: DaysModel;
  /** The clock of the bands. */
  clock: string;
  bands: BandsModel;
  zones: ZonesModel;
  /** Whose digits make the zone. */
  zonesOf: 'calledParty' | 'callingParty' | 'redirectingParty';
  /** Sets of numbers, by name: prefixes. */
  numbers: ReadonlyMap<string, readonly string[]>;
  series: SeriesModel[];
  crossing: Crossing;
  /** Whom the money is for; '' = the operator itself. */
  payee: string;
  rules: RuleModel[];
  /** What is settled for a span of time. */
  period: PeriodModel;
  tests: TariffFileTest[];
}

export type Crossing = (typeof CROSSINGS)[number];

/** Kinds of day: 0 Monday ... 6 Sunday, 7 holiday, then the day sets; and seasons. */
export interface DaysModel {
  /** Day numbers, ascending. */
  holidays: number[];
  sets: { name: string; days: number[] }[];
  /** Names; one season '' when the tariff has none. */
  seasons: string[];
  /** Season by 31 × (month - 1) + day - 1. */
  seasonOfDay: Uint8Array;
}

/** Kind of a holiday. */
export const HOLIDAY_KIND = 7;
/** Kinds of day without day sets. */
export const PLAIN_KINDS = 8;

/** Time bands by the clock, or by the register in which the meter keeps them. Without either: one band ''. */
export interface BandsModel {
  by: 'none' | 'clock' | 'register';
  names: string[];
  /** Band by (season × kinds of day + kind) × 1440 + minute of the day. */
  ofMinute: Uint8Array;
  registers: { code: string; band: number }[];
}

/** Prices that change by the hour: one each `everyMs` from `fromMs` on. */
export interface SeriesModel {
  name: string;
  fromMs: number;
  everyMs: number;
  /** Base units that a price is for. */
  per: number;
  /** Micro-units of money per `per`, over `denominator`; null where the file has none. */
  prices: (bigint | null)[];
  denominator: bigint;
}

/** Without zones: one zone ''. */
export interface ZonesModel {
  names: string[];
  /** Each with the number of its zone. Null without zones, and once they are compiled. */
  prefixes: PrefixList | null;
}

export interface RuleModel {
  /** Zones and bands the rule is for; null = all. */
  zones: number[] | null;
  bands: number[] | null;
  /** All of these hold; empty = always. */
  when: ConditionModel[];
  component: string;
  price: PriceModel;
}

/** `key` is the key of `when`; a value may end in `*`. */
export type ConditionModel =
  | { key: 'field'; field: TextFieldName; values: string[]; sets: string[] }
  | { key: 'class'; values: string[] }
  | { key: 'realm'; values: string[] }
  | { key: 'direction'; direction: 'out' | 'in' }
  | { key: 'forwarded'; forwarded: boolean }
  | { key: 'attribute'; name: string; values: string[] }
  | { key: 'listed'; name: string }
  | { key: 'shares'; name: string };

export interface PriceModel {
  /** As written, for explanations. */
  text: { price: string; per: string; firstPrice: string; percent: string; share: string };
  /** Micro-units of money; `percent` is in it already, and in every rate. */
  setup: Ratio;
  minimum: Ratio;
  /** Null = none. */
  cap: Ratio | null;
  /** `disconnect`: a finished usage is not capped; the cap limits what is authorised. */
  atCap: 'free' | 'disconnect';
  /** What the first block costs more (or less) than its proportion of the rate; 0 as a rule. */
  firstExtra: Ratio;
  /** Micro-units of money per base unit. With tiers that of the first one; with a series what is added to it. */
  rate: Ratio;
  /** Base units. Volume has first = step; exact counting is a step of 1. 0 = the first step is that of its tier. */
  first: number;
  step: number;
  /** `full` leaves a started step out. */
  count: 'started' | 'full';
  measure: Measure;
  /** Base units; 0 = none. */
  freeUnder: number;
  tiers: TierModel[];
  /** The tier that the quantity reaches prices all of it. */
  whole: boolean;
  /** Index in `TariffModel.series`; -1 = none. */
  series: number;
  /** What the price of the series is multiplied with: `percent`. */
  factor: Ratio;
}

export interface TierModel {
  /** As written. */
  text: { price: string; per: string };
  /** Base units from the start of the usage; Infinity for the last one. */
  upTo: number;
  rate: Ratio;
  step: number;
}

export const MEASURES = ['total', 'up', 'down'] as const;
export type Measure = (typeof MEASURES)[number];

/** Name of the settled line of usage whose rule names none. */
export const DEFAULT_COMPONENT = 'usage';

/** `name@effective`: how a version is called everywhere. */
export function versionName(model: Pick<TariffModel, 'name' | 'effective'>): string {
  return `${model.name}@${model.effective}`;
}

/** A version after a correction: `name@effective#2`. The first one has no number. */
export function revisionName(model: Pick<TariffModel, 'name' | 'effective'>, revision: number): string {
  return revision === 1 ? versionName(model) : `${versionName(model)}#${revision}`;
}
