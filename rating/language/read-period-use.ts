/** `period`: what is counted over a cycle: fees, allowances, tiers, norms. */
import { microsRatio, decimalRatio } from '../arithmetic/ratio.ts';
import type { AllowanceModel, FeeModel, NormModel, StepModel, TiersModel } from './period-model.ts';
import type { Item, Path, PeriodReader } from './read-period-common.ts';

export function readFee(reader: PeriodReader, fee: Item<'fees'>, path: Path): FeeModel {
  const times = fee.times ?? null;
  return {
    ...reader.common(fee, path, [times]),
    amount: microsRatio(fee.amount),
    per: fee.per ?? 'cycle',
    times,
    prorate: fee.prorate ?? 'days',
    once: fee.once ?? false,
  };
}

export function readAllowance(reader: PeriodReader, item: Item<'allowances'>, path: Path): AllowanceModel {
  const times = item.times ?? null;
  const { rollover } = item;
  return {
    ...reader.common(item, path, [times]),
    ...reader.selector(item, path),
    quantity: reader.quantity(item.quantity, [...path, 'quantity']),
    times,
    each: item.each ?? false,
    priority: Number(item.priority ?? 0),
    expires: item.expires === undefined ? Infinity : Number(item.expires),
    rollover:
      rollover === undefined
        ? null
        : {
            cycles: Number(rollover.cycles),
            atMost:
              rollover.atMost === undefined
                ? Infinity
                : reader.quantity(rollover.atMost, [...path, 'rollover', 'atMost']),
          },
    prorate: item.prorate ?? 'days',
  };
}

export function readNorm(reader: PeriodReader, norm: Item<'norms'>, path: Path): NormModel {
  const times = norm.times ?? null;
  return {
    ...reader.common(norm, path, [times]),
    quantity: reader.quantity(norm.quantity, [...path, 'quantity']),
    times,
    unlessMetered: norm.unless === 'metered',
    prorate: norm.prorate ?? 'days',
    price: reader.unitPrice(norm.price, norm.per, path),
  };
}

export function readTiers(reader: PeriodReader, tiers: Item<'tiers'>, path: Path): TiersModel {
  const coefficients = new Map(
    Object.entries(tiers.coefficients ?? {}).flatMap(([band, factor]) =>
      (reader.bandsOf(band, [...path, 'coefficients']) ?? []).map((number) => [number, decimalRatio(factor)] as const),
    ),
  );
  const steps = tiers.steps.map((step, index) => readStep(reader, step, [...path, 'steps', index]));
  checkSteps(reader, steps, path);
  const byBand = coefficients.size > 0 || steps.some(({ prices }) => prices !== null);
  const fill = tiers.fill ?? (byBand ? 'shares' : 'together');
  if (byBand && fill === 'together') {
    reader.mistakes.add(
      [...path, 'fill'],
      'Prices by band need a line for each band.',
      'Write shares, order or apart.',
    );
  }
  const countsFrom = tiers.countsFrom;
  if (countsFrom !== undefined && tiers.limits !== undefined && tiers.limits !== 'none') {
    reader.mistakes.add(
      [...path, 'limits'],
      'Steps that go on from cycle to cycle are not divided by days.',
      'Remove it.',
    );
  }
  return {
    ...reader.common(tiers, path),
    ...reader.selector(tiers, path),
    mode: tiers.mode ?? 'graduated',
    adds: tiers.adds ?? false,
    limits: countsFrom === undefined ? (tiers.limits ?? 'days') : 'none',
    fill,
    coefficients,
    countsFrom: countsFrom === undefined ? null : reader.daysOfYear(countsFrom, [...path, 'countsFrom']),
    steps,
  };
}

function readStep(reader: PeriodReader, step: Item<'tiers'>['steps'][number], path: Path): StepModel {
  const { price, prices, per } = step;
  if ((price ?? prices) !== undefined && per === undefined) {
    reader.mistakes.add(path, '`per` is missing: the quantity that the price is for.', 'Add it, for example 1kWh.');
  }
  if (price !== undefined && prices !== undefined) {
    reader.mistakes.add([...path, 'prices'], '`price` and `prices` exclude each other.', 'Remove one of them.');
  }
  if (price === undefined && prices === undefined && step.amount === undefined) {
    reader.mistakes.add(path, 'The step has no price.', 'Write `price` and `per`, or `amount`.');
  }
  return {
    upTo: step.upTo === undefined ? Infinity : reader.quantity(step.upTo, [...path, 'upTo']),
    price: price === undefined || per === undefined ? null : reader.unitPrice(price, per, path),
    prices: prices === undefined || per === undefined ? null : byBand(reader, prices, per, path),
    per: per === undefined ? 1 : reader.quantity(per, [...path, 'per']),
    unit: step.unit ?? 'exact',
    amount: microsRatio(step.amount ?? '0'),
  };
}

function byBand(reader: PeriodReader, prices: Record<string, string>, per: string, path: Path): StepModel['prices'] {
  return new Map(
    Object.entries(prices).flatMap(([band, price]) =>
      (reader.bandsOf(band, [...path, 'prices']) ?? []).map(
        (number) => [number, reader.unitPrice(price, per, path)] as const,
      ),
    ),
  );
}

function checkSteps(reader: PeriodReader, steps: readonly StepModel[], path: Path): void {
  steps.forEach(({ upTo }, index) => {
    const last = index === steps.length - 1;
    if (last === (upTo === Infinity) && (index === 0 || upTo > steps[index - 1].upTo)) return;
    reader.mistakes.add(
      [...path, 'steps', index],
      last ? 'The last step has an end: what is used beyond it would have no price.' : 'It ends before it begins.',
      last ? 'Remove `upTo`.' : 'Give all steps but the last an `upTo`, ascending.',
    );
  });
}
