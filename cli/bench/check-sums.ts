/** Sums and a digest over every business column: equal on both sides, or the comparison is worth nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { LedgerClient } from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';

export interface CheckSums {
  rows: string;
  quantity: string;
  amount: string;
  tax: string;
  /** Sum of a hash over each row's business columns: the same rows in any order. */
  digest: string;
  daily: { rows: string; amount: string; digest: string };
  hourly: { rows: string; amount: string; digest: string };
}

export async function checkSums(client: LedgerClient): Promise<CheckSums> {
  const one = async <T>(query: string): Promise<T> => {
    const result = await client.query({ query, format: 'JSONEachRow' });
    return (await result.json<T>())[0];
  };
  const charges = await one<Omit<CheckSums, 'daily' | 'hourly'>>(`
    SELECT toString(count()) AS rows, toString(sum(c.quantity)) AS quantity, toString(sum(c.amount)) AS amount,
      toString(sum(c.tax)) AS tax, toString(sum(cityHash64(account_no, subscription_no, view, service, start_at, end_at,
      c.quantity, party, other_party, zone, tariff, billed, currency, c.amount, c.tax, service_period))) AS digest
    FROM charges AS c`);
  // Rows of one key add up, whatever the number of writes they came in.
  const sums = (table: string, key: string): Promise<CheckSums['daily']> =>
    one(`
      SELECT toString(sum(n)) AS rows, toString(sum(a)) AS amount, toString(sum(cityHash64(${key}, n, q, b, a, t))) AS digest
      FROM (SELECT ${key}, sum(s.records) AS n, sum(s.quantity) AS q, sum(s.billed) AS b, sum(s.amount) AS a,
        sum(s.tax) AS t FROM ${table} AS s GROUP BY ${key})`);
  return {
    ...charges,
    daily: await sums('charges_daily', 'day, account_no, view, service, kind, currency'),
    hourly: await sums('charges_hourly', 'hour, zone, view, service, kind, currency'),
  };
}

/** Throws BENCH_DIFFERS: a faster side that did something else has not won. */
export function requireEqual(ours: CheckSums, floor: CheckSums): void {
  if (isDeepStrictEqual(ours, floor)) return;
  throw new TollgridError('BENCH_DIFFERS', 'The two sides did not come to the same rows.', {
    tollgrid: ours,
    engine: floor,
  });
}
