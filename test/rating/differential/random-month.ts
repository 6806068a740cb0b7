/** A month of a customer under a tariff, with usage of as many months before as the tariff looks back. */
import { fields, list, type Fields, type Tree } from '../model/document.ts';
import type { Case } from './compare.ts';
import { randomAttributes } from './random-energy.ts';
import { randomMonthUsages } from './random-usage.ts';
import type { Random } from './random.ts';

export function randomMonth(random: Random, tariff: Fields): Case {
  const period = random.pick(['2026-02', '2026-03', '2026-10', '2026-12']);
  const day = () => `${period}-${String(random.int(1, 28)).padStart(2, '0')}`;
  const [first, last] = [day(), day()].sort() as [string, string];
  const starts = random.chance(0.3) ? { starts: first } : {};
  const ends = random.chance(0.3) && first < last ? { ends: last } : {};
  // Now and then it changes within the month.
  const dated = (value: () => string): Tree =>
    random.chance(0.3) ? { '2020-01-01': value(), [day()]: value() } : value();
  const customer = {
    persons: dated(() => String(random.int(1, 5))),
    ...(tariff.energy === undefined ? {} : randomAttributes(random)),
    ...(tariff.service === 'electricity' ? meteredAttributes(random) : {}),
    ...(random.chance(0.7) ? { category: dated(() => random.pick(['a', 'b'])) } : {}),
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
function looksBack(tariff: Fields): number {
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
