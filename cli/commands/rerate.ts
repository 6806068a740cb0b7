import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { collect, items, noteLimit, show } from '../answers.ts';
import type { Api } from '../client.ts';
import type { CommandGroup, CommandSpec, Context, ExitCode } from '../command.ts';
import { entryNumber, limitOption, period, rerateMonth, timeoutOption, wholeNumber } from '../options.ts';
import { startProgress } from '../progress.ts';
import { previewLines, rerateLines, rerateTable } from '../rerate-lines.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { ChargeItem } from '../../schemas/api/charges.ts';
import type { CommandAnswer } from '../../schemas/api/common.ts';
import type { RerateItem, ReratePreview, RerateProgress } from '../../schemas/api/rerates.ts';

const POLL_MS = 250;
const ALL = Number.MAX_SAFE_INTEGER;

interface Options {
  from?: string;
  to?: string;
  tariff?: string;
  account?: string;
  postTo?: string;
  dryRun?: boolean;
  approve?: boolean;
  digest?: string;
  by?: string;
  note?: string;
  limit?: number;
  out?: string;
  timeout: number;
}

const byOption = { flags: '--by <name>', text: 'Who approves it; stays in the log' };
const noteOption = { flags: '--note <text>', text: 'Why; stays in the log' };
const postToOption = {
  flags: '--post-to <yyyy-mm>',
  text: 'Bill corrections with this month, where the service period is closed',
  parse: period,
};

const own: CommandSpec<Options> = {
  usage: 'rerate',
  summary: 'Price usage again with the tariffs of now: preview the differences, post them, take them back',
  configured: true,
  options: [
    { flags: '--from <yyyy-mm>', text: 'First service month', parse: rerateMonth },
    { flags: '--to <yyyy-mm>', text: 'Month after the last one', parse: rerateMonth },
    { flags: '--tariff <name>', text: 'Only customers of this tariff' },
    { flags: '-a, --account <id>', text: 'Only this account' },
    postToOption,
    { flags: '--dry-run', text: 'Show the differences and post nothing' },
    { flags: '--approve', text: 'Post the differences' },
    { flags: '--digest <sha256>', text: 'Post only these differences: the digest that the preview shows' },
    byOption,
    noteOption,
    {
      flags: '--limit <n>',
      text: 'How many differences a preview lists: 10, or all of them with --json',
      parse: wholeNumber,
    },
    { flags: '--out <file>', text: 'Write all differences of a preview into a file, one JSON object per line' },
    timeoutOption,
  ],
  examples: [
    'tollgrid rerate --from 2026-03 --to 2026-04 --tariff phone-basic --dry-run',
    'tollgrid rerate --from 2026-03 --to 2026-04 --tariff phone-basic --approve --by "O. Kovalenko" --note "evening price was wrong"',
  ],
  run: async (context, _args, options) => {
    const { from, to, dryRun = false, approve = false } = options;
    if (from === undefined || to === undefined) {
      throw new TollgridError('ARGUMENTS_INVALID', 'rerate needs --from and --to, or one of the commands below');
    }
    if (dryRun === approve) throw new TollgridError('ARGUMENTS_INVALID', 'rerate needs --dry-run or --approve');
    const wish = {
      ...{ from, to, tariff: options.tariff, account: options.account, postingPeriod: options.postTo },
    };
    return context.withApi((api) =>
      dryRun ? preview(context, api, wish, options) : post(context, api, wish, options),
    );
  },
};

async function preview(context: Context, api: Api, wish: object, options: Options): Promise<ExitCode> {
  const begun: ReratePreview = await api.post('/v1/rerates/previews', wish);
  const route = `/v1/rerates/previews/${begun.preview}`;
  const done = await until(context, options.timeout, async () => {
    const found: ReratePreview = await api.get(route);
    return { value: found, pending: found.state === 'running', progress: found.progress };
  });
  if (done.failure !== null) throw failureOf(done.failure);
  const rows = (limit: number): AsyncGenerator<ChargeItem> => items<ChargeItem>(api, `${route}/differences`, {}, limit);
  if (options.out !== undefined) await writeRows(options.out, rows(ALL));
  if (context.json) await writeJson(context, done, rows(options.limit ?? ALL));
  else {
    const limit = options.limit ?? 10;
    const shown = limit === 0 ? [] : await collect(rows(limit));
    for (const line of previewLines(done, shown)) context.io.out(line);
    if (limit > 0) noteLimit(context, shown, limit);
  }
  return 0;
}

/** One JSON document, written as its rows come. */
async function writeJson({ io }: Context, done: ReratePreview, rows: AsyncIterable<ChargeItem>): Promise<void> {
  io.out(`${JSON.stringify(done).slice(0, -1)},"differences":[`);
  let before = '';
  for await (const row of rows) {
    io.out(before + JSON.stringify(row));
    before = ',';
  }
  io.out(']}');
}

async function writeRows(file: string, rows: AsyncIterable<ChargeItem>): Promise<void> {
  const output = createWriteStream(file);
  const closed = finished(output);
  for await (const row of rows) {
    if (!output.write(`${JSON.stringify(row)}\n`)) await Promise.race([once(output, 'drain'), closed]);
  }
  output.end();
  await closed;
}

async function post(context: Context, api: Api, wish: object, options: Options): Promise<ExitCode> {
  const { digest, by, note } = options;
  const command: CommandAnswer = await api.post('/v1/rerates', { ...wish, digest, by, note });
  return report(context, api, command.entry, options.timeout);
}

async function report(context: Context, api: Api, entry: number, timeout: number): Promise<ExitCode> {
  const item = await until(context, timeout, async () => {
    const found: RerateItem = await api.get(`/v1/rerates/${entry}`);
    return { value: found, pending: found.state === 'waiting' || found.state === 'running', progress: found.progress };
  });
  if (item.state === 'refused') {
    const now = item.figures?.digest ?? '';
    throw new TollgridError('RERATE_CHANGED', `entry ${entry} posted nothing: the differences are ${now} by now`, {
      entry,
      digest: now,
    });
  }
  show(context, item, () => rerateLines(item));
  return (item.figures?.failures.length ?? 0) > 0 ? 1 : 0;
}

/** Asks until it is no longer pending, and shows how far it is. Error: WAIT_TIMED_OUT. */
async function until<T>(
  context: Context,
  timeoutSeconds: number,
  ask: () => Promise<{ value: T; pending: boolean; progress: RerateProgress | null }>,
): Promise<T> {
  const startedMs = performance.now();
  let phase = '';
  let shown = startProgress(context.io, phase);
  try {
    for (;;) {
      const { value, pending, progress } = await ask();
      if (!pending) return value;
      if (progress !== null && progress.phase !== phase) {
        shown.end();
        phase = progress.phase;
        shown = startProgress(context.io, phase);
      }
      if (progress !== null && progress.total > 0) shown.update(progress.done, progress.total);
      if (performance.now() - startedMs > timeoutSeconds * 1000)
        throw new TollgridError('WAIT_TIMED_OUT', `the re-rating is not done yet: ${phase}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    shown.end();
  }
}

function failureOf({ code, message }: { code: string; message: string }): TollgridError {
  return new TollgridError(code as ConstructorParameters<typeof TollgridError>[0], message);
}

const undo: CommandSpec<{ by?: string; note?: string; postTo?: string; timeout: number }> = {
  usage: 'undo <entry>',
  summary: 'Take back what a re-rating posted: one more posting, nothing is deleted',
  args: { entry: 'Number of the re-rating, as `rerate list` shows it' },
  configured: true,
  options: [byOption, noteOption, postToOption, timeoutOption],
  examples: ['tollgrid rerate undo 57 --by "O. Kovalenko" --note "the old price was right"'],
  run: async (context, [entry], { by, note, postTo, timeout }) => {
    const route = `/v1/rerates/${entryNumber(entry)}/undo`;
    return context.withApi(async (api) => {
      const command: CommandAnswer = await api.post(route, { by, note, postingPeriod: postTo });
      return report(context, api, command.entry, timeout);
    });
  },
};

const list: CommandSpec<{ limit: number }> = {
  usage: 'list',
  summary: 'List the re-ratings that were approved or taken back, the last one first',
  configured: true,
  options: [limitOption],
  examples: ['tollgrid rerate list'],
  run: async (context, _args, { limit }) => {
    const rows = await context.withApi((api) => collect(items<RerateItem>(api, '/v1/rerates', {}, limit)));
    show(context, rows, () => (rows.length === 0 ? ['Nothing was re-rated.'] : rerateTable(rows)));
    noteLimit(context, rows, limit);
  },
};

const showOne: CommandSpec<{ limit: number }> = {
  usage: 'show <entry>',
  summary: 'Say what a re-rating posted, with its rows',
  args: { entry: 'Number of the re-rating' },
  configured: true,
  options: [limitOption],
  examples: ['tollgrid rerate show 57', 'tollgrid rerate show 57 --limit 100000 --json'],
  run: async (context, [entry], { limit }) => {
    const route = `/v1/rerates/${entryNumber(entry)}`;
    const found = await context.withApi(async (api) => ({
      item: await api.get<RerateItem>(route),
      rows: await collect(items<ChargeItem>(api, `${route}/differences`, {}, limit)),
    }));
    show(context, { ...found.item, differences: found.rows }, () => rerateLines(found.item, found.rows));
    noteLimit(context, found.rows, limit);
  },
};

export const rerate: CommandGroup = { name: 'rerate', summary: own.summary, commands: [undo, list, showOne], own };
