/** What the components of `period` have in common, and the small values they are made of. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFilePeriod } from '../../schemas/tariff-period.ts';
import { dayOfDate } from '../arithmetic/calendar.ts';
import { decimalRatio, microsRatio, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { MistakeList } from './mistakes.ts';
import type { BandsModel, ZonesModel } from './model.ts';
import type { ComponentModel, CycleModel, Selector, UnitPrice } from './period-model.ts';
import { readQuantity } from './read-price.ts';
import { numbersOf } from './read-rules.ts';

export type Path = readonly (string | number)[];

/** One item of a list of `period`. */
export type Item<K extends keyof TariffFilePeriod> =
  NonNullable<TariffFilePeriod[K]> extends readonly (infer T)[] ? T : never;
export type FileCycle = TariffFilePeriod['cycle'];

type Texts = string | readonly string[] | undefined;

const POWER: Readonly<Record<string, number>> = { W: 1, kW: 1000, MW: 1_000_000, VA: 1, kVA: 1000, MVA: 1_000_000 };
const BITS: Readonly<Record<string, number>> = { bps: 1, kbps: 1000, Mbps: 1_000_000, Gbps: 1_000_000_000 };

export interface CommonItem {
  component: string;
  cycle?: FileCycle;
  billed?: 'end' | 'start';
  scope?: ComponentModel['scope'];
  when?: Record<string, string | string[]>;
  payee?: string;
}

/** Reads the parts of one tariff's `period`. */
export class PeriodReader {
  readonly base: BaseUnit;
  readonly bands: BandsModel;
  readonly zones: ZonesModel;
  readonly mistakes: MistakeList;
  private readonly cycle: CycleModel;

  constructor(base: BaseUnit, bands: BandsModel, zones: ZonesModel, mistakes: MistakeList, cycle: FileCycle) {
    this.base = base;
    this.bands = bands;
    this.zones = zones;
    this.mistakes = mistakes;
    this.cycle = this.cycleOf(cycle, ['period', 'cycle'], { kind: 'month' });
  }

  get defaultCycle(): CycleModel {
    return this.cycle;
  }

  /** `attributes`: those it reads beside its conditions; null where none is named. */
  common(item: CommonItem, path: Path, attributes: readonly (string | null | undefined)[] = []): ComponentModel {
    const when = Object.entries(item.when ?? {}).map(([attribute, values]) => ({ attribute, values: [values].flat() }));
    const read = attributes.filter((name) => typeof name === 'string');
    return {
      component: item.component,
      cycle: this.cycleOf(item.cycle, [...path, 'cycle'], this.cycle),
      billed: item.billed ?? 'end',
      scope: item.scope ?? 'subscription',
      when,
      payee: item.payee ?? '',
      attributes: [...new Set([...when.map(({ attribute }) => attribute), ...read])],
    };
  }

  private cycleOf(cycle: FileCycle, path: Path, otherwise: CycleModel): CycleModel {
    if (cycle === undefined) return otherwise;
    if (cycle === 'year') return { kind: 'starts', starts: [101] };
    if (typeof cycle === 'string') return { kind: cycle };
    if ('starts' in cycle) return { kind: 'starts', starts: this.daysOfYear(cycle.starts, [...path, 'starts']) };
    return { kind: 'days', days: Number(cycle.days), from: this.day(cycle.from, [...path, 'from']) };
  }

  /** month × 100 + day, ascending. */
  daysOfYear(days: readonly string[], path: Path): number[] {
    for (const day of days) {
      // A leap year: 29 February would be missing in the others.
      if (day === '02-29' || Number.isNaN(dayOfDate(`2000-${day}`))) {
        this.mistakes.add(path, `\`${day}\` is not a day of every year.`, 'Write mm-dd.');
      }
    }
    return days.map((day) => Number(day.slice(0, 2)) * 100 + Number(day.slice(3))).sort((a, b) => a - b);
  }

  day(text: string, path: Path): number {
    const day = dayOfDate(text);
    if (Number.isNaN(day)) this.mistakes.add(path, `\`${text}\` is no day of the calendar.`, 'Correct the date.');
    return Number.isNaN(day) ? 0 : day;
  }

  selector(item: { zones?: Texts; bands?: Texts }, path: Path): Selector {
    return {
      zones: numbersOf(item.zones, this.zones.names, 'zone', [...path, 'zones'], this.mistakes),
      bands: this.bandsOf(item.bands, [...path, 'bands']),
    };
  }

  bandsOf(names: Texts, path: Path): number[] | null {
    return numbersOf(names, this.bands.names, 'band or register', path, this.mistakes);
  }

  quantity(text: string, path: Path, positive = true): number {
    return readQuantity(text, this.base, path, this.mistakes, positive);
  }

  unitPrice(price: string, per: string, path: Path): UnitPrice {
    return this.priceFor(price, per, this.quantity(per, [...path, 'per']));
  }

  /** Both or neither, and neither only where `into` says who prices it. */
  priceOrInto(item: { price?: string; per?: string; into?: string }, path: Path): UnitPrice | null {
    if (item.price !== undefined && item.per !== undefined && item.into === undefined) {
      return this.unitPrice(item.price, item.per, path);
    }
    if (item.into === undefined || item.price !== undefined || item.per !== undefined) {
      this.mistakes.add(path, 'It has either `price` and `per`, or `into`.', 'Write one of both.');
    }
    return null;
  }

  powerPrice(price: string, per: string, path: Path): UnitPrice {
    return this.otherPrice(price, per, POWER, [...path, 'per']);
  }

  bitratePrice(price: string, per: string, path: Path): UnitPrice {
    return this.otherPrice(price, per, BITS, [...path, 'per']);
  }

  private otherPrice(price: string, per: string, units: Readonly<Record<string, number>>, path: Path): UnitPrice {
    const [, number, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(per) ?? [];
    const amount = number === undefined ? null : decimalRatio(number);
    if (amount === null || !Object.hasOwn(units, unit) || amount.num === 0n) {
      this.mistakes.add(
        path,
        `\`${per}\` is not a quantity in ${Object.keys(units).join(', ')}.`,
        'Write one of them.',
      );
      return this.priceFor(price, per, 1);
    }
    const money = microsRatio(price);
    return {
      rate: ratio(money.num * amount.den, money.den * amount.num * BigInt(units[unit])),
      text: { price, per },
    };
  }

  private priceFor(price: string, per: string, quantity: number): UnitPrice {
    const money = microsRatio(price);
    return { rate: ratio(money.num, money.den * BigInt(quantity)), text: { price, per } };
  }

  /** Whole hours are divided without a rest. */
  window(text: string | undefined, otherwise: string, path: Path): number {
    const [, number, unit] = /^(\d+) ?(min|h)$/.exec(text ?? otherwise)!;
    const minutes = Number(number) * (unit === 'h' ? 60 : 1);
    if (minutes === 0 || (60 % minutes !== 0 && minutes % 60 !== 0)) {
      this.mistakes.add(path, `\`${text}\` does not divide the hour.`, 'Write for example 5min, 15min, 30min, 1h.');
      return 3_600_000;
    }
    return minutes * 60_000;
  }

  needBase(bases: readonly BaseUnit[], what: string, path: Path): void {
    if (!bases.includes(this.base)) {
      this.mistakes.add(path, `${what} has no meaning for this service.`, 'Remove it.');
    }
  }
}

/** `12.5` → 1/8. */
export function percentRatio(text: string): Ratio {
  const value = decimalRatio(text);
  return ratio(value.num, value.den * 100n);
}
