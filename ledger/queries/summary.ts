/** Sums of charges for people: what an account used in a month, and what the whole ledger holds by service. */
import { queryRows, type LedgerClient } from '../client.ts';
import { IN_PERIOD, periodParameters } from './period.ts';

/** Sums of what stands; counts and quantities as text, money as decimals. */
export interface ChargeSums {
  view: string;
  service: string;
  kind: 'record' | 'valuation' | 'settlement';
  currency: string;
  records: string;
  quantity: string;
  billed: string;
  amount: string;
  tax: string;
}

const BY = 'view, service, kind, currency';
const SUMS = (records: string): string =>
  `${BY}, sum(c.${records}) AS records, sum(toInt128(c.quantity)) AS quantity, sum(toInt128(c.billed)) AS billed,
   sum(toDecimal128(c.amount, 6)) AS amount, sum(toDecimal128(c.tax, 6)) AS tax`;

/** One account's charges of a service period (yyyymm). */
export function accountSums(client: LedgerClient, accountNo: number, period: number): Promise<ChargeSums[]> {
  return queryRows<ChargeSums>(
    client,
    `SELECT ${SUMS('sign')} FROM charges AS c WHERE account_no = {account:UInt32} AND ${IN_PERIOD}
     GROUP BY ${BY} ORDER BY ${BY}`,
    { account: accountNo, ...periodParameters(period) },
  );
}

/** Everything, from the daily sums. */
export function ledgerSums(client: LedgerClient): Promise<ChargeSums[]> {
  return queryRows<ChargeSums>(
    client,
    `SELECT ${SUMS('records')} FROM charges_daily AS c GROUP BY ${BY} ORDER BY ${BY}`,
  );
}

/** Rows in a table. */
export async function countRows(client: LedgerClient, table: 'charges'): Promise<number> {
  const [row] = await queryRows<{ n: string }>(client, `SELECT count() AS n FROM ${table}`);
  return Number(row.n);
}
