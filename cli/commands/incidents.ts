import { collect, items, show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { incidentId, limitOption } from '../options.ts';
import { tableLines, whole } from '../table.ts';
import type { CommandAnswer } from '../../schemas/api/common.ts';
import type { IncidentItem } from '../../schemas/api/files.ts';

const RANGES_SHOWN = 5;

const list: CommandSpec<{ all?: boolean; limit: number }> = {
  usage: 'list',
  summary: 'List open incidents: numbers that are missing, or that came twice with other content',
  configured: true,
  options: [{ flags: '--all', text: 'Closed ones too' }, limitOption],
  examples: ['tollgrid incidents list', 'tollgrid incidents list --all'],
  run: async (context, _args, { all, limit }) => {
    const rows = await context.withApi((api) => collect(items<IncidentItem>(api, '/v1/incidents', { all }, limit)));
    show(context, rows, () => (rows.length === 0 ? ['No incidents.'] : incidentLines(rows)));
  },
};

function incidentLines(rows: readonly IncidentItem[]): string[] {
  return tableLines(
    [
      { head: 'id', value: (row) => row.id },
      { head: 'kind', value: (row) => row.kind },
      { head: 'source', value: (row) => row.source },
      { head: 'count', value: (row) => row.count },
      { head: 'numbers', value: (row) => whole(row.numbers), align: 'right' },
      { head: 'which', value: ranges },
      { head: 'file', value: (row) => row.file.name },
      { head: 'differs from', value: (row) => row.otherFile?.name ?? '' },
      { head: 'opened', value: (row) => row.openedAt },
      { head: 'closed by', value: ({ closed }) => (closed === null ? '' : `${closed.by} ${closed.reason}`.trim()) },
    ],
    rows,
  );
}

function ranges({ ranges: all }: IncidentItem): string {
  const shown = all.slice(0, RANGES_SHOWN).map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
  return shown.join(', ') + (all.length > RANGES_SHOWN ? ' ...' : '');
}

const close: CommandSpec<{ reason: string }> = {
  usage: 'close <id>',
  summary: 'Close an incident that you can explain; what was missing is not missed any more',
  args: { id: 'Id of the incident: entry.number' },
  configured: true,
  options: [{ flags: '--reason <text>', text: 'Why; it stays in the log', required: true }],
  examples: ['tollgrid incidents close 12.0 --reason "the exchange was restarted"'],
  run: async (context, [id], { reason }) => {
    const done = await context.withApi<CommandAnswer>((api) =>
      api.post(`/v1/incidents/${incidentId(id)}/close`, { reason }),
    );
    show(context, done, () => [`Closed by entry ${done.entry}.`]);
  },
};

export const incidents: CommandGroup = {
  name: 'incidents',
  summary: 'Gaps and repeats in the numbers that sources give their records and files',
  commands: [list, close],
};
