/** `tollgrid bench pipeline`: Tollgrid's whole path and the engine alone, in turns, on the same file. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CommandSpec } from '../command.ts';
import { generateCalls } from '../generate/index.ts';
import { wholeNumber } from '../options.ts';
import { tableLines, whole } from '../table.ts';
import { requireEqual } from './check-sums.ts';
import { runEngineAlone } from './engine-side.ts';
import type { SideResult } from './sides.ts';
import { runTollgrid } from './tollgrid-side.ts';

interface Options {
  records: number;
  rounds: number;
  accounts: number;
  threads: number;
  seed: number;
  folder?: string;
}

interface Round {
  tollgrid: SideResult;
  engine: SideResult;
}

export const benchPipeline: CommandSpec<Options> = {
  usage: 'pipeline',
  summary: 'From file to charges: Tollgrid against the ClickHouse engine alone, in turns, same rows and sums',
  options: [
    { flags: '--records <n>', text: 'Calls in the file', default: '2000000', parse: wholeNumber },
    { flags: '--rounds <n>', text: 'How often each side runs', default: '5', parse: wholeNumber },
    { flags: '--accounts <n>', text: 'Callers', default: '20000', parse: wholeNumber },
    { flags: '--threads <n>', text: 'Rating threads', default: '1', parse: wholeNumber },
    { flags: '--seed <n>', text: 'Of the generated file', default: '1', parse: wholeNumber },
    { flags: '--folder <folder>', text: 'Where to work; otherwise a temporary folder that is removed' },
  ],
  examples: ['tollgrid bench pipeline', 'tollgrid bench pipeline --records 200000 --rounds 1 --json'],
  run: async ({ io, json }, _args, options) => {
    const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-bench-'));
    try {
      io.note(`Writing ${whole(options.records)} calls ...`);
      const outFile = path.join(folder, 'calls.csv');
      const { records, accounts, seed } = options;
      const generated = await generateCalls({ seed, records, accounts, outFile });
      // Old enough for the collector to take it at its first look.
      fs.utimesSync(outFile, new Date(0), new Date(0));
      const rounds: Round[] = [];
      for (let round = 1; round <= options.rounds; round++) {
        const tollgrid = await runTollgrid({
          generated,
          folder: path.join(folder, 'tollgrid'),
          threads: options.threads,
        });
        const engine = await runEngineAlone(generated, path.join(folder, 'engine'));
        requireEqual(tollgrid.sums, engine.sums);
        rounds.push({ tollgrid, engine });
        io.note(
          `round ${round}: Tollgrid ${tollgrid.seconds.toFixed(2)} s, engine alone ${engine.seconds.toFixed(2)} s`,
        );
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
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

type Result = ReturnType<typeof resultOf>;

function resultOf(records: number, rounds: readonly Round[]) {
  const ours = rounds.map(({ tollgrid }) => tollgrid.seconds);
  const floor = rounds.map(({ engine }) => engine.seconds);
  const recordsPerSecond = Math.round(records / median(ours));
  const floorRecordsPerSecond = Math.round(records / median(floor));
  return {
    records,
    rounds: rounds.length,
    seconds: ours,
    floorSeconds: floor,
    recordsPerSecond,
    floorRecordsPerSecond,
    /** Of the medians; above 1 Tollgrid is the faster one. */
    ratio: Number((median(floor) / median(ours)).toFixed(3)),
    rssBytes: Math.max(...rounds.map(({ tollgrid }) => tollgrid.rssBytes)),
    floorRssBytes: Math.max(...rounds.map(({ engine }) => engine.rssBytes)),
    sums: rounds[0]!.tollgrid.sums,
    machine: `${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
  };
}

function summary(result: Result): string[] {
  const megabytes = (bytes: number): string => `${whole(Math.round(bytes / 2 ** 20))} MiB`;
  const rows = [
    { who: 'Tollgrid', seconds: median(result.seconds), rate: result.recordsPerSecond, rss: result.rssBytes },
    {
      who: 'engine alone',
      seconds: median(result.floorSeconds),
      rate: result.floorRecordsPerSecond,
      rss: result.floorRssBytes,
    },
  ];
  return [
    ...tableLines(
      [
        { head: '', value: ({ who }) => who },
        { head: 'median', value: ({ seconds }) => `${seconds.toFixed(2)} s`, align: 'right' },
        { head: 'records/s', value: ({ rate }) => whole(rate), align: 'right' },
        { head: 'peak memory', value: ({ rss }) => megabytes(rss), align: 'right' },
      ],
      rows,
    ),
    `ratio ${result.ratio} over ${result.rounds} rounds of ${whole(result.records)} calls (${result.machine})`,
    `same rows and sums on both sides: ${whole(Number(result.sums.rows))} charges, ${result.sums.amount} UAH`,
  ];
}
