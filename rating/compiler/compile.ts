/** A publication → what the engine reads. Everything it needs is in the publication. */
import { ZoneClock } from '../../platform/time-zone.ts';
import type { Publication } from '../../schemas/log-entries.ts';
import { SERVICE_NAMES } from '../../schemas/columns/usage-columns.ts';
import { DAY_MS, dayOfDate } from '../arithmetic/calendar.ts';
import { ratio } from '../arithmetic/ratio.ts';
import { roundingNo, type RoundingNo } from '../arithmetic/rounding.ts';
import { readPublication, ruleTable, versionName, type TariffModel } from '../language/index.ts';
import { buildBandTable, type BandTable } from './band-table.ts';
import { DayClock } from './day-clock.ts';
import { buildPrefixTrie, type PrefixTrie } from './prefix-trie.ts';
import { buildPriceTable, safeNumber, type PriceTable } from './price-table.ts';

export interface CompiledTariff {
  readonly model: TariffModel;
  readonly name: string;
  /** `name@yyyy-mm-dd`. */
  readonly version: string;
  /** UTC; the version holds from here until the next one of its name. */
  readonly effectiveMs: number;
  readonly serviceNo: number;
  readonly clock: ZoneClock;
  readonly days: DayClock;
  /** `[fromMs, offsetMs]`, ascending: where the clock jumps. */
  readonly transitions: readonly (readonly [number, number])[];
  /** Numbers by name, for usage that comes back from the ledger. */
  readonly zoneNumbers: ReadonlyMap<string, number>;
  readonly bandNumbers: ReadonlyMap<string, number>;
  readonly hasZones: boolean;
  readonly trie: PrefixTrie;
  readonly byRegister: boolean;
  readonly registers: readonly { code: Uint8Array; band: number }[];
  readonly bands: BandTable;
  readonly bandCount: number;
  readonly splits: boolean;
  /** By zone × bandCount + band: rule number or -1. */
  readonly rules: Int16Array;
  /** By the same: 1 when settlement posts the money (an allowance covers it, or lines are rounded). */
  readonly settled: Uint8Array;
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
export function compileTariff(publication: Publication): CompiledTariff {
  const model = readPublication(publication);
  const transitions = publication.data.zones[model.timeZone];
  const clock = new ZoneClock(transitions);
  const [zoneCount, bandCount] = [model.zones.names.length, model.bands.names.length];
  const prices = buildPriceTable(model.rules);
  const bands = buildBandTable(model.bands.ofMinute, model.holidays);
  return {
    model,
    name: model.name,
    version: versionName(model),
    effectiveMs: clock.toUtcMs(dayOfDate(model.effective) * DAY_MS, 'earlier'),
    serviceNo: SERVICE_NAMES.indexOf(model.service),
    clock,
    days: new DayClock(clock, transitions, bands),
    transitions,
    zoneNumbers: new Map(model.zones.names.map((name, number) => [name, number])),
    bandNumbers: new Map(model.bands.names.map((name, number) => [name, number])),
    hasZones: model.zones.prefixes.length > 0,
    trie: buildPrefixTrie(model.zones.prefixes, model.zones.zoneOfPrefix),
    byRegister: model.bands.by === 'register',
    registers: model.bands.registers.map(({ code, band }) => ({ code: new TextEncoder().encode(code), band })),
    bands,
    bandCount,
    splits: model.crossing === 'by-increment',
    rules: ruleTable(model.rules, zoneCount, bandCount),
    settled: settledTable(model, zoneCount, bandCount),
    prices,
    money: moneyOf(model, prices.denominator, roundingNo(model.rounding.mode), model.rounding.decimals),
    valuation: moneyOf(model, prices.denominator, roundingNo('half-even'), 6),
  };
}

function settledTable(model: TariffModel, zoneCount: number, bandCount: number): Uint8Array {
  const table = new Uint8Array(zoneCount * bandCount);
  if (model.rounding.at === 'line') return table.fill(1);
  for (const { zones, bands } of model.allowances) {
    for (let zone = 0; zone < zoneCount; zone++) {
      for (let band = 0; band < bandCount; band++) {
        const covered = (zones?.includes(zone) ?? true) && (bands?.includes(band) ?? true);
        if (covered) table[zone * bandCount + band] = 1;
      }
    }
  }
  return table;
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
