/** The ledger's files as the engine sees them: parts, their hashes, and those it set aside. */
import { ledgerError, queryRows, type LedgerClient } from '../client.ts';
import { microsOf } from '../encode-rows.ts';
import { TABLES, type Table, type TableName } from '../tables.ts';

export interface LedgerPart {
  table: string;
  /** `partition_firstBlock_lastBlock_level`: a merged part covers the blocks of those it was made of. */
  name: string;
  /** yyyymm, or 0 for tables without months. */
  month: number;
  rows: number;
  sizeBytes: number;
  /** Hash over the checksums of all its files. */
  hash: string;
}

const OURS = 'database = currentDatabase()';

/** All active parts of our tables. From the engine's memory: costs no reading. */
export async function ledgerParts(client: LedgerClient): Promise<LedgerPart[]> {
  const rows = await queryRows<{
    table: string;
    name: string;
    partition: string;
    rows: string;
    bytes_on_disk: string;
    hash_of_all_files: string;
  }>(
    client,
    `SELECT table, name, partition, rows, bytes_on_disk, hash_of_all_files FROM system.parts
     WHERE active AND ${OURS} AND table IN {tables:Array(String)} ORDER BY table, name`,
    { tables: Object.keys(TABLES) },
  );
  return rows.map((row) => ({
    table: row.table,
    name: row.name,
    month: /^\d{6}$/.test(row.partition) ? Number(row.partition) : 0,
    rows: Number(row.rows),
    sizeBytes: Number(row.bytes_on_disk),
    hash: row.hash_of_all_files,
  }));
}

export interface DetachedPart {
  table: string;
  name: string;
  reason: string;
}

/** Parts that the engine set aside because they were broken: their rows are missing, silently. */
export function detachedParts(client: LedgerClient): Promise<DetachedPart[]> {
  return queryRows<DetachedPart>(
    client,
    `SELECT table, name, reason FROM system.detached_parts WHERE ${OURS} ORDER BY table, name`,
  );
}

/**
 * Reads a part's files and holds them against their checksums. Null when they fit, otherwise what the engine says.
 * A part that was merged away meanwhile is no fault: `gone`.
 */
export async function checkPart(client: LedgerClient, table: TableName, name: string): Promise<string | null | 'gone'> {
  try {
    const answer = await client.query({
      query: `CHECK TABLE ${table} PART '${name.replace(/[^\w-]/g, '')}'`,
      format: 'JSONEachRow',
      clickhouse_settings: { check_query_single_value_result: 0, max_threads: 1 },
    });
    const rows = await answer.json<{ is_passed: number | boolean; message: string }>();
    const broken = rows.find(({ is_passed: passed }) => Number(passed) !== 1);
    return broken === undefined ? null : broken.message || 'its files are not what was written';
  } catch (error) {
    const still = (await ledgerParts(client)).some((part) => part.table === table && part.name === name);
    if (!still) return 'gone';
    throw ledgerError(error);
  }
}

export interface MonthTotals {
  rows: number;
  amountMicros: bigint;
  quantity: bigint;
}

/** Rows and control sums of one month of a table (month 0: of a table without months), read from the columns. */
export async function monthTotals(client: LedgerClient, name: TableName, month: number): Promise<MonthTotals> {
  const table: Table = TABLES[name];
  const where = table.month === undefined ? '' : `WHERE ${table.month} = {month:UInt32}`;
  const [row] = await queryRows<{ n: string; total_quantity: string; total_amount: string }>(
    client,
    `SELECT count() AS n, toString(sum(toInt128(${table.sums.quantity ?? '0'}))) AS total_quantity,
       toString(sum(toDecimal128(${table.sums.amount ?? '0'}, 6))) AS total_amount
     FROM ${name} ${where} SETTINGS max_threads = 1`,
    { month },
  );
  return {
    rows: Number(row.n),
    quantity: BigInt(row.total_quantity),
    amountMicros: microsOf(row.total_amount),
  };
}
