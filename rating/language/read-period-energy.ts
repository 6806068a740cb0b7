/** `period`: what is measured over a cycle: demand, percentile, reactive energy, losses, net metering. */
import { decimalRatio, type Ratio } from '../arithmetic/ratio.ts';
import type { DemandModel, LossesModel, NetModel, PercentileModel, ReactiveModel } from './period-model.ts';
import { percentRatio, type Item, type Path, type PeriodReader } from './read-period-common.ts';

const NOTHING: Ratio = { num: 0n, den: 1n };

export function readDemand(reader: PeriodReader, item: Item<'demand'>, path: Path): DemandModel {
  reader.needBase(['Wh'], 'Demand', path);
  const contracted = item.contracted ?? null;
  if (contracted === null && (item.atLeast !== undefined || (item.of ?? 'maximum') !== 'maximum')) {
    reader.mistakes.add(path, '`contracted` is missing: the attribute with the contracted kW.', 'Add it.');
  }
  const { ratchet, powerFactor } = item;
  return {
    ...reader.common(item, path, [contracted]),
    ...reader.selector(item, path),
    windowMs: reader.window(item.window, '15min', [...path, 'window']),
    of: item.of ?? 'maximum',
    contracted,
    atLeast: percentRatio(item.atLeast ?? '0'),
    ratchet: ratchet === undefined ? null : { share: percentRatio(ratchet.percent), cycles: Number(ratchet.cycles) },
    powerFactor:
      powerFactor === undefined
        ? null
        : {
            target: decimalRatio(powerFactor.target),
            reactive: reader.bandsOf(powerFactor.reactive, [...path, 'powerFactor', 'reactive']) ?? [],
            decimals: powerFactor.decimals ?? 2,
          },
    price: reader.powerPrice(item.price, item.per, path),
  };
}

export function readPercentile(reader: PeriodReader, item: Item<'percentile'>, path: Path): PercentileModel {
  reader.needBase(['bytes'], 'A percentile', path);
  return {
    ...reader.common(item, path),
    windowMs: reader.window(item.window, '5min', [...path, 'window']),
    percent: decimalRatio(item.percent ?? '95'),
    measure: item.measure ?? 'total',
    price: reader.bitratePrice(item.price, item.per, path),
  };
}

export function readReactive(reader: PeriodReader, item: Item<'reactive'>, path: Path): ReactiveModel {
  reader.needBase(['Wh'], 'Reactive energy', path);
  return {
    ...reader.common(item, path),
    active: reader.bandsOf(item.active, [...path, 'active']) ?? [],
    reactive: reader.bandsOf(item.reactive, [...path, 'reactive']) ?? [],
    allowed: decimalRatio(item.allowed),
    formula: item.formula ?? 'excess',
    factor: decimalRatio(item.factor ?? '1'),
    price: reader.unitPrice(item.price, item.per, path),
  };
}

export function readLosses(reader: PeriodReader, item: Item<'losses'>, path: Path): LossesModel {
  const { transformer } = item;
  const ways = [item.percent, item.percentOf, transformer].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    reader.mistakes.add(path, 'Exactly one of `percent`, `percentOf`, `transformer` says how much.', 'Write one.');
  }
  if (transformer !== undefined) reader.needBase(['Wh'], 'A transformer', [...path, 'transformer']);
  const needed = (['ratedKva', 'noLoadKw', 'loadKw'] as const).filter((name) => transformer?.[name] === undefined);
  if (transformer !== undefined && needed.length > 0) {
    reader.mistakes.add([...path, 'transformer'], `Missing: ${needed.join(', ')}.`, 'Name the attributes.');
  }
  return {
    ...reader.common(item, path, [
      item.percentOf,
      transformer?.ratedKva,
      transformer?.noLoadKw,
      transformer?.loadKw,
      transformer?.peakKw,
    ]),
    ...reader.selector(item, path),
    percent: percentRatio(item.percent ?? '0'),
    percentOf: item.percentOf ?? null,
    transformer:
      transformer === undefined
        ? null
        : {
            ratedKva: transformer.ratedKva ?? '',
            noLoadKw: transformer.noLoadKw ?? '',
            loadKw: transformer.loadKw ?? '',
            peakKw: transformer.peakKw ?? null,
            reactive: reader.bandsOf(transformer.reactive, [...path, 'transformer', 'reactive']),
            tanPhi: transformer.tanPhi === undefined ? NOTHING : decimalRatio(transformer.tanPhi),
          },
    into: item.into ?? null,
    price: reader.priceOrInto(item, path),
  };
}

export function readNet(reader: PeriodReader, item: Item<'net'>, path: Path): NetModel {
  return {
    ...reader.common(item, path),
    import: reader.bandsOf(item.import, [...path, 'import']) ?? [],
    export: reader.bandsOf(item.export, [...path, 'export']) ?? [],
    windowMs: item.window === undefined ? 0 : reader.window(item.window, '15min', [...path, 'window']),
    bank: Number(item.bank ?? 0),
    into: item.into ?? null,
    price: reader.priceOrInto(item, path),
    credit:
      item.credit === undefined
        ? null
        : {
            component: item.credit.component,
            price: reader.unitPrice(item.credit.price, item.credit.per, [...path, 'credit']),
          },
  };
}
