/** Charges and reversals in the order in which the log posted them, a page at a time. */
import { queryRows, streamRows, type LedgerClient, type QueryParameters } from '../client.ts';
import { CHARGE_COLUMNS, toCharge, type Charge, type ChargeRow } from './charges.ts';

export interface PostedChargesFilter {
  /** Rows that entries behind it posted, and of itself those behind `after`; null: none of it. */
  fromEntry: number;
  after: readonly [entryNo: number, recordNo: number, chargeNo: number, sign: number] | null;
  toEntry: number;
  /** Empty: all. */
  views: readonly string[];
}

/** Groups that are looked at to find where a page ends. */
const ENTRIES_MAX = 2000;

/**
 * The entry with which about `limit` rows are reached, or `toEntry` when they are fewer; null: there are none. Reads one
 * column, so that the page itself needs not sort all that lies behind it.
 */
export async function postedUpTo(
  client: LedgerClient,
  filter: PostedChargesFilter,
  limit: number,
): Promise<number | null> {
  const { where, params } = conditions(filter);
  const rows = await queryRows<{ entry: string; n: string }>(
    client,
    `SELECT posted_entry AS entry, count() AS n FROM charges AS c WHERE ${where}
     GROUP BY entry ORDER BY entry LIMIT ${ENTRIES_MAX}`,
    params,
  );
  if (rows.length === 0) return null;
  let sum = 0;
  for (const { entry, n } of rows) {
    sum += Number(n);
    if (sum >= limit) return Number(entry);
  }
  return rows.length < ENTRIES_MAX ? filter.toEntry : Number(rows.at(-1)!.entry);
}

/** In portions; each row once, and never two of one (posted entry, address, sign). */
export async function* postedCharges(
  client: LedgerClient,
  filter: PostedChargesFilter,
  limit: number,
): AsyncGenerator<Charge[], void> {
  const { where, params } = conditions(filter);
  const rows = streamRows<ChargeRow>(
    client,
    `SELECT ${CHARGE_COLUMNS} FROM charges AS c WHERE ${where}
     ORDER BY posted_entry, entry_no, record_no, charge_no, c.sign LIMIT {limit:UInt32}`,
    { ...params, limit },
  );
  for await (const portion of rows) yield portion.map(toCharge);
}

function conditions({ fromEntry, after, toEntry, views }: PostedChargesFilter): {
  where: string;
  params: QueryParameters;
} {
  const params: QueryParameters = { fromEntry, toEntry, views };
  const where = ['posted_entry <= {toEntry:UInt64}'];
  if (after === null) where.push('posted_entry > {fromEntry:UInt64}');
  else {
    const [entryNo, recordNo, chargeNo, sign] = after;
    Object.assign(params, { entryNo, recordNo, chargeNo, afterSign: sign });
    where.push(
      'posted_entry >= {fromEntry:UInt64}',
      `(posted_entry, entry_no, record_no, charge_no, c.sign)
        > ({fromEntry:UInt64}, {entryNo:UInt64}, {recordNo:UInt32}, {chargeNo:UInt16}, {afterSign:Int8})`,
    );
  }
  if (views.length > 0) where.push('view IN {views:Array(String)}');
  return { where: where.join(' AND '), params };
}
