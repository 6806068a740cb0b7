/** A signed roll-forward as people read it. */
import type { Statement } from '../schemas/api/statements.ts';
import { money, tableLines, whole, type Column } from './table.ts';

type Row = Statement['records'][number];

const NUMBERS: readonly [head: string, key: Exclude<keyof Row, 'source'>][] = [
  ['opening', 'opening'],
  ['received', 'received'],
  ['rated', 'rated'],
  ['absorbed', 'absorbed'],
  ['duplicate', 'duplicate'],
  ['superseded', 'superseded'],
  ['filtered', 'filtered'],
  ['rejected', 'rejected'],
  ['written off', 'writtenOff'],
  ['closing', 'closing'],
  ['difference', 'difference'],
];

export function statementLines(statement: Statement): string[] {
  const { date, fromEntry, toEntry, chain, previous, key, closes, records, sums } = statement;
  const columns: Column<Row>[] = [
    { head: 'source', value: (row) => row.source },
    ...NUMBERS.map(([head, name]): Column<Row> => ({ head, value: (row) => whole(row[name]), align: 'right' })),
  ];
  return [
    `Statement of ${date} (UTC): entries ${whole(fromEntry)} to ${whole(toEntry)}, log chain ${chain}`,
    previous === null
      ? 'It is the first one.'
      : `It follows the one of ${previous.date} (${previous.sha256.slice(0, 16)}...).`,
    '',
    'Suspense and records',
    ...tableLines(columns, records).map((line) => `  ${line}`),
    '',
    'Units and money',
    ...tableLines(
      [
        { head: 'view', value: (row) => row.view },
        { head: 'service', value: (row) => row.service },
        { head: 'kind', value: (row) => row.kind },
        { head: 'currency', value: (row) => row.currency },
        { head: 'opening', value: (row) => whole(row.openingUnits), align: 'right' },
        { head: 'units', value: (row) => whole(row.units), align: 'right' },
        { head: 'closing', value: (row) => whole(row.closingUnits), align: 'right' },
        { head: 'opening', value: (row) => money(row.openingAmount), align: 'right' },
        { head: 'amount', value: (row) => money(row.amount), align: 'right' },
        { head: 'closing', value: (row) => money(row.closingAmount), align: 'right' },
      ],
      sums,
    ).map((line) => `  ${line}`),
    '',
    closes ? `It closes, and is signed with key ${key}.` : `IT DOES NOT CLOSE. It is signed with key ${key}.`,
  ];
}
