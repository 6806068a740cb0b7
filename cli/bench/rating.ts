/** `tollgrid bench rating`: rating alone, columns in, columns out, on one core. */
import os from 'node:os';
import type { CommandSpec } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { tableLines, whole } from '../table.ts';
import { RATING_CASES, type Prepared } from './rating-cases.ts';

interface Options {
  rows: number;
  rounds: number;
}

interface Measured {
  name: string;
  /** Ratings, or whatever the case counts, in a second of one core. */
  perSecond: number;
  bestPerSecond: number;
  nanoseconds: number;
  counted: string;
  /** Making what is measured, where that says something: tariffs with many prefixes. */
  compileMs: number | null;
  memoryBytes: number | null;
}

export const benchRating: CommandSpec<Options> = {
  usage: 'rating',
  summary: 'Rating alone: columns in, columns out, local time and zones looked up, ratings per second of one core',
  options: [
    { flags: '--rows <n>', text: 'Usages that are rated in a round', default: '200000', parse: wholeNumber },
    { flags: '--rounds <n>', text: 'How often each is measured', default: '15', parse: wholeNumber },
  ],
  examples: ['tollgrid bench rating', 'tollgrid bench rating --rounds 5 --json'],
  run: ({ io, json }, _args, { rows, rounds }) => {
    const results: Measured[] = [];
    for (const prepare of RATING_CASES) {
      for (const prepared of prepare(rows)) {
        io.note(`${prepared.name} ...`);
        results.push(measure(prepared, rounds));
      }
    }
    const machine = `${os.cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
    if (json) io.out(JSON.stringify({ rows, rounds, machine, results }));
    else io.out([...lines(results), `medians of ${rounds} rounds (${machine})`].join('\n'));
    return Promise.resolve(0);
  },
};

function measure(
  { name, count, counted, run, compileMs = null, memoryBytes = null }: Prepared,
  rounds: number,
): Measured {
  const nanoseconds: number[] = [];
  for (let round = 0; round < Math.max(1, rounds); round++) {
    const before = process.hrtime.bigint();
    run();
    nanoseconds.push(Number(process.hrtime.bigint() - before) / count);
  }
  nanoseconds.sort((a, b) => a - b);
  const median = nanoseconds[nanoseconds.length >> 1];
  const perSecond = (ns: number) => Math.round(1e9 / ns);
  return {
    name,
    counted,
    perSecond: perSecond(median),
    bestPerSecond: perSecond(nanoseconds[0]),
    nanoseconds: Math.round(median),
    compileMs,
    memoryBytes,
  };
}

function lines(results: readonly Measured[]): string[] {
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return tableLines(
    [
      { head: 'case', value: ({ name }) => name },
      { head: 'per second', value: ({ perSecond }) => whole(perSecond), align: 'right' },
      { head: 'best', value: ({ bestPerSecond }) => whole(bestPerSecond), align: 'right' },
      { head: 'each', value: ({ nanoseconds, counted }) => `${whole(nanoseconds)} ns per ${counted}`, align: 'right' },
      { head: 'compiled in', value: ({ compileMs }) => (compileMs === null ? '' : `${compileMs} ms`), align: 'right' },
      {
        head: 'memory',
        value: ({ memoryBytes }) => (memoryBytes === null ? '' : megabytes(memoryBytes)),
        align: 'right',
      },
    ],
    results,
  );
}
