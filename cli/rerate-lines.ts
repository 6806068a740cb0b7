/** Re-ratings for people. */
import type { ChargeItem } from '../schemas/api/charges.ts';
import type { RerateFigures, RerateItem, ReratePreview } from '../schemas/api/rerates.ts';
import { money, tableLines, whole } from './table.ts';

export function previewLines({ figures, asOfEntry, wish }: ReratePreview, rows: readonly ChargeItem[]): string[] {
  if (figures === null) return [];
  if (figures.rows === 0) {
    return [
      `${whole(figures.priced)} usage(s) priced again as of entry ${asOfEntry}: nothing comes out otherwise.`,
      ...unpricedLines(figures),
    ];
  }
  const given = [
    ...['--from', wish.from, '--to', wish.to],
    ...(wish.tariff === undefined ? [] : ['--tariff', wish.tariff]),
    ...(wish.account === undefined ? [] : ['--account', wish.account]),
    ...(wish.postingPeriod === undefined ? [] : ['--post-to', wish.postingPeriod]),
  ];
  return [
    `As of entry ${asOfEntry}; nothing is posted yet.`,
    ...figureLines(figures),
    ...(rows.length === 0 ? [] : ['', ...differenceLines(rows)]),
    '',
    'To post exactly this:',
    `  tollgrid rerate ${given.join(' ')} --approve --digest ${figures.digest} --by <name> --note <why>`,
  ];
}

function figureLines(figures: RerateFigures): string[] {
  const periods = figures.settledPeriods.length === 0 ? '' : ` of ${figures.settledPeriods.join(', ')}`;
  return [
    `${whole(figures.changed)} of ${whole(figures.priced)} usage(s) come out otherwise, and ${whole(figures.settlementLines)} settlement line(s)${periods}.`,
    ...figures.money.map(
      ({ currency, amount, tax }) =>
        `${signed(amount)} ${currency}, tax in it ${money(tax)}, on ${whole(figures.accounts)} account(s).`,
    ),
    '',
    ...tableLines(
      [
        { head: 'view', value: (line) => line.view },
        { head: 'service', value: (line) => line.service },
        { head: 'tariff', value: (line) => line.tariff },
        { head: 'kind', value: (line) => line.kind },
        { head: 'taken back', value: (line) => whole(line.reversed), align: 'right' },
        { head: 'posted', value: (line) => whole(line.posted), align: 'right' },
        { head: 'before', value: (line) => money(line.before), align: 'right' },
        { head: 'after', value: (line) => money(line.after), align: 'right' },
        { head: 'difference', value: (line) => signed(line.amount), align: 'right' },
        { head: 'currency', value: (line) => line.currency },
      ],
      figures.lines,
    ),
    ...(figures.largest.length === 0 ? [] : ['', 'Largest differences by account']),
    ...tableLines(
      [
        { head: 'account', value: (row) => row.account },
        { head: 'difference', value: (row) => signed(row.amount), align: 'right' },
        { head: 'currency', value: (row) => row.currency },
      ],
      figures.largest.slice(0, 10),
    ),
    ...unpricedLines(figures),
    ...figures.failures.map(({ code, count, message }) => `${code}: ${count} customer(s) not settled. ${message}`),
  ];
}

function unpricedLines({ unpriced }: RerateFigures): string[] {
  return unpriced.map(({ code, records }) => `${code}: ${whole(records)} record(s) stay as they stand.`);
}

function differenceLines(rows: readonly ChargeItem[]): string[] {
  return tableLines(
    [
      { head: 'id', value: (row) => row.id },
      { head: 'account', value: (row) => row.account },
      { head: 'start (UTC)', value: (row) => row.startAt.slice(0, 19).replace('T', ' ') },
      { head: 'kind', value: (row) => (row.sign < 0 ? 'reversal' : row.kind) },
      { head: 'tariff', value: (row) => [row.tariff, row.component].filter((part) => part !== '').join('/') },
      { head: 'quantity', value: (row) => whole(row.quantity), align: 'right' },
      { head: 'unit', value: (row) => row.unit },
      { head: 'amount', value: (row) => money(row.amount), align: 'right' },
      { head: 'currency', value: (row) => row.currency },
      { head: 'service', value: (row) => row.servicePeriod },
      { head: 'billed in', value: (row) => row.postingPeriod },
      { head: 'corrects', value: (row) => row.corrects ?? '' },
    ],
    rows,
  );
}

export function rerateLines(item: RerateItem, rows: readonly ChargeItem[] = []): string[] {
  const { entry, by, note, undoes, state, reversed, posted, left, money: sums, figures } = item;
  const what = undoes === null ? `Re-rating ${entry}` : `Entry ${entry} takes re-rating ${undoes} back`;
  const told: Record<RerateItem['state'], string> = {
    waiting: 'it waits for its turn',
    running: 'it is being worked out',
    posted: `${whole(reversed)} charge(s) taken back, ${whole(posted)} posted`,
    nothing: 'nothing was to be posted',
    refused: 'refused: the differences were not those that were approved',
  };
  return [
    `${what}, by ${by}${note === null ? '' : ` (${note})`}: ${told[state]}.`,
    ...sums.map(({ currency, amount, tax }) => `${signed(amount)} ${currency}, tax in it ${money(tax)}.`),
    ...(left === 0 ? [] : [`${whole(left)} row(s) were left: later entries correct them.`]),
    ...(figures === null ? [] : unpricedLines(figures)),
    ...(figures?.failures ?? []).map(
      ({ code, count, message }) => `${code}: ${count} customer(s) not settled. ${message}`,
    ),
    ...(state === 'posted' && undoes === null ? [`To take it back: tollgrid rerate undo ${entry}`] : []),
    ...(rows.length === 0 ? [] : ['', ...differenceLines(rows)]),
  ];
}

export function rerateTable(items: readonly RerateItem[]): string[] {
  return tableLines(
    [
      { head: 'entry', value: (item) => item.entry },
      { head: 'at', value: (item) => item.at.slice(0, 19).replace('T', ' ') },
      { head: 'what', value: (item) => (item.undoes === null ? whatOf(item) : `takes ${item.undoes} back`) },
      { head: 'state', value: (item) => item.state },
      { head: 'taken back', value: (item) => whole(item.reversed), align: 'right' },
      { head: 'posted', value: (item) => whole(item.posted), align: 'right' },
      {
        head: 'difference',
        value: (item) => item.money.map(({ amount, currency }) => `${signed(amount)} ${currency}`).join(', '),
        align: 'right',
      },
      { head: 'by', value: (item) => item.by },
      { head: 'note', value: (item) => item.note ?? '' },
    ],
    items,
  );
}

function whatOf({ wish }: RerateItem): string {
  if (wish === null) return '';
  const { from, to, tariff, account } = wish;
  return [`${from} to ${to}`, tariff ?? '', account ?? ''].filter((part) => part !== '').join(' ');
}

function signed(amount: string): string {
  return amount.startsWith('-') ? `-${money(amount.slice(1))}` : `+${money(amount)}`;
}
