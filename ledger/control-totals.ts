/** What the ledger holds per write, table and month, against what the journal says it should hold. */
import { queryRows, type LedgerClient } from './client.ts';
import { decimalOf, microsOf } from './encode-rows.ts';
import { TABLE_NAMES, TABLES, type Table, type TableName } from './tables.ts';

/** Totals of one insert, as they stand in the journal. Whole numbers as text. */
export interface BlockTotals {
  table: TableName;
  /** yyyymm, or 0 for tables without months. */
  month: number;
  rows: number;
  amountMicros: string;
  quantity: string;
}

export interface JournalledWrite {
  fromEntry: number;
  toEntry: number;
  blocks: BlockTotals[];
  /** So many writes in one line: they lie before a checkpoint, and where they were cut does not matter any more. */
  folded?: number;
}

export interface Difference {
  table: TableName;
  month: number;
  fromEntry: number;
  toEntry: number;
  expected: { rows: number; amount: string; quantity: string };
  found: { rows: number; amount: string; quantity: string };
}

interface Totals {
  rows: number;
  amountMicros: bigint;
  quantity: bigint;
}

interface EntryTotals extends Totals {
  entry: number;
}

const NOTHING: Totals = { rows: 0, amountMicros: 0n, quantity: 0n };

export class FoundTotals {
  /** `table:month` → totals per posting entry, ascending. */
  readonly groups: ReadonlyMap<string, EntryTotals[]>;

  constructor(groups: ReadonlyMap<string, EntryTotals[]>) {
    this.groups = groups;
  }

  between(table: TableName, month: number, fromEntry: number, toEntry: number): Totals {
    const entries = this.groups.get(`${table}:${month}`) ?? [];
    const sum = { ...NOTHING };
    for (let i = firstFrom(entries, fromEntry); i < entries.length && entries[i].entry <= toEntry; i++) {
      const { rows, amountMicros, quantity } = entries[i];
      sum.rows += rows;
      sum.amountMicros += amountMicros;
      sum.quantity += quantity;
    }
    return sum;
  }

  stateOf(write: JournalledWrite, block: BlockTotals): 'whole' | 'partial' | 'absent' {
    const found = this.between(block.table, block.month, write.fromEntry, write.toEntry);
    if (found.rows === 0) return 'absent';
    return isEqual(found, block) ? 'whole' : 'partial';
  }
}

function firstFrom(entries: readonly EntryTotals[], entry: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].entry < entry) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isEqual(found: Totals, expected: BlockTotals): boolean {
  return (
    found.rows === expected.rows &&
    found.amountMicros === BigInt(expected.amountMicros) &&
    found.quantity === BigInt(expected.quantity)
  );
}

/**
 * Totals of everything posted in [fromEntry, toEntry]. One pass over two to four columns of each table, or of the months
 * of it that are given.
 */
export async function readTotals(
  client: LedgerClient,
  fromEntry = 0,
  toEntry = Number.MAX_SAFE_INTEGER,
  tables: Iterable<TableName> = TABLE_NAMES,
  months?: ReadonlyMap<TableName, ReadonlySet<number>>,
): Promise<FoundTotals> {
  const groups = new Map<string, EntryTotals[]>();
  for (const name of tables) {
    const table: Table = TABLES[name];
    const only = table.month === undefined ? undefined : months?.get(name);
    const inMonths = only === undefined ? '' : ` AND ${table.month} IN {months:Array(UInt32)}`;
    // Sums of 64-bit integers wrap silently, so they are made wider first.
    const query = `
      SELECT ${table.month ?? '0'} AS month, posted_entry AS entry, count() AS n,
        toString(sum(toInt128(${table.sums.quantity ?? '0'}))) AS total_quantity,
        toString(sum(toDecimal128(${table.sums.amount ?? '0'}, 6))) AS total_amount
      FROM ${name} WHERE posted_entry BETWEEN {from:UInt64} AND {to:UInt64}${inMonths}
      GROUP BY month, entry ORDER BY month, entry`;
    const params = { from: fromEntry, to: toEntry, ...(only !== undefined && { months: [...only] }) };
    const rows = await queryRows<TotalsRow>(client, query, params);
    for (const row of rows) {
      const key = `${name}:${row.month}`;
      const entries = groups.get(key) ?? [];
      groups.set(key, entries);
      entries.push({
        entry: Number(row.entry),
        rows: Number(row.n),
        amountMicros: microsOf(row.total_amount),
        quantity: BigInt(row.total_quantity),
      });
    }
  }
  return new FoundTotals(groups);
}

interface TotalsRow {
  month: number;
  entry: string;
  n: string;
  total_quantity: string;
  total_amount: string;
}

/** Blocks whose rows differ, and rows that no journalled write explains. */
export function compareTotals(writes: readonly JournalledWrite[], found: FoundTotals): Difference[] {
  const differences: Difference[] = [];
  const explained = new Map<string, [number, number][]>();
  for (const { fromEntry, toEntry, blocks } of writes) {
    for (const block of blocks) {
      const key = `${block.table}:${block.month}`;
      const ranges = explained.get(key) ?? [];
      explained.set(key, ranges);
      ranges.push([fromEntry, toEntry]);
      const there = found.between(block.table, block.month, fromEntry, toEntry);
      if (isEqual(there, block)) continue;
      const expected = {
        rows: block.rows,
        amountMicros: BigInt(block.amountMicros),
        quantity: BigInt(block.quantity),
      };
      differences.push(difference(block.table, block.month, fromEntry, toEntry, expected, there));
    }
  }
  for (const [key, entries] of found.groups) {
    const [table, month] = key.split(':') as [TableName, string];
    const ranges = (explained.get(key) ?? []).sort(([a], [b]) => a - b);
    let at = 0;
    for (const entry of entries) {
      while (at < ranges.length && ranges[at][1] < entry.entry) at++;
      if (at < ranges.length && ranges[at][0] <= entry.entry) continue;
      differences.push(difference(table, Number(month), entry.entry, entry.entry, NOTHING, entry));
    }
  }
  return differences;
}

function difference(
  table: TableName,
  month: number,
  fromEntry: number,
  toEntry: number,
  expected: Totals,
  found: Totals,
): Difference {
  const show = ({ rows, amountMicros, quantity }: Totals): Difference['found'] => ({
    rows,
    amount: decimalOf(amountMicros),
    quantity: quantity.toString(),
  });
  return { table, month, fromEntry, toEntry, expected: show(expected), found: show(found) };
}

/** All in one: sums per table and month over the whole range. */
export function foldWrites(writes: readonly JournalledWrite[]): JournalledWrite {
  const sums = new Map<string, { table: TableName; month: number; rows: number; amount: bigint; quantity: bigint }>();
  for (const { table, month, rows, amountMicros, quantity } of writes.flatMap(({ blocks }) => blocks)) {
    const key = `${table}:${month}`;
    const sum = sums.get(key) ?? { table, month, rows: 0, amount: 0n, quantity: 0n };
    sums.set(key, sum);
    sum.rows += rows;
    sum.amount += BigInt(amountMicros);
    sum.quantity += BigInt(quantity);
  }
  return {
    fromEntry: Math.min(...writes.map(({ fromEntry }) => fromEntry)),
    toEntry: Math.max(...writes.map(({ toEntry }) => toEntry)),
    blocks: [...sums.values()].map(({ table, month, rows, amount, quantity }) => {
      return { table, month, rows, amountMicros: amount.toString(), quantity: quantity.toString() };
    }),
    folded: writes.reduce((sum, { folded = 1 }) => sum + folded, 0),
  };
}
