/** Which entries of the log a re-rating would read. */
import { queryRows, type LedgerClient } from '../client.ts';
import type { RerateMonths } from './wanted.ts';

/** The first entry whose records have charges in the months, posted before an entry; null: none has. */
export async function firstRecordEntry(
  client: LedgerClient,
  { from, to }: RerateMonths,
  beforeEntry: number,
): Promise<number | null> {
  const [row] = await queryRows<{ n: string; first: string }>(
    client,
    `SELECT count() AS n, min(entry_no) AS first FROM charges
     WHERE kind != 'settlement' AND posted_entry < {entry:UInt64}
       AND service_period >= {from:UInt32} AND service_period < {to:UInt32}`,
    { from, to, entry: beforeEntry },
  );
  return row === undefined || Number(row.n) === 0 ? null : Number(row.first);
}
