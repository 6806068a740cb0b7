/**
 * Gas: the volume that a meter counted as the energy that is sold. Exact, and rounded once, half-up.
 *
 * A usage that lasts has the mean of its days, each by the time of it that lies in the usage: its volume is taken as even.
 */
import { DAY_MS } from '../arithmetic/calendar.ts';
import { ratio, type Ratio } from '../arithmetic/ratio.ts';
import { divideRoundedBig } from '../arithmetic/rounding.ts';
import type { Asked, CompiledTariff } from '../compiler/index.ts';
import { BILLIONTHS, billionths, energyUnit, type FactorModel } from '../language/index.ts';
import { DIVIDED_MS_MAX } from './band-at.ts';
import { RateCode } from './codes.ts';
import type { Priced } from './priced.ts';

const HALF_UP = 0;

export type AttributeOf = (name: string) => string | null;

/** How it was found, for explanations. */
export interface EnergyTold {
  litres: number;
  wattHours: number;
  /** Days of the usage. */
  days: number;
  /** Means over the usage. */
  calorific: Ratio;
  correction: Ratio;
  area: string;
}

/** The usage in `out` from litres to Wh: `total`, or the code. */
export function toEnergy(tariff: CompiledTariff, out: Priced, attributeOf: AttributeOf): EnergyTold | null {
  const energy = tariff.model.energy!;
  const { startMs, endMs, total: litres } = out;
  // What is no quantity is refused when it is priced.
  if (!Number.isSafeInteger(litres) || litres < 0) return null;
  if (endMs - startMs > DIVIDED_MS_MAX) return refused(out, RateCode.overflow);
  const [calorific, correction] = [factorOf(energy.calorific, attributeOf), factorOf(energy.correction, attributeOf)];
  if (calorific === null || correction === null) return refused(out, RateCode.attribute);
  let [days, spanMs, sum, calorificSum, correctionSum] = [0, 0n, 0n, 0n, 0n];
  for (const { day, ms } of gasDays(tariff, startMs, endMs)) {
    const [heat, factor] = [calorific.on(day), correction.on(day)];
    if (heat === null || factor === null) return refused(out, RateCode.noCalorific);
    days++;
    spanMs += ms;
    sum += heat * factor * ms;
    calorificSum += heat * ms;
    correctionSum += factor * ms;
  }
  const { num, den } = energyUnit(energy);
  const step = BigInt(energy.roundTo);
  const exact = BigInt(litres) * sum * num;
  const wattHours = Number(divideRoundedBig(exact, BILLIONTHS * BILLIONTHS * spanMs * den * step, HALF_UP) * step);
  if (!Number.isSafeInteger(wattHours)) return refused(out, RateCode.overflow);
  out.total = wattHours;
  return {
    ...{ litres, wattHours, days, area: calorific.area },
    calorific: ratio(calorificSum, BILLIONTHS * spanMs),
    correction: ratio(correctionSum, BILLIONTHS * spanMs),
  };
}

/** Attributes of the customer of a row, at the start of its usage. */
export function attributesOf({ usage, facts: { customers }, row }: Asked): AttributeOf {
  return (name) => {
    const number = customers?.attributeNo(name) ?? -1;
    if (customers === null || number < 0) return null;
    return customers.valueOf(usage.subscriptionNo[row], number, usage.startMs[row]);
  };
}

function refused(out: Priced, code: number): null {
  out.code = code;
  return null;
}

/** By day, in billionths. */
interface Factor {
  area: string;
  on(day: number): bigint | null;
}

function factorOf(factor: FactorModel, attributeOf: AttributeOf): Factor | null {
  switch (factor.kind) {
    case 'value':
      return { area: '', on: () => factor.value };
    case 'attribute': {
      const value = billionths(attributeOf(factor.name) ?? '');
      return value === null ? null : { area: '', on: () => value };
    }
    case 'series': {
      const area = factor.area === null ? '' : attributeOf(factor.area);
      if (area === null) return null;
      const series = factor.areas.get(area);
      return { area, on: (day) => series?.values[day - series.first] ?? null };
    }
  }
}

/** The gas days of a usage with their time; a moment is in one day. */
function* gasDays(
  { clock, model: { energy } }: CompiledTariff,
  startMs: number,
  endMs: number,
): Generator<{ day: number; ms: bigint }> {
  const { dayBeginsMs } = energy!;
  const dayAt = (ms: number) => Math.floor((clock.toLocalMs(ms) - dayBeginsMs) / DAY_MS);
  if (!(endMs > startMs)) return yield { day: dayAt(startMs), ms: 1n };
  for (let nowMs = startMs; nowMs < endMs;) {
    const day = dayAt(nowMs);
    const border = (day + 1) * DAY_MS + dayBeginsMs;
    // Where the hands go back over the border it is met twice: the day ends when they meet it last.
    const untilMs = Math.min(endMs, clock.toUtcMs(border, 'later'));
    yield { day, ms: BigInt(untilMs - nowMs) };
    nowMs = untilMs;
  }
}
