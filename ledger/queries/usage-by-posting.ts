/** Standing usage by the entry that posted it, each usage whole although it may have been divided: for trying prices on it. */
import { queryRows, type LedgerClient, type QueryParameters } from '../client.ts';
import { standingRows } from './charges.ts';

export interface PostedUsage {
  postedEntry: number;
  entryNo: number;
  recordNo: number;
  view: string;
  service: string;
  accountNo: number;
  subscriptionNo: number;
  /** 32 hex digits. */
  identity: string;
  /** Number, login or meter of the charged party. */
  party: string;
  startMs: number;
  endMs: number;
  quantity: number;
  quantityUp: number;
}

export interface PostedUsageFilter {
  /** Start of the usage or of a part of it, UTC ms: [from, to). */
  fromMs: number;
  toMs: number;
  beforeEntry: number;
  /** Null: all. */
  accountNos: readonly number[] | null;
}

function standing({ fromMs, toMs, beforeEntry, accountNos }: PostedUsageFilter, select: string) {
  const accounts = accountNos === null ? '' : ' AND c.account_no IN {accounts:Array(UInt32)}';
  const where = `c.kind != 'settlement'
    AND c.start_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
    AND c.start_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')${accounts}`;
  const params: QueryParameters = { fromMs, toMs, before: beforeEntry, accounts: accountNos ?? [] };
  return { query: standingRows(select, where), params };
}

/** How many rows each entry posted, in the order of the log. */
export async function postings(
  client: LedgerClient,
  filter: PostedUsageFilter,
): Promise<{ postedEntry: number; rows: number }[]> {
  const { query, params } = standing(filter, 'c.posted_entry AS posted');
  const rows = await queryRows<{ posted: string; rows: string }>(
    client,
    `SELECT posted, count() AS rows FROM (${query}) GROUP BY posted ORDER BY posted`,
    params,
  );
  return rows.map(({ posted, rows: count }) => ({ postedEntry: Number(posted), rows: Number(count) }));
}

/** What entries [fromEntry, toEntry] posted, by entry and record. */
export async function usageOfPostings(
  client: LedgerClient,
  filter: PostedUsageFilter,
  fromEntry: number,
  toEntry: number,
): Promise<PostedUsage[]> {
  const { query, params } = standing(
    filter,
    `c.posted_entry AS posted, c.entry_no AS entry, c.record_no AS record, c.view AS of_view, c.service AS of_service,
     c.account_no AS account, c.subscription_no AS subscription, c.identity AS id, c.party AS of_party,
     toUnixTimestamp64Milli(c.start_at) AS from_ms, toUnixTimestamp64Milli(c.end_at) AS to_ms,
     c.quantity AS units, c.quantity_up AS units_up`,
  );
  const rows = await queryRows<Record<string, string | number>>(
    client,
    `SELECT max(posted) AS postedEntry, entry AS entryNo, record AS recordNo, of_view AS view, of_service AS service,
       account AS accountNo, subscription AS subscriptionNo, lower(hex(any(id))) AS identity, any(of_party) AS party,
       min(from_ms) AS startMs, max(to_ms) AS endMs, sum(units) AS quantity, sum(units_up) AS quantityUp
     FROM (${query}) WHERE posted BETWEEN {fromEntry:UInt64} AND {toEntry:UInt64}
     GROUP BY entry, record, of_view, of_service, account, subscription
     ORDER BY postedEntry, entryNo, recordNo, view`,
    { ...params, fromEntry, toEntry },
  );
  return rows.map((row) => ({
    postedEntry: Number(row['postedEntry']),
    entryNo: Number(row['entryNo']),
    recordNo: Number(row['recordNo']),
    view: String(row['view']),
    service: String(row['service']),
    accountNo: Number(row['accountNo']),
    subscriptionNo: Number(row['subscriptionNo']),
    identity: String(row['identity']),
    party: String(row['party']),
    startMs: Number(row['startMs']),
    endMs: Number(row['endMs']),
    quantity: Number(row['quantity']),
    quantityUp: Number(row['quantityUp']),
  }));
}
