/** From the differences in a workspace to the blocks of a write: charges, and their sums by account and day, zone and hour. */
import type { LedgerBlock } from '../blocks.ts';
import { microsOf } from '../encode-rows.ts';
import { TABLES, type TableName } from '../tables.ts';
import type { RerateWorkspace } from './workspace.ts';

const WHAT = 'd.view, d.service, d.kind, d.currency';
/** Sums of 64-bit integers are made wider first; what does not fit its column is an error, never another number. */
const SUMS = `accurateCast(sum(toInt64(d.sign)), 'Int64'), accurateCast(sum(toInt128(d.quantity)), 'Int64'),
  accurateCast(sum(toInt128(d.billed)), 'Int64'), sum(toDecimal128(d.amount, 6)), sum(toDecimal128(d.tax, 6))`;

/** The blocks are copies of the workspace's tables: it is dropped when they are written. */
export async function differenceBlocks(workspace: RerateWorkspace): Promise<LedgerBlock[]> {
  const from = `FROM ${workspace.table('differences')} AS d`;
  await workspace.empty('daily', 'hourly');
  await workspace.run(
    `INSERT INTO ${workspace.table('daily')} SELECT {entry:UInt64}, toDate(d.start_at) AS of_day, d.account_no, ${WHAT}, ${SUMS}
     ${from} GROUP BY of_day, d.account_no, ${WHAT}`,
  );
  await workspace.run(
    `INSERT INTO ${workspace.table('hourly')} SELECT {entry:UInt64}, toStartOfHour(d.start_at) AS of_hour, d.zone, ${WHAT}, ${SUMS}
     ${from} GROUP BY of_hour, d.zone, ${WHAT}`,
  );
  return [
    ...(await blocksOf(workspace, 'charges', 'differences')),
    ...(await blocksOf(workspace, 'charges_daily', 'daily')),
    ...(await blocksOf(workspace, 'charges_hourly', 'hourly')),
  ];
}

async function blocksOf(
  workspace: RerateWorkspace,
  table: TableName,
  part: 'differences' | 'daily' | 'hourly',
): Promise<LedgerBlock[]> {
  const month = TABLES[table as 'charges'].month!;
  const rows = await workspace.rows<{ month: number; n: string; quantity: string; amount: string }>(
    `SELECT ${month} AS month, count() AS n, toString(sum(toInt128(t.quantity))) AS quantity,
       sum(toDecimal128(t.amount, 6)) AS amount
     FROM ${workspace.table(part)} AS t GROUP BY month ORDER BY month`,
  );
  return rows.map((row) => ({
    table,
    month: Number(row.month),
    rows: Number(row.n),
    amountMicros: microsOf(row.amount),
    quantity: BigInt(row.quantity),
    chunks: [],
    copies: [{ from: workspace.table(part), where: `${month} = ${row.month}` }],
  }));
}
