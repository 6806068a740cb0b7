/** `period` of a tariff after reading: names are numbers, quantities base units, money exact micro-units. */
import type { FEE_PRORATE, FILLS, LIMITS, SCOPES } from '../../schemas/tariff-period.ts';
import type { Ratio } from '../arithmetic/ratio.ts';

export type Scope = (typeof SCOPES)[number];

/** A day of the year, as month × 100 + day. */
export type CycleModel =
  | { kind: 'month' }
  | { kind: 'account' }
  | { kind: 'reading' }
  | { kind: 'days'; days: number; from: number }
  | { kind: 'starts'; starts: number[] };

export interface ComponentModel {
  component: string;
  cycle: CycleModel;
  billed: 'end' | 'start';
  scope: Scope;
  when: { attribute: string; values: string[] }[];
  /** '' = the operator itself. */
  payee: string;
  /** Attributes on which it depends: where one changes, the cycle is divided. */
  attributes: string[];
}

export interface Selector {
  zones: number[] | null;
  bands: number[] | null;
}

/** So much money for one base unit; `text` as written. */
export interface UnitPrice {
  rate: Ratio;
  text: { price: string; per: string };
}

export interface FeeModel extends ComponentModel {
  /** Micro-units of money for one `per`. */
  amount: Ratio;
  per: 'cycle' | 'month' | 'day' | 'year';
  times: string | null;
  prorate: (typeof FEE_PRORATE)[number];
  once: boolean;
}

export interface AllowanceModel extends ComponentModel, Selector {
  /** Base units per cycle. */
  quantity: number;
  times: string | null;
  each: boolean;
  priority: number;
  /** Days from the start of its cycle; Infinity = all of it. */
  expires: number;
  rollover: { cycles: number; atMost: number } | null;
  prorate: 'days' | 'none';
}

export interface StepModel {
  /** Base units; Infinity for the last one. */
  upTo: number;
  price: UnitPrice | null;
  /** By band number, in place of `price`. */
  prices: ReadonlyMap<number, UnitPrice> | null;
  /** Base units that `price` is for: what `unit` counts in. */
  per: number;
  unit: 'exact' | 'started' | 'full';
  amount: Ratio;
}

export interface TiersModel extends ComponentModel, Selector {
  mode: 'graduated' | 'whole';
  adds: boolean;
  limits: (typeof LIMITS)[number];
  fill: (typeof FILLS)[number];
  coefficients: ReadonlyMap<number, Ratio>;
  /** Days of the year, or null: each cycle by itself. */
  countsFrom: number[] | null;
  steps: StepModel[];
}

export interface DemandModel extends ComponentModel, Selector {
  windowMs: number;
  of: 'maximum' | 'excess' | 'excess-sum';
  contracted: string | null;
  atLeast: Ratio;
  ratchet: { share: Ratio; cycles: number } | null;
  powerFactor: { target: Ratio; reactive: number[]; decimals: number } | null;
  /** Per watt. */
  price: UnitPrice;
}

export interface PercentileModel extends ComponentModel {
  windowMs: number;
  percent: Ratio;
  measure: 'total' | 'up' | 'down' | 'larger';
  /** Per bit/s. */
  price: UnitPrice;
}

export interface ReactiveModel extends ComponentModel {
  active: number[];
  reactive: number[];
  allowed: Ratio;
  formula: 'excess' | 'root';
  factor: Ratio;
  price: UnitPrice;
}

export interface LossesModel extends ComponentModel, Selector {
  percent: Ratio;
  percentOf: string | null;
  transformer: {
    ratedKva: string;
    noLoadKw: string;
    loadKw: string;
    peakKw: string | null;
    reactive: number[] | null;
    tanPhi: Ratio;
  } | null;
  into: string | null;
  price: UnitPrice | null;
}

export interface NormModel extends ComponentModel {
  quantity: number;
  times: string | null;
  unlessMetered: boolean;
  prorate: (typeof FEE_PRORATE)[number];
  price: UnitPrice;
}

export interface NetModel extends ComponentModel {
  import: number[];
  export: number[];
  /** 0 = the whole cycle. */
  windowMs: number;
  bank: number;
  into: string | null;
  price: UnitPrice | null;
  credit: { component: string; price: UnitPrice } | null;
}

export interface ShareModel extends ComponentModel {
  /** Negative for discounts. */
  share: Ratio;
  text: string;
  of: string[] | null;
  /** Micro-units; null = always. */
  above: Ratio | null;
  mode: 'whole' | 'rest';
}

export interface BenefitModel extends ComponentModel {
  payer: string;
  attribute: string;
  categories: ReadonlyMap<string, { share: Ratio; text: string }>;
  of: string[] | null;
  norm: { quantity: number; each: number; times: string | null; included: number; atMost: number } | null;
}

export interface CommitmentModel extends ComponentModel {
  minimum: Ratio | null;
  maximum: Ratio | null;
  of: string[] | null;
  prorate: 'days' | 'none';
}

export interface PeriodModel {
  /** Of usage lines, and of components that name no other. */
  cycle: CycleModel;
  /** Weight of a day by month (0 = January); null: usage stays whole. */
  split: Ratio[] | null;
  /** `rates` by day, ascending. */
  exchange: { to: string; rates: { day: number; rate: Ratio; text: string }[]; at: 'end' | 'start' } | null;
  fees: FeeModel[];
  /** In the order in which they are used. */
  allowances: AllowanceModel[];
  tiers: TiersModel[];
  demand: DemandModel[];
  percentile: PercentileModel[];
  reactive: ReactiveModel[];
  losses: LossesModel[];
  norms: NormModel[];
  net: NetModel[];
  /** Surcharges, then discounts. */
  shares: ShareModel[];
  benefits: BenefitModel[];
  commitments: CommitmentModel[];
}

/** Whom the money of a line is for; '' = the operator itself. */
export function payeeOf({ payee, period }: { payee: string; period: PeriodModel }, component: string): string {
  return componentsOf(period).find((one) => one.component === component)?.payee || payee;
}

/** All components of a period. */
export function componentsOf(period: PeriodModel): ComponentModel[] {
  const { fees, allowances, tiers, demand, percentile, reactive, losses, norms, net } = period;
  const { shares, benefits, commitments } = period;
  return [
    fees,
    allowances,
    tiers,
    demand,
    percentile,
    reactive,
    losses,
    norms,
    net,
    shares,
    benefits,
    commitments,
  ].flat();
}

/** Whether a usage of that zone and band is one that the component counts. */
export function selects({ zones, bands }: Selector, zone: number, band: number): boolean {
  return (zones?.includes(zone) ?? true) && (bands?.includes(band) ?? true);
}

/** Components whose usage has no price of its own: settlement prices it. */
export function takes(period: PeriodModel, zone: number, band: number): boolean {
  const inNet = period.net.some((net) => net.import.includes(band) || net.export.includes(band));
  return inNet || period.tiers.some((tiers) => !tiers.adds && selects(tiers, zone, band));
}

/** Whether the money of a usage is posted by settlement and not by its record. */
export function settlesUsage(period: PeriodModel, at: string, zone: number, band: number): boolean {
  if (at !== 'record' && at !== 'session') return true;
  return period.allowances.some((one) => selects(one, zone, band)) || takes(period, zone, band);
}

/**
 * How many months before a settled one its lines depend on usage of. Infinity: all since the tariff began. What goes on
 * over several cycles, the oldest first, depends on all that came before: each cycle's rest on what the one before left.
 */
export function monthsBefore(period: PeriodModel): number {
  // So many whole cycles before one that may have begun before the month itself.
  const cyclesBack = (count: number, cycle: CycleModel) =>
    count === 0 ? 0 : count * Math.max(1, cycleMonths(cycle)) + cycleMonths(cycle);
  // What one leaves to the next one depends on what it had from its own cycle before.
  const rolled = period.allowances.filter(({ rollover }) => rollover !== null);
  return Math.max(
    cycleMonths(period.cycle),
    ...componentsOf(period).map(({ cycle }) => cycleMonths(cycle)),
    rolled.some(({ rollover }) => rollover!.cycles > 1)
      ? Infinity
      : rolled.reduce((sum, { cycle }) => sum + cyclesBack(1, cycle), 0),
    ...period.demand.map(({ ratchet, cycle }) => cyclesBack(ratchet?.cycles ?? 0, cycle)),
    ...period.net.map(({ bank, cycle }) => (bank > 1 ? Infinity : cyclesBack(bank, cycle))),
    ...period.tiers.map(({ countsFrom }) => (countsFrom === null ? 0 : 12)),
    period.split === null ? 0 : 3,
  );
}

/** At most so many months have days of one cycle, less one. */
export function cycleMonths(cycle: CycleModel): number {
  switch (cycle.kind) {
    case 'month':
      return 0;
    case 'account':
      return 1;
    case 'reading':
      return 6;
    case 'days':
      return Math.ceil(cycle.days / 28);
    case 'starts':
      return 12;
  }
}

/** Whether percentages and limits are taken of the money of usage, by component. */
export function readsRecordMoney({ shares, benefits, commitments }: PeriodModel): boolean {
  return [shares, benefits, commitments].some((list) => list.length > 0);
}

/** Whether lines depend on usage whose own money is in record charges: its quantity, or that money. */
export function readsRecordCharges(period: PeriodModel): boolean {
  const { tiers, demand, percentile, reactive, losses, norms, net, shares, benefits, commitments } = period;
  return [tiers, demand, percentile, reactive, losses, norms, net, shares, benefits, commitments].some(
    (list) => list.length > 0,
  );
}
