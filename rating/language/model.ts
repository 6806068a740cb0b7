/** A tariff version after reading: names are numbers, quantities base units, money exact. Everything in it is valid. */
import type { BaseUnit, ServiceName } from '../../schemas/columns/usage-columns.ts';
import type { RoundingMode, TariffFileTest } from '../../schemas/tariff.ts';
import type { Ratio } from '../arithmetic/ratio.ts';

export interface TariffModel {
  name: string;
  title: string;
  /** yyyy-mm-dd, local. */
  effective: string;
  currency: string;
  timeZone: string;
  service: ServiceName;
  base: BaseUnit;
  tax: { percentText: string; percent: Ratio; included: boolean };
  rounding: { at: 'record' | 'line'; mode: RoundingMode; decimals: number };
  /** Day numbers, ascending. */
  holidays: number[];
  bands: BandsModel;
  zones: ZonesModel;
  crossing: 'by-start' | 'by-increment';
  rules: RuleModel[];
  fees: FeeModel[];
  allowances: AllowanceModel[];
  tests: TariffFileTest[];
}

/** Time bands by the local clock, or by the register in which the meter keeps them. Without either: one band ''. */
export interface BandsModel {
  by: 'none' | 'clock' | 'register';
  names: string[];
  /** Band by kind of day (0 Monday ... 6 Sunday, 7 holiday) × 1440 + minute of the day. */
  ofMinute: Uint8Array;
  registers: { code: string; band: number }[];
}

/** Kinds of day in `BandsModel.ofMinute`. */
export const DAY_KINDS = 8;
export const HOLIDAY_KIND = 7;

/** Without zones: one zone '' and no prefix. Parallel arrays, because there can be a million of them. */
export interface ZonesModel {
  names: string[];
  prefixes: string[];
  zoneOfPrefix: number[];
}

export interface RuleModel {
  /** Zones and bands the rule is for; null = all. */
  zones: number[] | null;
  bands: number[] | null;
  component: string;
  price: PriceModel;
}

export interface PriceModel {
  /** As written, for explanations. */
  text: { price: string; per: string; firstPrice: string };
  /** Micro-units of money. */
  setup: Ratio;
  minimum: Ratio;
  /** What the first block costs more (or less) than its proportion of the rate; 0 as a rule. */
  firstExtra: Ratio;
  /** Micro-units of money per base unit. */
  rate: Ratio;
  /** Base units. Volume has first = step; exact counting is a step of 1. */
  first: number;
  step: number;
  /** `full` leaves a started step out. */
  count: 'started' | 'full';
  measure: Measure;
  /** Base units; 0 = none. */
  freeUnder: number;
}

export const MEASURES = ['total', 'up', 'down'] as const;
export type Measure = (typeof MEASURES)[number];

export interface FeeModel {
  component: string;
  /** Micro-units of money per month. */
  amount: Ratio;
  prorate: 'days' | 'none';
}

export interface AllowanceModel {
  component: string;
  /** Base units per month. */
  quantity: number;
  zones: number[] | null;
  bands: number[] | null;
  prorate: 'days' | 'none';
}

/** Name of the settled line of usage whose rule names none. */
export const DEFAULT_COMPONENT = 'usage';

/** `name@effective`: how a version is called everywhere. */
export function versionName(model: Pick<TariffModel, 'name' | 'effective'>): string {
  return `${model.name}@${model.effective}`;
}
