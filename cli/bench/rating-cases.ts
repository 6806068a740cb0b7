/** What `tollgrid bench rating` measures. A new case is one more function in the list. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileTariff, prepareTariff, rateUsage, TariffBook, type CompiledTariff } from '../../rating/index.ts';
import { callTariff, dataTariff, makePrefixes, makeRandom, powerTariff } from './rating-tariffs.ts';
import { benchBlockSettlement } from './settlement-case.ts';
import { makeColumns, type BenchUsage } from './rating-columns.ts';

export interface Prepared {
  name: string;
  /** What one is called, and how many of them `run` does. */
  counted: string;
  count: number;
  run(): void;
  compileMs?: number | null;
  memoryBytes?: number | null;
}

/** Makes the cases that have a part in common; `rows`: how many usages to rate at once. */
export type RatingCase = (rows: number) => Generator<Prepared>;

const OCTOBER = Date.UTC(2026, 9, 1);
const MINUTE_MS = 60_000;

function* calls(rows: number): Generator<Prepared> {
  yield* callsAmong(50_000, rows);
}

function* callsAmongAMillion(rows: number): Generator<Prepared> {
  yield* callsAmong(1_000_000, rows);
}

function* callsAmong(prefixCount: number, rows: number): Generator<Prepared> {
  const random = makeRandom(1);
  const prefixes = makePrefixes(prefixCount, random);
  const csv = prefixes.map((prefix) => `${prefix},zone-${random(200)}`).join('\n');
  const { tariff, compileMs, memoryBytes } = compiled(callTariff(), { 'zones.csv': csv });
  const among = `${prefixCount / 1000} thousand prefixes`;
  for (const [what, seconds] of [
    ['call of 60 s', 60],
    ['call of an hour in steps of 1 s', 3600],
  ] as const) {
    const usages = repeat(rows, () => ({
      startMs: OCTOBER + random(30 * 86_400) * 1000,
      quantity: seconds * 1000,
      to: `${prefixes[random(prefixes.length)]}${String(random(10 ** 9)).padStart(9, '0')}`.slice(0, 12),
    }));
    yield { ...rating(`${what}, ${among}`, tariff, usages), compileMs, memoryBytes };
  }
}

function* sessionAcrossBands(rows: number): Generator<Prepared> {
  const random = makeRandom(2);
  const { tariff } = compiled(dataTariff(), {});
  // From the afternoon through the evening into the night.
  const usages = repeat(rows, () => {
    const startMs = OCTOBER + random(30) * 86_400_000 + (11 * 60 + random(180)) * MINUTE_MS;
    return { startMs, endMs: startMs + (11 * 60 + random(60)) * MINUTE_MS, quantity: 1_000_000 + random(2 ** 31) };
  });
  yield rating('data session across three bands, by share of time', tariff, usages);
}

function* quarterHours(rows: number): Generator<Prepared> {
  const random = makeRandom(3);
  const { tariff } = compiled(powerTariff(), {});
  const usages = repeat(rows, () => {
    const startMs = OCTOBER + random(30 * 96) * 15 * MINUTE_MS;
    return { startMs, endMs: startMs + 15 * MINUTE_MS, quantity: random(5000) };
  });
  yield rating('kWh of a quarter of an hour, three zones', tariff, usages);
}

export const RATING_CASES: readonly RatingCase[] = [
  calls,
  sessionAcrossBands,
  quarterHours,
  benchBlockSettlement,
  callsAmongAMillion,
];

function rating(name: string, tariff: CompiledTariff, usages: readonly BenchUsage[]): Prepared {
  const { usage, records } = makeColumns(tariff, usages);
  const book = TariffBook.build([tariff]);
  const binding = book.bind([tariff.name]);
  return {
    name,
    counted: 'rating',
    count: usages.length,
    run: () => {
      rateUsage(book, binding, usage, records, 0, usage.count);
      if (usage.code.subarray(0, usage.count).some((code) => code !== 0)) throw new Error(`${name}: one was not rated`);
    },
  };
}

/** As a rater reads it from the log: the publication is there already. */
function compiled(
  text: string,
  files: Record<string, string>,
): { tariff: CompiledTariff; compileMs: number; memoryBytes: number } {
  const publication = prepareTariff(text, (name) => files[name]);
  const before = heldBytes();
  const startedNs = process.hrtime.bigint();
  const tariff = compileTariff(publication);
  const compileMs = Math.round(Number(process.hrtime.bigint() - startedNs) / 1e6);
  return { tariff, compileMs, memoryBytes: heldBytes() - before };
}

/** Memory that is held, after what is not was collected. */
function heldBytes(): number {
  setFlagsFromString('--expose_gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
