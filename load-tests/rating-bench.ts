/**
 * Rating alone: columns in, columns out, local time and zone look-up included. `npx tsx load-tests/rating-bench.ts`
 * Prints nanoseconds per call for 60 s and for an hour at one-second increments, among 50,000 and 1,000,000 prefixes.
 */
import { RecordColumns, TEXT_FIELDS } from '../schemas/columns/record-columns.ts';
import { UsageColumns } from '../schemas/columns/usage-columns.ts';
import { TariffBook, compileTariff, prepareTariff, rateUsage } from '../rating/index.ts';

const ROWS = 200_000;
const ROUNDS = 15;
const OTHER_PARTY = TEXT_FIELDS.indexOf('calledParty');

/** A small generator of its own, so that figures repeat. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function makePrefixes(count: number, random: (below: number) => number): string[] {
  const prefixes = new Set<string>();
  while (prefixes.size < count) {
    const length = 3 + random(count > 100_000 ? 7 : 5);
    let prefix = String(1 + random(9));
    while (prefix.length < length) prefix += String(random(10));
    prefixes.add(prefix);
  }
  return [...prefixes];
}

function tariffText(crossing: string): string {
  const zones = Array.from({ length: 200 }, (_, zone) => `zone-${zone}`);
  return `name: bench
effective: 2020-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
holidays: [2026-01-01, 2026-12-25]
bands:
  day: [{ days: [workday], from: '08:00', to: '20:00' }]
  night: [{ days: [workday], from: '20:00', to: '08:00' }, { days: [weekend, holiday], from: '00:00', to: '24:00' }]
zones: { rest: [''] }
zonesFile: zones.csv
crossing: ${crossing}
rules:
  - { zone: rest, price: { setup: 0.25, price: 9.9, per: 1min, first: 1s, then: 1s } }
${zones
  .flatMap((zone, index) => [
    `  - { zone: ${zone}, band: day, price: { setup: 0.25, price: ${index}.37, per: 1min, first: 1s, then: 1s } }`,
    `  - { zone: ${zone}, band: night, price: { setup: 0.25, price: ${index}.21, per: 1min, first: 1s, then: 1s } }`,
  ])
  .join('\n')}
`;
}

function makeColumns(prefixes: readonly string[], seconds: number, random: (below: number) => number) {
  const records = new RecordColumns(0, ROWS, ROWS * 12);
  const usage = new UsageColumns(ROWS);
  for (let row = 0; row < ROWS; row++) {
    usage.push();
    const digits = `${prefixes[random(prefixes.length)]}${String(random(10 ** 9)).padStart(9, '0')}`.slice(0, 12);
    for (let place = 0; place < 12; place++) records.text[row * 12 + place] = digits.charCodeAt(place);
    records.textOffset[OTHER_PARTY][row] = row * 12;
    records.textLength[OTHER_PARTY][row] = 12;
    usage.record[row] = row;
    // A month of calls at any time of it.
    usage.startMs[row] = Date.UTC(2026, 9, 1) + random(30 * 86_400) * 1000;
    usage.quantity[row] = seconds * 1000;
    usage.endMs[row] = usage.startMs[row] + seconds * 1000;
  }
  return { records, usage };
}

function bench(name: string, prefixCount: number, crossing: string): void {
  const random = generator(1);
  const prefixes = makePrefixes(prefixCount, random);
  const csv = prefixes.map((prefix) => `${prefix},zone-${random(200)}`).join('\n');
  const publication = prepareTariff(tariffText(crossing), () => csv);
  const startNs = process.hrtime.bigint();
  const tariff = compileTariff(publication);
  const compileMs = Number(process.hrtime.bigint() - startNs) / 1e6;
  const book = TariffBook.build([tariff]);
  const binding = book.bind(['bench']);
  const figures = [60, 3600].map((seconds) => {
    const { records, usage } = makeColumns(prefixes, seconds, random);
    let best = Infinity;
    for (let round = 0; round < ROUNDS; round++) {
      const before = process.hrtime.bigint();
      rateUsage(book, binding, usage, records, 0, ROWS);
      best = Math.min(best, Number(process.hrtime.bigint() - before) / ROWS);
    }
    if (usage.code.some((code) => code !== 0)) throw new Error('a call of the benchmark was not rated');
    return `${seconds} s: ${best.toFixed(0)} ns (${(1000 / best).toFixed(1)} million/s)`;
  });
  console.log(
    `${name}, ${prefixCount} prefixes, read and compiled in ${compileMs.toFixed(0)} ms, trie ${(tariff.trie.byteLength / 2 ** 20).toFixed(1)} MiB; ${figures.join(', ')}`,
  );
}

bench('by-start', 50_000, 'by-start');
bench('by-increment', 50_000, 'by-increment');
bench('by-start', 1_000_000, 'by-start');
