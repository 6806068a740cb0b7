/** A run: many random tariffs, each with many usages, until the wanted number of ratings or the first difference. */
import { differenceOf, mistakes, yamlOf, yamlWithTest, type Case, type Difference } from './compare.ts';
import { randomTariff } from './random-tariff.ts';
import { fields, list, type Fields, type Tree } from '../model/document.ts';
import { randomAttributes } from './random-energy.ts';
import { randomMonthUsages, randomUsages } from './random-usage.ts';
import { Random } from './random.ts';
import { shrink } from './shrink.ts';

export interface RunOptions {
  seed: number;
  /** Usages rated as records. */
  ratings: number;
  usagesPerTariff: number;
  /** Months settled for each tariff. */
  months: number;
}

export interface RunResult {
  tariffs: number;
  /** Random tariffs that the language refused; they are left out. */
  refused: number;
  ratings: number;
  months: number;
  settled: number;
  /** The smallest case, as a tariff file with its test, and what differs. */
  difference: string | null;
}

export function run({ seed, ratings, usagesPerTariff, months }: RunOptions): RunResult {
  const done: RunResult = { tariffs: 0, refused: 0, ratings: 0, months: 0, settled: 0, difference: null };
  for (let round = 0; done.ratings < ratings; round++) {
    const random = new Random(seed + 7919 * round);
    const tariff = randomTariff(random);
    if (mistakes({ tariff, usages: [] }).length > 0) {
      done.refused++;
      continue;
    }
    done.tariffs++;
    const cases: Case[] = [
      { tariff, usages: randomUsages(random, tariff, Math.min(usagesPerTariff, ratings - done.ratings)) },
      ...random.times(months, () => randomMonth(random, tariff)),
    ];
    for (const one of cases) {
      const found = caught(one);
      if (found !== null) return { ...done, difference: report(one, found, seed, round) };
      if (one.month === undefined) done.ratings += one.usages.length;
      else [done.months, done.settled] = [done.months + 1, done.settled + one.usages.length];
    }
  }
  return done;
}

function randomMonth(random: Random, tariff: Case['tariff']): Case {
  const period = random.pick(['2026-02', '2026-03', '2026-10', '2026-12']);
  const day = () => `${period}-${String(random.int(1, 28)).padStart(2, '0')}`;
  const [first, last] = [day(), day()].sort() as [string, string];
  const starts = random.chance(0.3) ? { starts: first } : {};
  const ends = random.chance(0.3) && first < last ? { ends: last } : {};
  const customer = {
    persons: String(random.int(1, 5)),
    ...(tariff.energy === undefined ? {} : randomAttributes(random)),
    ...(tariff.service === 'electricity' ? meteredAttributes(random) : {}),
    ...(random.chance(0.7) ? { category: random.pick(['a', 'b']) } : {}),
  };
  const month = { period, ...starts, ...ends, customer };
  const [from, to] = [starts.starts ?? `${period}-01`, ends.ends ?? nextMonth(period)];
  // Of months before too, where tariff and subscription are as old.
  const old = tariff.effective === '2000-01-01' && starts.starts === undefined;
  const since = old && random.chance(0.7) ? monthsBefore(period, looksBack(tariff)) : from;
  // In a month attributes are those of the customer.
  const usages = randomMonthUsages(random, tariff, since, to, random.int(0, since === from ? 12 : 24));
  return { tariff, usages: usages.map(({ attributes: _, ...usage }) => usage), month };
}

/** How many months before its own a settlement of the tariff reads. */
function looksBack(tariff: Case['tariff']): number {
  const period = fields(tariff.period);
  const all = ['allowances', 'net', 'demand'].flatMap((key) => list(period[key]).map(fields));
  const counts = all.flatMap(({ rollover, ratchet, bank }) => [
    many(fields(rollover).cycles),
    many(bank),
    Number(fields(ratchet).cycles ?? 0),
  ]);
  return Math.max(0, ...counts);
}

/** More than one cycle goes back to the first day of the tariff. */
function many(cycles: Tree | undefined): number {
  const count = Number(cycles ?? 0);
  return count > 1 ? 6 : count;
}

function meteredAttributes(random: Random): Fields {
  return {
    contractedKw: random.pick(['0.05', '1', '30']),
    lossPercent: random.pick(['2', '0.125']),
    ...{ ratedKva: '400', noLoadKw: random.pick(['0.95', '0']), loadKw: '5.5', peakKw: '230' },
  };
}

function monthsBefore(period: string, count: number): string {
  const [year, month] = period.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, month - 1 - count, 1)).toISOString().slice(0, 10);
}

function nextMonth(period: string): string {
  const [year, month] = period.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
}

/** An exception is a difference too. */
function caught(one: Case): Difference | null {
  try {
    return differenceOf(one);
  } catch (error) {
    return { usage: -1, text: `threw ${String(error)}` };
  }
}

function report(one: Case, found: Difference, seed: number, round: number): string {
  const start = found.usage >= 0 ? { ...one, usages: [one.usages[found.usage]!] } : one;
  const wrong = mistakes(start);
  if (wrong.length > 0) return `seed ${seed}, tariff ${round}: refused: ${wrong.join('; ')}\n${yamlOf(start.tariff)}`;
  const smallest = shrink(start, (smaller) => mistakes(smaller).length === 0 && differs(smaller, found));
  const text = caught(smallest)?.text ?? found.text;
  return `seed ${seed}, tariff ${round}: ${text}\n${yamlWithTest(smallest)}`;
}

/** Of the same kind: a smaller case that fails for another reason is no explanation. */
function differs(smaller: Case, found: Difference): boolean {
  const other = caught(smaller);
  const kind = ({ text }: Difference) =>
    text.startsWith('threw') ? 'threw' : / is not in \d{4}-\d\d/.test(text) ? 'outside' : 'amounts';
  return other !== null && kind(other) === kind(found);
}
