/** Readings of meters, with their revisions. */
import { queryRows, type LedgerClient } from '../client.ts';

export interface Reading {
  /** Address of the record. */
  address: string;
  postedEntry: string;
  subscriptionNo: number;
  meter: string;
  register: string;
  kind: 'register' | 'interval';
  startMs: number;
  readMs: number;
  /** The meter's own digits, and how many of them are decimals. */
  digits: string;
  scale: number;
  quality: string;
}

export interface ReadingFilter {
  subscriptionNo: number;
  /** UTC ms; [from, to). */
  fromMs: number;
  toMs: number;
  limit: number;
}

/** Readings by (meter, register, time of reading, posting): a revision stands behind what it revises. */
export async function listReadings(client: LedgerClient, filter: ReadingFilter): Promise<Reading[]> {
  const rows = await queryRows<Omit<Reading, 'startMs' | 'readMs'> & { startMs: string; readMs: string }>(
    client,
    `SELECT concat(toString(entry_no), '.', toString(record_no)) AS address, posted_entry AS postedEntry,
       subscription_no AS subscriptionNo, meter, register, kind,
       toUnixTimestamp64Milli(start_at) AS startMs, toUnixTimestamp64Milli(read_at) AS readMs, digits, scale, quality
     FROM readings
     WHERE subscription_no = {subscription:UInt32}
       AND read_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
       AND read_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
     ORDER BY meter, register, read_at, posted_entry LIMIT {limit:UInt32}`,
    { subscription: filter.subscriptionNo, fromMs: filter.fromMs, toMs: filter.toMs, limit: filter.limit },
  );
  return rows.map(({ startMs, readMs, ...rest }) => ({ ...rest, startMs: Number(startMs), readMs: Number(readMs) }));
}
