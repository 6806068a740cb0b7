/** The audit as people read it: `tollgrid audit` and the end of `tollgrid start --once`. */
import type { AuditReport, VerifyReport } from '../schemas/api/audit.ts';
import { money, tableLines, whole, type Column } from './table.ts';

type Dispositions = AuditReport['total'];
type RecordRow = AuditReport['records'][number];

/** Heads and the disposition each stands for, in the order of the identity. */
const DISPOSITIONS: readonly [head: string, key: keyof Dispositions][] = [
  ['received', 'received'],
  ['rated', 'rated'],
  ['absorbed', 'absorbed'],
  ['duplicate', 'duplicate'],
  ['superseded', 'superseded'],
  ['filtered', 'filtered'],
  ['rejected', 'rejected'],
  ['suspended', 'suspended'],
  ['written off', 'writtenOff'],
  ['in flight', 'inFlight'],
  ['difference', 'difference'],
];

export function auditLines(report: AuditReport): string[] {
  const { closes, total, asOfEntry } = report;
  return [
    ...recordsBlock(report),
    '',
    ...block('Units', unitLines(report)),
    ...block('Money', moneyLines(report)),
    ...block('Held files, not received', heldLines(report)),
    ...block('Meters', meterLines(report)),
    ...block('Checks', checkLines(report)),
    closes
      ? `The audit closes at zero difference (as of entry ${asOfEntry}, ${whole(total.received)} records received).`
      : `THE AUDIT DOES NOT CLOSE (as of entry ${asOfEntry}): see the rows whose difference is not 0.`,
  ];
}

/** Dispositions by row, with the total given. */
export function recordsBlock(report: Pick<AuditReport, 'by' | 'records' | 'total'>): string[] {
  return block('Records', recordLines(report)).slice(0, -1);
}

/** Of these rows alone: what else Tollgrid took does not belong under them. */
export function totalOf(rows: readonly RecordRow[]): Dispositions {
  const sums = DISPOSITIONS.map(([, key]) => [key, rows.reduce((sum, row) => sum + row[key], 0)]);
  return Object.fromEntries(sums) as Dispositions;
}

function block(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];
}

function recordLines(report: Pick<AuditReport, 'by' | 'records' | 'total'>): string[] {
  const { records, total } = report;
  const all: RecordRow[] = [...records, { source: 'total', file: null, hour: null, ...total }];
  // Columns in which nothing ever stood only hide the others; the identity's ends always show.
  const shown = DISPOSITIONS.filter(
    ([, key]) => key === 'received' || key === 'rated' || key === 'difference' || total[key] !== 0,
  );
  const columns: Column<RecordRow>[] = [
    { head: 'source', value: (row) => row.source },
    ...(report.by === 'file' ? [{ head: 'file', value: (row: RecordRow) => row.file?.name ?? '' }] : []),
    ...(report.by === 'hour' ? [{ head: 'hour', value: hourOf }] : []),
    ...shown.map(([head, key]): Column<RecordRow> => ({ head, value: (row) => whole(row[key]), align: 'right' })),
  ];
  return tableLines(columns, all);
}

/** 2026-10-31T14:00:00.000Z is 2026-10-31 14:00 here, UTC as everywhere. */
function hourOf({ hour }: RecordRow): string {
  return hour === null ? '' : hour.slice(0, 16).replace('T', ' ');
}

function heldLines({ held = [] }: AuditReport): string[] {
  return tableLines(
    [
      { head: 'source', value: (row) => row.source },
      { head: 'file', value: (row) => row.name },
      { head: 'entry', value: (row) => row.entry, align: 'right' },
      { head: 'records', value: (row) => whole(row.records), align: 'right' },
      { head: 'code', value: (row) => row.code },
    ],
    held,
  );
}

function meterLines({ meters }: AuditReport): string[] {
  return tableLines(
    [
      { head: 'kind', value: (row) => row.kind },
      { head: 'view', value: (row) => row.view || '(no usage)' },
      { head: 'chains', value: (row) => whole(row.chains), align: 'right' },
      { head: 'readings', value: (row) => whole(row.steps), align: 'right' },
      { head: 'shown', value: (row) => row.expected, align: 'right' },
      { head: 'usage', value: (row) => row.usage, align: 'right' },
      { head: 'tolerance', value: (row) => row.tolerance, align: 'right' },
      { head: 'difference', value: (row) => row.difference, align: 'right' },
    ],
    meters,
  );
}

function checkLines({ checks }: AuditReport): string[] {
  return checks.map(({ name, closes, difference, detail }) =>
    closes ? `ok     ${name}` : `WRONG  ${name}: ${difference} apart: ${detail}`,
  );
}

export function verifyLines({ ok, checks }: VerifyReport, good: string, bad: string): string[] {
  return [
    ...checks.map((check) => `${check.ok ? 'ok    ' : 'WRONG '} ${check.name}: ${check.detail}`),
    ok ? good : bad,
  ];
}

function unitLines({ units }: AuditReport): string[] {
  return tableLines(
    [
      { head: 'view', value: (row) => row.view },
      { head: 'service', value: (row) => row.service },
      { head: 'kind', value: (row) => row.kind },
      { head: 'computed', value: (row) => whole(row.computed), align: 'right' },
      { head: 'ledger', value: (row) => whole(row.ledger), align: 'right' },
      { head: 'aggregates', value: (row) => whole(row.aggregates), align: 'right' },
      { head: 'difference', value: (row) => whole(row.difference), align: 'right' },
    ],
    units,
  );
}

function moneyLines({ money: rows }: AuditReport): string[] {
  return tableLines(
    [
      { head: 'view', value: (row) => row.view },
      { head: 'currency', value: (row) => row.currency },
      { head: 'computed', value: (row) => money(row.computed), align: 'right' },
      { head: 'ledger', value: (row) => money(row.ledger), align: 'right' },
      { head: 'aggregates', value: (row) => money(row.aggregates), align: 'right' },
      { head: 'difference', value: (row) => money(row.difference), align: 'right' },
    ],
    rows,
  );
}
