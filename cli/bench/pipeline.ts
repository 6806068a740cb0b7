/** `tollgrid bench pipeline`: Tollgrid's whole path and the engine alone, in turns, on the same file. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CommandSpec } from '../command.ts';
import { generateCalls } from '../generate/index.ts';
import { wholeNumber } from '../options.ts';
import { tableLines, whole } from '../table.ts';
import { requireEqual } from './check-sums.ts';
import type { SideResult } from './sides.ts';

interface Options {
  records: number;
  rounds: number;
  accounts: number;
  threads: number;
  seed: number;
  folder?: string;
}

/** Calls of another month that each side works through before its clock starts. */
const WARM_UP_SHARE = 0.1;
const WARM_UP_DAY = '2026-10-01';

interface Round {
  tollgrid: SideResult;
  /** The engine as it comes. */
  plain: SideResult;
  /** The engine with every core made to insert. */
  tuned: SideResult;
}

export const benchPipeline: CommandSpec<Options> = {
  usage: 'pipeline',
  summary: 'From file to charges: Tollgrid against the ClickHouse engine alone, in turns, same rows and sums',
  options: [
    { flags: '--records <n>', text: 'Calls in the file', default: '2000000', parse: wholeNumber },
    { flags: '--rounds <n>', text: 'How often each side runs', default: '5', parse: wholeNumber },
    { flags: '--accounts <n>', text: 'Callers', default: '20000', parse: wholeNumber },
    { flags: '--threads <n>', text: 'Rating threads', default: '2', parse: wholeNumber },
    { flags: '--seed <n>', text: 'Of the generated file', default: '1', parse: wholeNumber },
    { flags: '--folder <folder>', text: 'Where to work; otherwise a temporary folder that is removed' },
  ],
  examples: ['tollgrid bench pipeline', 'tollgrid bench pipeline --records 200000 --rounds 1 --json'],
  run: async ({ io, json }, _args, options) => {
    // Imported here: the server is large, and no other command should wait for it.
    const [{ runEngineAlone }, { runTollgrid }] = await Promise.all([
      import('./engine-side.ts'),
      import('./tollgrid-side.ts'),
    ]);
    const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-bench-'));
    try {
      io.note(`Writing ${whole(options.records)} calls ...`);
      const outFile = path.join(folder, 'calls.csv');
      const { records, accounts, seed } = options;
      const generated = await generateCalls({ seed, records, accounts, outFile });
      const warmUpFile = path.join(folder, 'warm-up', 'warm-up.csv');
      fs.mkdirSync(path.dirname(warmUpFile), { recursive: true });
      await generateCalls({
        seed,
        records: Math.ceil(records * WARM_UP_SHARE),
        accounts,
        outFile: warmUpFile,
        firstDay: WARM_UP_DAY,
      });
      // Old enough for the collector to take them at its first look.
      for (const file of [outFile, warmUpFile]) fs.utimesSync(file, new Date(0), new Date(0));
      const rounds: Round[] = [];
      for (let round = 1; round <= options.rounds; round++) {
        const tollgrid = await runTollgrid({
          generated,
          warmUpFile,
          folder: path.join(folder, 'tollgrid'),
          threads: options.threads,
        });
        const plain = await runEngineAlone(generated, warmUpFile, path.join(folder, 'engine'), 'plain');
        const tuned = await runEngineAlone(generated, warmUpFile, path.join(folder, 'engine'), 'tuned');
        requireEqual(tollgrid.sums, plain.sums);
        requireEqual(tollgrid.sums, tuned.sums);
        rounds.push({ tollgrid, plain, tuned });
        const [ours, alone, fastest] = [tollgrid, plain, tuned].map(({ seconds }) => seconds.toFixed(2));
        io.note(`round ${round}: Tollgrid ${ours} s, engine alone ${alone} s, tuned ${fastest} s`);
      }
      const result = resultOf(options.records, rounds);
      io.out(json ? JSON.stringify(result) : [...summary(result), ''].join('\n'));
    } finally {
      if (options.folder === undefined) fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

type Result = ReturnType<typeof resultOf>;

function resultOf(records: number, rounds: readonly Round[]) {
  const secondsOf = (side: keyof Round): number[] => rounds.map((round) => round[side].seconds);
  const rate = (side: keyof Round): number => Math.round(records / median(secondsOf(side)));
  const ratio = (floor: keyof Round): number =>
    Number((median(secondsOf(floor)) / median(secondsOf('tollgrid'))).toFixed(3));
  const rss = (side: keyof Round): number => Math.max(...rounds.map((round) => round[side].rssBytes));
  return {
    records,
    rounds: rounds.length,
    recordsPerSecond: rate('tollgrid'),
    floorRecordsPerSecond: rate('plain'),
    tunedFloorRecordsPerSecond: rate('tuned'),
    /** Of the medians; above 1 Tollgrid is the faster one. */
    ratio: ratio('plain'),
    tunedRatio: ratio('tuned'),
    rssBytes: rss('tollgrid'),
    floorRssBytes: rss('plain'),
    tunedFloorRssBytes: rss('tuned'),
    seconds: { tollgrid: secondsOf('tollgrid'), plain: secondsOf('plain'), tuned: secondsOf('tuned') },
    sums: rounds[0].tollgrid.sums,
    machine: `${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
  };
}

function summary(result: Result): string[] {
  const megabytes = (bytes: number): string => `${whole(Math.round(bytes / 2 ** 20))} MiB`;
  const { seconds } = result;
  const rows = [
    { who: 'Tollgrid', of: seconds.tollgrid, rate: result.recordsPerSecond, rss: result.rssBytes },
    { who: 'engine alone', of: seconds.plain, rate: result.floorRecordsPerSecond, rss: result.floorRssBytes },
    {
      who: 'engine alone, tuned',
      of: seconds.tuned,
      rate: result.tunedFloorRecordsPerSecond,
      rss: result.tunedFloorRssBytes,
    },
  ];
  return [
    ...tableLines(
      [
        { head: '', value: ({ who }) => who },
        { head: 'median', value: ({ of }) => `${median(of).toFixed(2)} s`, align: 'right' },
        { head: 'records/s', value: ({ rate }) => whole(rate), align: 'right' },
        { head: 'peak memory', value: ({ rss }) => megabytes(rss), align: 'right' },
      ],
      rows,
    ),
    `ratio ${result.ratio} to the engine as it comes, ${result.tunedRatio} to the engine with every core inserting`,
    `${result.rounds} rounds of ${whole(result.records)} calls (${result.machine})`,
    `same rows and sums on all sides: ${whole(Number(result.sums.rows))} charges, ${result.sums.amount} UAH`,
  ];
}
