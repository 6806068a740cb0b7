/** `tollgrid bench duplicates`: what it costs to know usage again, in memory, on disk and over a restart. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TollgridError } from '../../platform/errors.ts';
import type { CommandSpec } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { tableLines, whole } from '../table.ts';
import { IdentityBench } from './identity-bench.ts';
import type { Result } from './identity-bench.ts';

interface Options {
  identities: number;
  months: number;
  memory: number;
  rounds: number;
  folder?: string;
}

const MIB = 2 ** 20;

export const benchDuplicates: CommandSpec<Options> = {
  usage: 'duplicates',
  summary: 'Knowing usage again: memory, disk, look-ups of recent and old usage, and a restart',
  options: [
    {
      flags: '--identities <n>',
      text: 'Usages to remember, spread over the months',
      default: '5000000',
      parse: wholeNumber,
    },
    { flags: '--months <n>', text: 'Months of the window', default: '13', parse: wholeNumber },
    { flags: '--memory <MiB>', text: '`duplicates.memoryBytesMax`, in MiB', default: '640', parse: wholeNumber },
    { flags: '--rounds <n>', text: 'How often each look-up is measured', default: '9', parse: wholeNumber },
    { flags: '--folder <folder>', text: 'Where to work; otherwise a temporary folder. What is made there is removed' },
  ],
  examples: ['tollgrid bench duplicates', 'tollgrid bench duplicates --identities 100000000 --json'],
  run: async ({ io, json }, _args, { identities, months, memory, rounds, folder }) => {
    if (months < 2) throw new TollgridError('ARGUMENTS_INVALID', 'Two months at least: an old one and a recent one.');
    const home = fs.mkdtempSync(path.join(folder ?? os.tmpdir(), 'tollgrid-bench-'));
    try {
      const bench = await IdentityBench.open({ home, identities, months, memoryBytesMax: memory * MIB });
      bench.fill((month) => io.note(`month ${month} of ${months} ...`));
      const lookups = bench.lookups(Math.max(1, rounds));
      const restart = await bench.restart();
      const machine = `${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
      const result = { identities, months, memoryMiB: memory, ...bench.result(), lookups, restart, machine };
      io.out(json ? JSON.stringify(result) : [...summary(result), machine].join('\n'));
    } finally {
      fs.rmSync(home, { recursive: true, force: true });
    }
  },
};

function summary({ fill, store, lookups, restart }: Result): string[] {
  const mib = (bytes: number): string => `${whole(Math.round(bytes / MIB))} MiB`;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return [
    `remembered: ${whole(store.inMemory)} in memory, ${whole(store.onDisk)} on disk in ${store.files} files`,
    `memory: ${mib(store.memoryBytes)} for identities (most ${mib(fill.memoryBytesMost)}), process ${mib(fill.rssBytes)} ` +
      `(peak ${mib(fill.rssBytesPeak)}, before ${mib(fill.rssBytesBefore)}); disk: ${mib(store.diskBytes)}`,
    `filled at ${whole(fill.cpuNanoseconds)} ns of processor time each, ${whole(fill.evictionNanoseconds)} ns of it for moving to disk; ` +
      `longest pause ${seconds(fill.longestPauseMs)}`,
    '',
    ...tableLines(
      [
        { head: 'look-up', value: ({ name }) => name },
        { head: 'processor time', value: ({ cpuNanoseconds }) => `${whole(cpuNanoseconds)} ns`, align: 'right' },
        { head: 'best', value: ({ bestNanoseconds }) => `${whole(bestNanoseconds)} ns`, align: 'right' },
      ],
      lookups,
    ),
    '',
    `checkpoint ${seconds(restart.dumpMs)} (${mib(restart.dumpBytes)} written, ${mib(restart.linkedBytes)} linked), ` +
      `restart ${seconds(restart.loadMs)}, all answers as before`,
  ];
}
