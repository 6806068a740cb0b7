import { collect, items, show, untilProcessed } from '../answers.ts';
import type { Api } from '../client.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { limitOption, timeoutOption, wholeNumber } from '../options.ts';
import { tableLines, whole } from '../table.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { CommandAnswer } from '../../schemas/api/common.ts';
import type { FileItem } from '../../schemas/api/files.ts';

const LOOK_EVERY_MS = 200;

const list: CommandSpec<{ held?: boolean; source?: string; limit: number }> = {
  usage: 'list',
  summary: 'List received files, the last one first',
  configured: true,
  options: [
    { flags: '--held', text: 'Only files that wait for a decision' },
    { flags: '-s, --source <name>', text: 'Only files of this source' },
    limitOption,
  ],
  examples: ['tollgrid files list', 'tollgrid files list --held'],
  run: async (context, _args, { held, source, limit }) => {
    const query = { source, state: held === true ? 'held' : undefined };
    const rows = await context.withApi((api) => collect(items<FileItem>(api, '/v1/files', query, limit)));
    show(context, rows, () => (rows.length === 0 ? ['No files.'] : fileLines(rows)));
  },
};

function fileLines(rows: readonly FileItem[]): string[] {
  const held = rows.filter(({ state }) => state === 'held');
  return [
    ...fileTable(rows),
    ...(held.length === 0 ? [] : ['']),
    ...held.map((row) => `${row.entry}: ${row.held!.detail} (${row.held!.code})`),
  ];
}

function fileTable(rows: readonly FileItem[]): string[] {
  return tableLines(
    [
      { head: 'entry', value: (row) => row.entry, align: 'right' },
      { head: 'state', value: (row) => row.state },
      { head: 'source', value: (row) => row.source },
      { head: 'file', value: (row) => row.name },
      { head: 'accepted', value: (row) => row.acceptedAt },
      { head: 'bytes', value: (row) => whole(row.sizeBytes), align: 'right' },
      { head: 'records', value: (row) => (row.check === null ? '' : whole(row.check.records)), align: 'right' },
      { head: 'same as', value: (row) => row.duplicateOf ?? '', align: 'right' },
    ],
    rows,
  );
}

const showOne: CommandSpec = {
  usage: 'show <entry>',
  summary: 'Show one file: what its check read, why it was held, who decided',
  args: { entry: 'Log entry of the file' },
  configured: true,
  examples: ['tollgrid files show 12'],
  run: async (context, [entry]) => {
    const file = await context.withApi((api) => api.get<FileItem>(`/v1/files/${wholeNumber(entry)}`));
    show(context, file, () => [...fileTable([file]), '', ...detailLines(file)]);
  },
};

function detailLines({ format, sha256, packed, check, held, decision }: FileItem): string[] {
  const { records, quantity } = check?.declared ?? {};
  const said = (value: number | undefined): string => (value === undefined ? 'nothing' : whole(value));
  return [
    `format ${format}${sha256 === null ? '' : `, SHA-256 ${sha256}`}`,
    ...(packed === null
      ? []
      : [`file ${packed.no} of ${packed.of} in ${JSON.stringify(packed.name)}, SHA-256 ${packed.sha256}`]),
    ...(check === null
      ? []
      : [
          `records: ${whole(check.records)}, of them ${whole(check.unreadable)} unreadable; the trailer says ${said(records)}`,
          `sum in base units: ${whole(check.quantity)}; the trailer says ${said(quantity)}`,
        ]),
    ...(held === null ? [] : [`held: ${held.detail} (${held.code})`]),
    ...(decision === null
      ? []
      : [
          `decided by ${decision.by} at ${decision.at} (entry ${decision.entry}): ${decision.reason || 'no reason given'}`,
        ]),
  ];
}

const release: CommandSpec<{ reason?: string; timeout: number }> = {
  usage: 'release <entry>',
  summary: 'Admit a held file as it is, and wait until it is in the ledger',
  args: { entry: 'Log entry of the file' },
  configured: true,
  options: [{ flags: '--reason <text>', text: 'Why; it stays in the log' }, timeoutOption],
  examples: ['tollgrid files release 12 --reason "the exchange counts test calls"'],
  run: async (context, [entry], { reason, timeout }) => {
    const file = wholeNumber(entry);
    const done = await context.withApi(async (api) => {
      const untilMs = performance.now() + timeout * 1000;
      const command: CommandAnswer = await api.post(`/v1/files/${file}/release`, { reason });
      const { lastEntry } = await untilTaken(api, file, untilMs);
      await untilProcessed(api, Math.max(command.entry, lastEntry), Math.max(0, untilMs - performance.now()));
      return { ...command, lastEntry };
    });
    show(context, done, () => [`Released by entry ${done.entry}; its records are in the ledger.`]);
  },
};

/** Returns when the last slice of the file is in the log. */
async function untilTaken(api: Api, file: number, untilMs: number): Promise<FileItem> {
  for (;;) {
    const item: FileItem = await api.get(`/v1/files/${file}`);
    if (item.state === 'taken') return item;
    if (performance.now() > untilMs) {
      throw new TollgridError('WAIT_TIMED_OUT', `the file of entry ${file} is not wholly in the log yet`, { file });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const reject: CommandSpec<{ reason: string; timeout: number }> = {
  usage: 'reject <entry>',
  summary: 'Give a held file up: its records count as rejected and are never admitted',
  args: { entry: 'Log entry of the file' },
  configured: true,
  options: [{ flags: '--reason <text>', text: 'Why; it stays in the log', required: true }, timeoutOption],
  examples: ['tollgrid files reject 12 --reason "will be sent again under another name"'],
  run: async (context, [entry], { reason, timeout }) => {
    const done = await context.withApi(async (api) => {
      const command: CommandAnswer = await api.post(`/v1/files/${wholeNumber(entry)}/reject`, { reason });
      await untilProcessed(api, command.entry, timeout * 1000);
      return command;
    });
    show(context, done, () => [`Rejected by entry ${done.entry}.`]);
  },
};

export const files: CommandGroup = {
  name: 'files',
  summary: 'Received files, and those that are held because they are not whole or their totals differ',
  commands: [list, showOne, release, reject],
};
