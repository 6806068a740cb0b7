/** Under random tariffs: how usage is divided among threads, batches and time of arrival says nothing about what stands. */
import { describe, it, expect } from 'vitest';
import { settle, type AttributeSpan, type SettledUsage, type SettlementCharge } from '../../../rating/index.ts';
import { fields, type Fields } from '../model/document.ts';
import { momentMs } from '../model/local-time.ts';
import type { Usage } from '../model/usage.ts';
import { mistakes, sideFile, yamlOf, type Case } from './compare.ts';
import { compiled, rateAll, rateWith, type EngineRow } from './engine.ts';
import { Random } from './random.ts';
import { randomMonth } from './random-month.ts';
import { randomTariff } from './random-tariff.ts';
import { randomUsages } from './random-usage.ts';

const SEED = Number(process.env.TOLLGRID_RATING_SEED ?? 11);
const TARIFFS = 40;

/** Random tariffs that the language takes. */
function* tariffs(): Generator<[Random, Fields]> {
  for (let round = 0, found = 0; found < TARIFFS; round++) {
    const random = new Random(SEED + 7919 * round);
    const tariff = randomTariff(random);
    if (mistakes({ tariff, usages: [] }).length > 0) continue;
    found++;
    yield [random, tariff];
  }
}

function shuffled<T>(random: Random, values: readonly T[]): T[] {
  return values
    .map((value) => [random.next(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

function batches<T>(random: Random, values: readonly T[]): T[][] {
  const all: T[][] = [];
  for (let from = 0; from < values.length; from += all.at(-1)!.length) {
    all.push(values.slice(from, from + random.int(1, 25)));
  }
  return all;
}

/** Settles a month of one subscription. */
function settlementOf(tariff: Fields, usages: readonly Usage[], month: NonNullable<Case['month']>) {
  const { book, standing: kept } = rateAll(yamlOf(tariff), sideFile, String(tariff.service), usages);
  const zone = String(tariff.timeZone);
  const at = (day: string | undefined) => (day === undefined ? null : momentMs(day, zone));
  const attributes = Object.entries(fields(month.customer)).flatMap(([name, value]): AttributeSpan[] => {
    if (typeof value === 'string') return [{ name, value, fromMs: null, toMs: null }];
    const days = Object.keys(value).sort();
    return days.map((day, index) => {
      return { name, value: String(fields(value)[day]), fromMs: at(day), toMs: at(days[index + 1]) };
    });
  });
  const assignments = [{ tariff: String(tariff.name), fromMs: at(month.starts), toMs: at(month.ends) }];
  const { period } = month;
  const all = usages.map((_, index) => kept(index)).filter((one) => one !== null);
  const settled = (known: readonly SettledUsage[], posted: readonly SettlementCharge[]) =>
    settle({ book, period, assignments, attributes, usages: known, posted });
  return Object.assign(settled, { usages: all });
}

/** What stands of each line; lines that cancel out are gone. */
function standing(charges: readonly SettlementCharge[]): Map<string, number[]> {
  const sums = new Map<string, number[]>();
  for (const { component, zone, band, version, payer, cycle, quantity, amountMicros, taxMicros } of charges) {
    const key = [component, zone, band, version, payer, cycle].join('/');
    const before = sums.get(key) ?? [0, 0, 0];
    sums.set(key, [before[0]! + quantity, before[1]! + amountMicros, before[2]! + taxMicros]);
  }
  return new Map([...sums].filter(([, values]) => values.some((value) => value !== 0)));
}

describe(`under random tariffs (TOLLGRID_RATING_SEED=${SEED})`, () => {
  it('several threads in turn, each with its own book, rate what one rates at once', () => {
    for (const [random, tariff] of tariffs()) {
      const usages = randomUsages(random, tariff, 120);
      const [yaml, service] = [yamlOf(tariff), String(tariff.service)];
      const once = rateAll(yaml, sideFile, service, usages);
      const threads = random.times(random.int(2, 4), () => compiled(yaml, sideFile));
      const found: EngineRow[] = [];
      // Small batches, now of this thread and now of that one, each behind what others left.
      for (const batch of batches(random, shuffled(random, [...usages.keys()]))) {
        const rated = rateWith(
          random.pick(threads),
          service,
          batch.map((index) => usages[index]!),
        );
        batch.forEach((index, place) => (found[index] = rated.row(place)));
      }
      expect(found, yaml).toEqual(usages.map((_, index) => once.row(index)));
    }
  });

  it('order and batches of arrival do not change what is settled, and what is taken back cancels', () => {
    let lines = 0;
    for (const [random, tariff] of tariffs()) {
      if (tariff.period === undefined || tariff.energy !== undefined) continue;
      const { usages, month } = randomMonth(random, tariff);
      const settled = settlementOf(tariff, usages, month!);
      const at = (known: readonly SettledUsage[], posted: readonly SettlementCharge[]) =>
        settled(shuffled(random, known), posted);
      const all = settled.usages;
      const [whole, nothing] = [at(all, []), at([], [])];
      const posted: SettlementCharge[] = [];
      let known: SettledUsage[] = [];
      for (const batch of batches(random, shuffled(random, all))) {
        known = [...known, ...batch];
        posted.push(...at(known, posted));
      }
      posted.push(...at(known, posted));
      expect(standing(posted), yamlOf(tariff)).toEqual(standing(whole));
      expect(at(all, posted), yamlOf(tariff)).toEqual([]);
      posted.push(...at([], posted));
      expect(standing(posted), yamlOf(tariff)).toEqual(standing(nothing));
      lines += whole.length;
    }
    expect(lines).toBeGreaterThan(50);
  });
});
