import { collect, items, noteLimit, show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { limitOption } from '../options.ts';
import { money, tableLines, whole } from '../table.ts';
import type { SessionItem } from '../../schemas/api/sessions.ts';

interface Options {
  account?: string;
  login?: string;
  nas?: string;
  all?: boolean;
  limit: number;
}

export const sessions: CommandSpec<Options> = {
  usage: 'sessions',
  summary: 'List sessions that go on at access servers, with what they used and cost so far',
  configured: true,
  options: [
    { flags: '-a, --account <id>', text: 'Only this account' },
    { flags: '--login <login>', text: 'Only this login' },
    { flags: '--nas <name>', text: 'Only this access server: its name or address' },
    { flags: '--all', text: 'Also sessions that are closed' },
    limitOption,
  ],
  examples: ['tollgrid sessions', 'tollgrid sessions --login ivan@town --all'],
  run: async (context, _args, { account, login, nas, all, limit }) => {
    const query = { account, login, nas, all };
    const rows = await context.withApi((api) => collect(items<SessionItem>(api, '/v1/sessions', query, limit)));
    show(context, rows, () => (rows.length === 0 ? ['No sessions.'] : sessionLines(rows)));
    noteLimit(context, rows, limit);
  },
};

function sessionLines(rows: readonly SessionItem[]): string[] {
  return tableLines(
    [
      { head: 'access server', value: (row) => row.nas },
      { head: 'session', value: (row) => row.sessionId },
      { head: 'login', value: (row) => row.login },
      { head: 'account', value: (row) => row.account ?? '' },
      { head: 'start (UTC)', value: (row) => row.startAt.slice(0, 19).replace('T', ' ') },
      { head: 'last seen (UTC)', value: (row) => row.lastAt.slice(0, 19).replace('T', ' ') },
      { head: 'bytes', value: (row) => whole(row.quantity), align: 'right' },
      { head: 'up', value: (row) => whole(row.quantityUp), align: 'right' },
      {
        head: 'cost so far',
        value: (row) => row.charges.map(({ amount, currency }) => `${money(amount)} ${currency}`).join(', '),
        align: 'right',
      },
      { head: 'closed by', value: (row) => row.closed },
    ],
    rows,
  );
}
