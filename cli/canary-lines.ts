/** What a canary found, for people. */
import type { CanaryReport } from '../schemas/api/canaries.ts';
import { money, tableLines, whole, type Column } from './table.ts';

interface Compared {
  currency: string;
  active: string;
  draft: string;
  difference: string;
}

const signed = (amount: string): string => (amount.startsWith('-') ? money(amount) : `+${money(amount)}`);

function table<Row extends Compared>(title: string, columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const lines = tableLines(
    [
      ...columns,
      { head: 'active', value: (row) => money(row.active), align: 'right' },
      { head: 'draft', value: (row) => money(row.draft), align: 'right' },
      { head: 'difference', value: (row) => `${signed(row.difference)} ${row.currency}`, align: 'right' },
    ],
    rows,
  );
  return ['', title, ...lines.map((line) => `  ${line}`)];
}

export function canaryLines(report: CanaryReport): string[] {
  const { draft, inPlaceOf, from, to, assumed, settledMonths, usages, accounts } = report;
  const months = settledMonths.length === 0 ? '' : `, with the settlement of ${settledMonths.join(', ')}`;
  return [
    `${draft} on the users of ${inPlaceOf}, ${from} to ${to}${months}: ${whole(usages)} usages.`,
    ...(assumed ? ['It holds only later: it was tried as if it held for the whole time.'] : []),
    ...table('Together', [], report.totals),
    ...table(
      'By service',
      [
        { head: 'view', value: ({ view }) => view },
        { head: 'service', value: ({ service }) => service },
        { head: 'usages', value: (row) => whole(row.usages), align: 'right' },
      ],
      report.services,
    ),
    ...table(
      report.placesTotal > report.places.length
        ? `By zone, band and line (the largest ${report.places.length} of ${report.placesTotal})`
        : 'By zone, band and line',
      [
        { head: 'view', value: ({ view }) => view },
        { head: 'service', value: ({ service }) => service },
        { head: 'kind', value: ({ kind }) => kind },
        { head: 'component', value: ({ component }) => component },
        { head: 'zone', value: ({ zone }) => zone },
        { head: 'band', value: ({ band }) => band },
      ],
      report.places,
    ),
    ...table(
      `By ${report.attribute}`,
      [
        { head: report.attribute, value: ({ value }) => (value === '' ? '-' : value) },
        { head: 'accounts', value: (row) => whole(row.accounts), align: 'right' },
      ],
      report.segments,
    ),
    '',
    `${whole(accounts.cheaper)} accounts pay less, ${whole(accounts.dearer)} more, ${whole(accounts.same)} the same.`,
    ...table('Pay less', [{ head: 'account', value: ({ account }) => account }], report.winners),
    ...table('Pay more', [{ head: 'account', value: ({ account }) => account }], report.losers),
    ...faultLines('without a price under the draft', report.unpriceable),
    ...faultLines('without a price under what is active', report.activeUnpriceable),
    ...faultLines('not settled under the draft', report.unsettled.draft),
    ...faultLines('not settled under what is active', report.unsettled.active),
    ...(report.unread > 0
      ? ['', `${whole(report.unread)} usages whose record is not kept any more were left out.`]
      : []),
  ];
}

function faultLines(what: string, faults: CanaryReport['unpriceable']): string[] {
  return faults.flatMap(({ code, count, examples }) => [
    '',
    `${code}: ${whole(count)} ${what}`,
    `  ${examples.join('; ')}`,
  ]);
}
