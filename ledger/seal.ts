/** Counts and hashes over all rows of the ledger up to an entry: what is left to prove them by when their log is gone. */
import { queryRows, type LedgerClient } from './client.ts';
import { TABLE_NAMES, TABLES, type Table, type TableName } from './tables.ts';

export interface SealedRows {
  table: TableName;
  /** yyyymm, or 0 for tables without months. */
  month: number;
  rows: number;
  /** Sum of a 64-bit hash of each row, so that their order does not matter. */
  hash: string;
}

/** One pass over all columns. */
export async function sealRows(client: LedgerClient, upTo: number): Promise<SealedRows[]> {
  const sealed: SealedRows[] = [];
  for (const name of TABLE_NAMES) {
    const table: Table = TABLES[name];
    const columns = table.columns.map((column) => `\`${column.name}\``).join(', ');
    const rows = await queryRows<{ month: number; n: string; hash: string }>(
      client,
      `SELECT ${table.month ?? '0'} AS sealed_month, toUInt32(sealed_month) AS month, count() AS n,
         toString(sum(cityHash64(${columns}))) AS hash
       FROM ${name} AS t WHERE posted_entry BETWEEN {from:UInt64} AND {to:UInt64}
       GROUP BY sealed_month ORDER BY sealed_month SETTINGS max_threads = 1`,
      { from: 0, to: upTo },
    );
    for (const { month, n, hash } of rows) sealed.push({ table: name, month, rows: Number(n), hash });
  }
  return sealed;
}

/** Names what differs; empty when the rows are what was sealed. */
export function compareSeals(sealed: readonly SealedRows[], found: readonly SealedRows[]): string[] {
  const keyOf = ({ table, month }: SealedRows): string => (month === 0 ? table : `${table} ${month}`);
  const now = new Map(found.map((one) => [keyOf(one), one]));
  const differences: string[] = [];
  for (const one of sealed) {
    const key = keyOf(one);
    const there = now.get(key);
    now.delete(key);
    if (there?.rows !== one.rows)
      differences.push(`${key}: ${one.rows} rows were sealed, ${there?.rows ?? 0} are there`);
    else if (there.hash !== one.hash) differences.push(`${key}: its ${one.rows} sealed rows are not what they were`);
  }
  for (const key of now.keys()) differences.push(`${key}: rows before the seal that were not sealed`);
  return differences;
}
