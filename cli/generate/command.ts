/** `tollgrid generate`: the sample town, or a large file of calls. */
import path from 'node:path';
import type { CommandSpec } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { generateCalls } from './calls/calls.ts';
import { generateTown } from './town/town.ts';
import { TollgridError } from '../../platform/errors.ts';

export interface GenerateCommandOptions {
  seed: number;
  out: string;
  customers: number;
  day: string;
  calls?: number;
  accounts: number;
  prefixes: number;
  days: number;
  uniqueId?: boolean;
  unanswered: number;
  garbage: number;
}

function percent(text: string): number {
  if (/^\d{1,2}(\.\d{1,3})?$/.test(text)) return Number(text);
  throw new TollgridError('ARGUMENTS_INVALID', `"${text}" is not a percentage below 100`);
}

function day(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new TollgridError('ARGUMENTS_INVALID', `"${text}" is not a day (yyyy-mm-dd)`);
}

export const generate: CommandSpec<GenerateCommandOptions> = {
  usage: 'generate',
  summary: 'Make sample usage: a small town of all services, or with --calls a large file of calls',
  options: [
    { flags: '--out <folder>', text: 'Folder to write into; files there are replaced', default: 'generated' },
    { flags: '--seed <n>', text: 'The same seed gives the same bytes', default: '1', parse: wholeNumber },
    { flags: '--customers <n>', text: 'Town: how many', default: '200', parse: wholeNumber },
    { flags: '--day <day>', text: 'Town: the day of its usage', default: '2026-10-15', parse: day },
    { flags: '--calls <n>', text: 'Make a file of that many calls instead', parse: wholeNumber },
    { flags: '--accounts <n>', text: 'Calls: how many callers', default: '100000', parse: wholeNumber },
    { flags: '--prefixes <n>', text: 'Calls: how many called prefixes', default: '50000', parse: wholeNumber },
    { flags: '--days <n>', text: 'Calls: days they are spread over', default: '30', parse: wholeNumber },
    { flags: '--unique-id', text: 'Calls: with the column that makes each record unique' },
    { flags: '--unanswered <percent>', text: 'Calls: share without an answer', default: '0', parse: percent },
    { flags: '--garbage <percent>', text: 'Calls: share of lines that are no records', default: '0', parse: percent },
  ],
  examples: [
    'tollgrid generate --seed 1 --out examples/town',
    'tollgrid generate --calls 1000000 --out calls --garbage 1',
  ],
  run: async ({ io, json }, _args, options) => {
    if (options.calls === undefined) {
      const { seed, out, customers } = options;
      const town = await generateTown({ seed, outDir: out, customers, day: options.day });
      if (json) io.out(JSON.stringify(town));
      else for (const file of town.files) io.out(`${path.join(out, file.path)}: ${file.expected.received} records`);
      return;
    }
    const calls = await generateCalls({
      seed: options.seed,
      records: options.calls,
      outFile: path.join(options.out, 'Master.csv'),
      accounts: options.accounts,
      prefixes: options.prefixes,
      days: options.days,
      format: options.uniqueId ? 'asterisk-csv-uniqueid' : 'asterisk-csv',
      unansweredPercent: options.unanswered,
      garbagePercent: options.garbage,
    });
    if (json) io.out(JSON.stringify(calls));
    else io.out(`${calls.files[0]}: ${calls.records} records, ${calls.bytes} bytes`);
  },
};
