import { collect, items, noteLimit, show, untilProcessed } from '../answers.ts';
import type { Api } from '../client.ts';
import type { CommandGroup, CommandSpec, OptionSpec } from '../command.ts';
import { limitOption, recordAddress, timeoutOption } from '../options.ts';
import { printable, tableLines, whole } from '../table.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { CommandAnswer } from '../../schemas/api/common.ts';
import type { SuspenseItem } from '../../schemas/api/suspense.ts';
import type { Static } from 'typebox';

type Waiting = Static<typeof SuspenseItem>;

const codeOption: OptionSpec = { flags: '--code <code>', text: 'Only records that wait for this reason' };
const addressOption: OptionSpec = {
  flags: '--address <entry.record>',
  text: 'Only this record',
  parse: recordAddress,
};

const list: CommandSpec<{ code?: string; limit: number }> = {
  usage: 'list',
  summary: 'List the records that wait, with reason and hint',
  configured: true,
  options: [codeOption, limitOption],
  examples: ['tollgrid suspense list', 'tollgrid suspense list --code GUIDE_NO_OWNER'],
  run: async (context, _args, { code, limit }) => {
    const rows = await context.withApi((api) => collect(items<Waiting>(api, '/v1/suspense', { code }, limit)));
    show(context, rows, () => (rows.length === 0 ? ['Nothing waits.'] : suspenseLines(rows)));
    noteLimit(context, rows, limit);
  },
};

function suspenseLines(rows: readonly Waiting[]): string[] {
  const hints = new Map(rows.map((row) => [row.code, row.hint]));
  return [
    ...tableLines(
      [
        { head: 'address', value: (row) => row.address },
        { head: 'code', value: (row) => row.code },
        { head: 'field', value: (row) => row.field },
        { head: 'source', value: (row) => row.source },
        { head: 'format', value: (row) => row.format },
        { head: 'accepted', value: (row) => row.acceptedAt },
        { head: 'byte', value: (row) => whole(row.byteOffset), align: 'right' },
        { head: 'bytes', value: (row) => whole(row.byteLength), align: 'right' },
      ],
      rows,
    ),
    '',
    ...[...hints].map(([code, hint]) => `${code}: ${hint}`),
  ];
}

const showOne: CommandSpec = {
  usage: 'show <address>',
  summary: 'Print the bytes of a record that waits',
  args: { address: 'Address of the record: entry.record' },
  configured: true,
  examples: ['tollgrid suspense show 12.345', 'tollgrid suspense show 12.345 --json'],
  run: async (context, [address]) => {
    const route = `/v1/suspense/${recordAddress(address)}/bytes`;
    const bytes = await context.withApi(async (api) => Buffer.concat(await collect(await api.stream(route))));
    show(context, { address, base64: bytes.toString('base64'), text: bytes.toString('utf8') }, () => [
      ...bytes.toString('utf8').trimEnd().split(/\r?\n/).map(printable),
    ]);
  },
};

interface Selection {
  code?: string;
  address?: string;
  timeout: number;
}

const recycle: CommandSpec<Selection> = {
  usage: 'recycle',
  summary: 'Process waiting records again: by code, by address, or all of them',
  configured: true,
  options: [codeOption, addressOption, timeoutOption],
  examples: ['tollgrid suspense recycle', 'tollgrid suspense recycle --code GUIDE_NO_OWNER'],
  run: async (context, _args, { code, address, timeout }) => {
    const done = await context.withApi(async (api) => {
      const command: CommandAnswer = await api.post('/v1/suspense/recycle', { code, address });
      await untilProcessed(api, command.entry, timeout * 1000);
      return { ...command, stillWaiting: await waiting(api, code) };
    });
    show(context, done, () => [
      `Recycled by entry ${done.entry}; ${done.stillWaiting} records still wait${code === undefined ? '' : ` for ${code}`}.`,
    ]);
  },
};

const writeOff: CommandSpec<Selection & { reason: string }> = {
  usage: 'write-off',
  summary: 'Give up records that wait: by code or by address, with a reason that stays in the log',
  configured: true,
  options: [codeOption, addressOption, { flags: '--reason <text>', text: 'Why', required: true }, timeoutOption],
  examples: ['tollgrid suspense write-off --address 12.345 --reason "test call of the exchange"'],
  run: async (context, _args, { code, address, reason, timeout }) => {
    if (code === undefined && address === undefined) {
      throw new TollgridError('ARGUMENTS_INVALID', 'write-off needs --code or --address: never everything at once');
    }
    const done = await context.withApi(async (api) => {
      const command: CommandAnswer = await api.post('/v1/suspense/write-off', { code, address, reason });
      await untilProcessed(api, command.entry, timeout * 1000);
      return command;
    });
    show(context, done, () => [`Written off by entry ${done.entry}.`]);
  },
};

/** How many still wait, as text: counting stops at a thousand. */
async function waiting(api: Api, code: string | undefined): Promise<string> {
  const found = await collect(items<Waiting>(api, '/v1/suspense', { code }, 1000));
  return found.length === 1000 ? '1 000 or more' : String(found.length);
}

export const suspense: CommandGroup = {
  name: 'suspense',
  summary: 'Records that wait for something to be mended',
  commands: [list, showOne, recycle, writeOff],
};
