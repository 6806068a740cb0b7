import { collect, items, noteLimit, show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { limitOption } from '../options.ts';
import { money, tableLines, whole } from '../table.ts';
import type { ChargeItem } from '../../schemas/api/charges.ts';

interface Options {
  account: string;
  service?: string;
  from?: string;
  to?: string;
  limit: number;
}

export const charges: CommandSpec<Options> = {
  usage: 'charges',
  summary: 'List the charges of an account',
  configured: true,
  options: [
    { flags: '-a, --account <id>', text: 'Account number', required: true },
    { flags: '--service <name>', text: 'Only this service' },
    { flags: '--from <time>', text: 'Only usage from this day (yyyy-mm-dd) or time' },
    { flags: '--to <time>', text: 'Only usage before this day or time' },
    limitOption,
  ],
  examples: ['tollgrid charges --account A-1001', 'tollgrid charges --account A-1001 --from 2026-03-01 --json'],
  run: async (context, _args, { account, service, from, to, limit }) => {
    const query = { account, service, from, to };
    const rows = await context.withApi((api) => collect(items<ChargeItem>(api, '/v1/charges', query, limit)));
    show(context, rows, () => (rows.length === 0 ? ['No charges.'] : chargeLines(rows)));
    noteLimit(context, rows, limit);
  },
};

function chargeLines(rows: readonly ChargeItem[]): string[] {
  return tableLines(
    [
      { head: 'id', value: (row) => row.id },
      { head: 'start (UTC)', value: (row) => row.startAt.slice(0, 19).replace('T', ' ') },
      { head: 'view', value: (row) => row.view },
      { head: 'service', value: (row) => row.service },
      { head: 'kind', value: (row) => row.kind },
      { head: 'to', value: (row) => row.otherParty },
      { head: 'zone', value: (row) => row.zone },
      { head: 'band', value: (row) => row.band },
      { head: 'quantity', value: (row) => whole(row.quantity), align: 'right' },
      { head: 'billed', value: (row) => whole(row.billed), align: 'right' },
      { head: 'unit', value: (row) => row.unit },
      { head: 'amount', value: (row) => money(row.amount), align: 'right' },
      { head: 'tax', value: (row) => money(row.tax), align: 'right' },
      { head: 'currency', value: (row) => row.currency },
      { head: 'tariff', value: (row) => [row.tariff, row.component].filter((part) => part !== '').join('/') },
    ],
    rows,
  );
}
