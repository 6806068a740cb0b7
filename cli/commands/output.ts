import { collect, items, show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { tableLines, whole } from '../table.ts';
import type { OutputItem } from '../../schemas/api/outputs.ts';

const ALL = 10_000;

const list: CommandSpec = {
  usage: 'list',
  summary: 'List the copies for other systems: how each is, and how far behind',
  configured: true,
  examples: ['tollgrid output list'],
  run: async (context) => {
    const rows = await context.withApi((api) => collect(items<OutputItem>(api, '/v1/outputs', {}, ALL)));
    show(context, rows, () => (rows.length === 0 ? ['No outputs.'] : outputLines(rows)));
  },
};

const number = (value: number | null): string => (value === null ? '' : whole(value));

function outputLines(rows: readonly OutputItem[]): string[] {
  return tableLines(
    [
      { head: 'output', value: (row) => row.name },
      { head: 'kind', value: (row) => row.kind },
      { head: 'state', value: (row) => row.state },
      { head: 'entry', value: (row) => number(row.entry), align: 'right' },
      { head: 'entries behind', value: (row) => number(row.lagEntries), align: 'right' },
      { head: 'sent', value: (row) => whole(row.sent), align: 'right' },
      { head: 'last sent', value: (row) => row.lastSentAt ?? 'never' },
      { head: '', value: (row) => row.detail },
    ],
    rows,
  );
}

export const output: CommandGroup = {
  name: 'output',
  summary: 'The copies of charges for other systems',
  commands: [list],
};
