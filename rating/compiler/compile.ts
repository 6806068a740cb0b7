/** A publication → what the engine reads. Everything it needs is in the publication. */
import { ZoneClock } from '../../platform/time-zone.ts';
import type { Publication } from '../../schemas/log-entries.ts';
import { TEXT_FIELDS } from '../../schemas/columns/record-columns.ts';
import { SERVICE_NAMES } from '../../schemas/columns/usage-columns.ts';
import { DAY_MS, dayOfDate } from '../arithmetic/calendar.ts';
import { ratio } from '../arithmetic/ratio.ts';
import { roundingNo, type RoundingNo } from '../arithmetic/rounding.ts';
import {
  namedRules,
  readsRecordMoney,
  revisionName,
  ruleTable,
  rulesOfLaterBands,
  settlesUsage,
  type TariffModel,
} from '../language/index.ts';
import { bandClock } from './band-clock.ts';
import { buildBandTable, type BandTable } from './band-table.ts';
import { compileConditions, type Condition } from './conditions.ts';
import { DayClock } from './day-clock.ts';
import { NO_PREFIXES, type PrefixTrie } from './prefix-trie.ts';
import { partsOf, type TariffParts } from './tariff-parts.ts';
import { buildPriceTable, safeNumber, type PriceTable } from './price-table.ts';

export interface CompiledTariff {
  readonly model: TariffModel;
  readonly name: string;
  /** `name@yyyy-mm-dd`, and after a correction `#2` behind it: what charges name. */
  readonly version: string;
  /** 1 until something was corrected. */
  readonly revision: number;
  /** UTC; the version holds from here until the next one of its name. */
  readonly effectiveMs: number;
  readonly serviceNo: number;
  readonly clock: ZoneClock;
  readonly days: DayClock;
  /** The same by the clock of the bands; the same object where bands go by the local clock. */
  readonly bandDays: DayClock;
  readonly bandClock: ZoneClock;
  readonly bandTransitions: readonly (readonly [number, number])[];
  /** `[fromMs, offsetMs]`, ascending: where the clock jumps. */
  readonly transitions: readonly (readonly [number, number])[];
  /** Numbers by name, for usage that comes back from the ledger. */
  readonly zoneNumbers: ReadonlyMap<string, number>;
  readonly bandNumbers: ReadonlyMap<string, number>;
  readonly hasZones: boolean;
  /** Text field whose digits make the zone. */
  readonly zoneField: number;
  readonly trie: PrefixTrie;
  readonly byRegister: boolean;
  readonly registers: readonly { code: Uint8Array; band: number }[];
  readonly bands: BandTable;
  readonly bandCount: number;
  /** Time is divided at borders of bands, increment by increment. */
  readonly splits: boolean;
  /** Usages are divided at borders of bands, months and versions. */
  readonly divides: boolean;
  /** By zone × bandCount + band: the first rule that comes into question, or -1. */
  readonly rules: Int16Array;
  /** By the same: index in `chains` of all that do; null when no rule has conditions. */
  readonly chainOf: Int32Array | null;
  readonly chains: readonly Int16Array[];
  /**
   * Rules of whose conditions a charge says whether they held (ascending), because settlement has to know it where a usage
   * comes into another band; mostly there are none.
   */
  readonly namedRules: readonly number[];
  /** By rule; null = always. */
  readonly conditions: readonly (Condition | null)[];
  /** By the same: 1 when settlement posts the money (an allowance covers it, or lines are rounded). */
  readonly settled: Uint8Array;
  /** Record charges name the component of their rule: percentages go by it, and it cannot be found again. */
  readonly namesRecords: boolean;
  /** Settlement takes what record charges say: only with the record at hand it is known which rule priced it. */
  readonly takesCharges: boolean;
  readonly prices: PriceTable;
  /** What `rounding` counts in, over the price table's denominator: 10^(6-decimals) × denominator. */
  readonly money: Money;
  /** The same for valuations: to the micro-unit, half-even. */
  readonly valuation: Money;
}

/** How an exact amount becomes an amount of money, with its tax. */
export interface Money {
  readonly rule: RoundingNo;
  /** Micro-units in the smallest amount: 10000 for two decimals. */
  readonly unitMicros: number;
  /** Divisor that turns numerators into such units; NaN when it is no safe integer. */
  readonly divisor: number;
  readonly divisorExact: bigint;
  /** tax = units × num / den: of an amount that contains it, or on top. */
  readonly taxNum: number;
  readonly taxDen: number;
  readonly taxIncluded: boolean;
}

/** Throws TARIFF_INVALID. */
export function compileTariff(publication: Publication, revision = 1): CompiledTariff {
  return compileParts(partsOf(publication), revision);
}

/** The rest of the way, in milliseconds: everything that takes longer is in the parts. */
export function compileParts({ model, transitions, trie }: TariffParts, revision = 1): CompiledTariff {
  const clock = new ZoneClock(transitions);
  const [zoneCount, bandCount] = [model.zones.names.length, model.bands.names.length];
  const effectiveMs = clock.toUtcMs(dayOfDate(model.effective) * DAY_MS, 'earlier');
  const splits = model.crossing === 'by-increment';
  const divides = model.crossing === 'split' || model.crossing === 'prorate';
  const prices = buildPriceTable(model.rules, {
    series: model.series,
    longer: divides && model.bands.by === 'clock' ? 'all' : splits ? 'any' : 'own',
  });
  const bands = buildBandTable(model.bands.ofMinute, model.days);
  const days = new DayClock(clock, transitions, bands);
  const banded = bandClock(model, clock, transitions, effectiveMs);
  const table = ruleTable(model.rules, zoneCount, bandCount);
  return {
    model,
    name: model.name,
    version: revisionName(model, revision),
    revision,
    effectiveMs,
    serviceNo: SERVICE_NAMES.indexOf(model.service),
    clock,
    days,
    bandDays: banded.clock === clock ? days : new DayClock(banded.clock, banded.transitions, bands),
    bandClock: banded.clock,
    bandTransitions: banded.transitions,
    transitions,
    zoneNumbers: new Map(model.zones.names.map((name, number) => [name, number])),
    bandNumbers: new Map(model.bands.names.map((name, number) => [name, number])),
    hasZones: trie !== null,
    zoneField: TEXT_FIELDS.indexOf(model.zonesOf),
    trie: trie ?? NO_PREFIXES,
    byRegister: model.bands.by === 'register',
    registers: model.bands.registers.map(({ code, band }) => ({ code: new TextEncoder().encode(code), band })),
    bands,
    bandCount,
    splits,
    divides,
    rules: table.first,
    chainOf: table.chainOf,
    chains: table.chains,
    namedRules:
      (splits || divides) && table.chainOf !== null && model.bands.by === 'clock'
        ? namedRules(
            model.rules,
            rulesOfLaterBands(model.rules, model.period, { at: model.rounding.at, zones: zoneCount, bands: bandCount }),
          )
        : [],
    conditions: compileConditions(model),
    settled: settledTable(model, zoneCount, bandCount),
    namesRecords:
      table.chainOf !== null &&
      readsRecordMoney(model.period) &&
      new Set(model.rules.map(({ component }) => component)).size > 1,
    takesCharges: table.chainOf !== null && (model.rounding.at === 'record' || model.rounding.at === 'session'),
    prices,
    money: moneyOf(model, prices.denominator, roundingNo(model.rounding.mode), model.rounding.decimals),
    valuation: moneyOf(model, prices.denominator, roundingNo('half-even'), 6),
  };
}

function settledTable(model: TariffModel, zoneCount: number, bandCount: number): Uint8Array {
  const { period, rounding } = model;
  return Uint8Array.from({ length: zoneCount * bandCount }, (_, place) =>
    settlesUsage(period, rounding.at, Math.floor(place / bandCount), place % bandCount) ? 1 : 0,
  );
}

function moneyOf(model: TariffModel, denominator: bigint, rule: RoundingNo, decimals: number): Money {
  const { percent, included } = model.tax;
  const share = included
    ? ratio(percent.num, 100n * percent.den + percent.num)
    : ratio(percent.num, 100n * percent.den);
  const unitMicros = 10 ** (6 - decimals);
  const divisorExact = denominator * BigInt(unitMicros);
  return {
    rule,
    unitMicros,
    divisor: safeNumber(divisorExact),
    divisorExact,
    taxNum: Number(share.num),
    taxDen: Number(share.den),
    taxIncluded: included,
  };
}
