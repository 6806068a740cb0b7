/** What the journal of writes says that each month of each table holds, against parts and against columns. */
import { decimalOf } from './encode-rows.ts';
import type { JournalledWrite } from './control-totals.ts';
import type { LedgerPart, MonthTotals } from './queries/audit-parts.ts';
import type { TableName } from './tables.ts';

export interface MonthExpected extends MonthTotals {
  table: TableName;
  /** yyyymm, or 0 for tables without months. */
  month: number;
}

/** Sums of all journalled writes, by `table:month`. */
export function expectedTotals(writes: Iterable<JournalledWrite>): Map<string, MonthExpected> {
  const expected = new Map<string, MonthExpected>();
  for (const { blocks } of writes) {
    for (const { table, month, rows, amountMicros, quantity } of blocks) {
      const key = `${table}:${month}`;
      let sums = expected.get(key);
      if (sums === undefined) expected.set(key, (sums = { table, month, rows: 0, amountMicros: 0n, quantity: 0n }));
      sums.rows += rows;
      sums.amountMicros += BigInt(amountMicros);
      sums.quantity += BigInt(quantity);
    }
  }
  return expected;
}

/** Rows that the parts claim to hold against those that were written: names each month that differs. */
export function comparePartRows(
  expected: ReadonlyMap<string, MonthExpected>,
  parts: readonly Pick<LedgerPart, 'table' | 'month' | 'rows'>[],
): string[] {
  const found = new Map<string, number>();
  for (const { table, month, rows } of parts) {
    const key = `${table}:${month}`;
    found.set(key, (found.get(key) ?? 0) + rows);
  }
  const differences: string[] = [];
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const wanted = expected.get(key)?.rows ?? 0;
    const there = found.get(key) ?? 0;
    if (wanted !== there) differences.push(`${nameOf(key)}: ${wanted} rows were written, its parts hold ${there}`);
  }
  return differences;
}

/** Null when the month holds what was written. */
export function compareMonth(expected: MonthExpected, found: MonthTotals): string | null {
  const { table, month, rows, amountMicros, quantity } = expected;
  const wrong = [
    ...(rows === found.rows ? [] : [`${rows} rows were written, ${found.rows} are there`]),
    ...(amountMicros === found.amountMicros
      ? []
      : [`money ${decimalOf(amountMicros)} was written, ${decimalOf(found.amountMicros)} is there`]),
    ...(quantity === found.quantity ? [] : [`quantity ${quantity} was written, ${found.quantity} is there`]),
  ];
  return wrong.length === 0 ? null : `${nameOf(`${table}:${month}`)}: ${wrong.join('; ')}`;
}

function nameOf(key: string): string {
  const [table, month] = key.split(':');
  return month === '0' ? table : `${table} ${month}`;
}
