/** `tollgrid bench publish`: from `tariff publish` of a large price list to the first batch that is priced with it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CommandSpec } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { whole } from '../table.ts';
import type { PublishMeasure } from './publish-run.ts';

interface Options {
  prefixes: number;
  events: number;
  folder?: string;
}

export const benchPublish: CommandSpec<Options> = {
  usage: 'publish',
  summary: 'A price list of many prefixes published while usage streams in: how soon it is live, and who had to wait',
  options: [
    { flags: '--prefixes <n>', text: 'Prefixes of the price list', default: '1000000', parse: wholeNumber },
    { flags: '--events <n>', text: 'Calls of each batch of the stream', default: '100', parse: wholeNumber },
    { flags: '--folder <folder>', text: 'Where to work; otherwise a temporary folder that is removed' },
  ],
  examples: ['tollgrid bench publish', 'tollgrid bench publish --prefixes 50000 --json'],
  run: async ({ io, json }, _args, { prefixes, events, folder: given }) => {
    const { measurePublish } = await import('./publish-run.ts');
    const folder = given ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-bench-'));
    try {
      io.note(`Publishing ${whole(prefixes)} prefixes beside a stream of calls ...`);
      const measured = await measurePublish(folder, prefixes, events);
      const machine = `${os.cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
      if (json) io.out(JSON.stringify({ ...measured, machine }));
      else for (const line of [...lines(measured), `(${machine})`]) io.out(line);
    } finally {
      if (given === undefined) fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};

function lines(measured: PublishMeasure): string[] {
  const ms = (value: number): string => `${whole(Math.round(value))} ms`;
  const megabytes = (bytes: number): string => `${whole(Math.round(bytes / 2 ** 20))} MiB`;
  const { prefixes, fileBytes, frontBytes, raterBytes } = measured;
  return [
    `${whole(prefixes)} prefixes, ${megabytes(fileBytes)} of text`,
    `from the command to its entry in the log     ${ms(measured.loggedMs)}`,
    `from the command to the first batch with it  ${ms(measured.liveMs)}`,
    `the command itself                           ${ms(measured.endedMs)}`,
    `processor time: front ${ms(measured.frontCpuMs)}, rater ${ms(measured.raterCpuMs)}`,
    `longest way of a batch to the ledger: ${ms(measured.longestBatchMs)}, before ${ms(measured.quietBatchMs)} (${measured.batches} batches)`,
    `longest time in which the front answered nobody: ${ms(measured.frontHeldMs)}`,
    `memory: front ${frontBytes.map(megabytes).join(' → ')}, rater ${raterBytes.map(megabytes).join(' → ')}`,
  ];
}
