/** `tollgrid bench safety`: what it costs that nothing is lost. The same work with the log synced, not synced, in memory. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CommandSpec } from '../command.ts';
import { generateCalls } from '../generate/index.ts';
import { wholeNumber } from '../options.ts';
import { tableLines, whole } from '../table.ts';
import type { Keeping, PushLoad, SafetySide } from './safety-side.ts';
import { memoryFolder, Syncs } from './unsynced.ts';

interface Options {
  records: number;
  requests: number;
  events: number;
  clients: number;
  rounds: number;
  folder?: string;
}

const SEED = 1;
const ACCOUNTS = 20_000;
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2020, 0, 1);
const DAYS = 30;

/** What is measured; more is better. */
interface Measure {
  name: string;
  unit: string;
  run(side: SafetySide, round: number): Promise<{ value: number; p50Ms?: number; p99Ms?: number }>;
}

export const benchSafety: CommandSpec<Options> = {
  usage: 'safety',
  summary: 'The cost of safety: files and pushed usage with the log synced, not synced, and in memory, in turns',
  options: [
    { flags: '--records <n>', text: 'Calls in the file of a round', default: '300000', parse: wholeNumber },
    { flags: '--requests <n>', text: 'Requests of a round', default: '400', parse: wholeNumber },
    { flags: '--events <n>', text: 'Events in a request', default: '20', parse: wholeNumber },
    { flags: '--clients <n>', text: 'Clients that push at one time', default: '16', parse: wholeNumber },
    { flags: '--rounds <n>', text: 'How often each is measured', default: '5', parse: wholeNumber },
    { flags: '--folder <folder>', text: 'Where to work, on the disk that is measured; otherwise a temporary folder' },
  ],
  examples: ['tollgrid bench safety', 'tollgrid bench safety --records 50000 --rounds 1 --json'],
  run: async ({ io, json }, _args, options) => {
    const { SafetySide: Side } = await import('./safety-side.ts');
    const home = fs.mkdtempSync(path.join(options.folder ?? os.tmpdir(), 'tollgrid-bench-'));
    const memory = memoryFolder();
    const inMemory = memory === null ? null : fs.mkdtempSync(path.join(memory, 'tollgrid-bench-'));
    const syncs = await Syncs.take();
    const sides: SafetySide[] = [];
    io.note('Two of three are run WITHOUT SYNCS, in this benchmark only: nothing of them is safe.');
    try {
      const files = await generated(home, options);
      for (const keeping of keepings(inMemory)) {
        io.note(`Starting: ${keeping.name} ...`);
        sides.push(await Side.start(keeping, syncs, files[0], path.join(home, `side-${sides.length}`)));
      }
      const measures = measuresOf(
        options,
        files.map((file) => file.files[0]),
      );
      // Round 0 warms up and does not count.
      const taken = measures.map(() => sides.map(() => [] as Sample[]));
      for (let round = 0; round <= options.rounds; round++) {
        for (const [no, measure] of measures.entries()) {
          for (const which of turns(sides.length, round)) {
            const sample = await measure.run(sides[which], round);
            if (round > 0) taken[no][which].push(sample);
          }
        }
        if (round > 0) io.note(`round ${round} of ${options.rounds}`);
      }
      for (const side of sides) await side.check();
      const result = {
        ...options,
        measures: measures.map(({ name, unit }, no) => ({ name, unit, ways: waysOf(sides, taken[no]) })),
        machine: `${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
        loadAverage: os.loadavg().map((load) => Number(load.toFixed(1))),
      };
      io.out(json ? JSON.stringify(result) : [...result.measures.flatMap(lines), footer(result)].join('\n'));
    } finally {
      for (const side of sides) await side.stop();
      syncs.restore();
      fs.rmSync(home, { recursive: true, force: true });
      if (inMemory !== null) fs.rmSync(inMemory, { recursive: true, force: true });
    }
  },
};

interface Sample {
  value: number;
  p50Ms?: number;
  p99Ms?: number;
}

function keepings(inMemory: string | null): Keeping[] {
  return [
    { name: 'synced', syncs: true, memory: null },
    { name: 'written, not synced', syncs: false, memory: null },
    ...(inMemory === null ? [] : [{ name: 'log in memory', syncs: false, memory: inMemory }]),
  ];
}

/** Each round begins with another one. */
function turns(count: number, round: number): number[] {
  return Array.from({ length: count }, (_, no) => (no + round) % count);
}

/** A file per round, each of other days: all of its calls are new. */
async function generated(home: string, { records, rounds }: Options) {
  const files = [];
  for (let round = 0; round <= rounds; round++) {
    const folder = path.join(home, `calls-${round}`);
    fs.mkdirSync(folder);
    const firstDay = new Date(FIRST_DAY + round * DAYS * DAY_MS).toISOString().slice(0, 10);
    const outFile = path.join(folder, 'calls.csv');
    files.push(await generateCalls({ seed: SEED, records, accounts: ACCOUNTS, outFile, days: DAYS, firstDay }));
    // Old enough for the collector to take it at its first look.
    fs.utimesSync(outFile, new Date(0), new Date(0));
  }
  return files;
}

function measuresOf({ records, requests, events, clients }: Options, files: readonly string[]): Measure[] {
  const push = async (side: SafetySide, load: PushLoad): Promise<Sample> => {
    const { requestsPerSecond, p50Ms, p99Ms } = await side.push(load);
    return { value: requestsPerSecond, p50Ms, p99Ms };
  };
  return [
    {
      name: 'a file, until its charges can be asked for',
      unit: 'records/s',
      run: async (side, round) => ({ value: records / (await side.load(files[round])) }),
    },
    {
      name: `pushes of ${events} events, one client`,
      unit: 'requests/s',
      run: (side) => push(side, { clients: 1, requests: Math.ceil(requests / 4), eventsPerRequest: events }),
    },
    {
      name: `pushes of ${events} events, ${clients} clients`,
      unit: 'requests/s',
      run: (side) => push(side, { clients, requests, eventsPerRequest: events }),
    },
  ];
}

interface Way {
  name: string;
  median: number;
  all: number[];
  /** Against `synced`. */
  ratio: number;
  p50Ms: number | null;
  p99Ms: number | null;
}

function waysOf(sides: readonly SafetySide[], samples: readonly Sample[][]): Way[] {
  const medians = samples.map((of) => median(of.map(({ value }) => value)));
  return sides.map(({ keeping }, no) => ({
    name: keeping.name,
    median: Math.round(medians[no]),
    all: samples[no].map(({ value }) => Math.round(value)),
    ratio: Number((medians[no] / medians[0]).toFixed(3)),
    p50Ms: milliseconds(samples[no].map(({ p50Ms }) => p50Ms)),
    p99Ms: milliseconds(samples[no].map(({ p99Ms }) => p99Ms)),
  }));
}

function milliseconds(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : Number(median(known).toFixed(2));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function lines({ name, unit, ways }: { name: string; unit: string; ways: Way[] }): string[] {
  const time = (value: number | null): string => (value === null ? '' : `${value} ms`);
  return [
    name,
    ...tableLines(
      [
        { head: 'log and spool', value: (way) => way.name },
        { head: unit, value: (way) => whole(way.median), align: 'right' },
        { head: 'against synced', value: (way) => way.ratio.toFixed(2), align: 'right' },
        { head: 'half within', value: (way) => time(way.p50Ms), align: 'right' },
        { head: '99 % within', value: (way) => time(way.p99Ms), align: 'right' },
      ],
      ways,
    ),
    '',
  ];
}

function footer({ rounds, machine, loadAverage }: { rounds: number; machine: string; loadAverage: number[] }): string {
  return `medians of ${rounds} rounds (${machine}, load average ${loadAverage.join(' ')})`;
}
