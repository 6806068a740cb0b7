/** What a run of log entries did to the ledger: the figures of a roll-forward. Bounds are posting entries, inclusive. */
import { queryRows, type LedgerClient } from '../client.ts';
import { DISPOSITION_SUMS, type DispositionCounts } from './audit.ts';

export interface PeriodRecords extends DispositionCounts {
  source: string;
  /** Records that waited in suspense before the first entry, as accounted. */
  opening: string;
}

/** Movements by source, and what waited before them. */
export function periodRecords(client: LedgerClient, fromEntry: number, toEntry: number): Promise<PeriodRecords[]> {
  return queryRows<PeriodRecords>(
    client,
    `SELECT source, sum(o) AS opening, ${DISPOSITION_SUMS} FROM (
       SELECT source, b.suspended AS o, ${NO_COUNTS} FROM batches AS b WHERE posted_entry < {from:UInt64}
       UNION ALL
       SELECT source, toInt64(0) AS o, ${ALL_COUNTS} FROM batches AS b
       WHERE posted_entry BETWEEN {from:UInt64} AND {to:UInt64}
     ) AS b GROUP BY source ORDER BY source`,
    { from: fromEntry, to: toEntry },
  );
}

const COUNT_COLUMNS = [
  'received',
  'rated',
  'absorbed',
  'duplicate',
  'superseded',
  'filtered',
  'rejected',
  'suspended',
  'written_off',
];
const NO_COUNTS = COUNT_COLUMNS.map((name) => `toInt64(0) AS ${name}`).join(', ');
const ALL_COUNTS = COUNT_COLUMNS.map((name) => `b.${name} AS ${name}`).join(', ');

/** Records whose last row in `suspense` up to an entry says that they wait, by source. */
export async function waitingAsOf(client: LedgerClient, toEntry: number): Promise<Map<string, number>> {
  const rows = await queryRows<{ of: string; n: string }>(
    client,
    `SELECT of, count() AS n FROM (
       SELECT argMax(s.source, s.posted_entry) AS of, argMax(s.state, s.posted_entry) AS last_state
       FROM suspense AS s WHERE posted_entry <= {to:UInt64} GROUP BY entry_no, record_no
     ) WHERE last_state = 'suspended' GROUP BY of`,
    { to: toEntry },
  );
  return new Map(rows.map(({ of, n }) => [of, Number(n)]));
}

export interface PeriodSums {
  view: string;
  service: string;
  kind: string;
  currency: string;
  openingCharges: string;
  charges: string;
  openingQuantity: string;
  quantity: string;
  openingAmount: string;
  amount: string;
}

/** Charges less reversals, units and money before the first entry and in the period. */
export function periodSums(client: LedgerClient, fromEntry: number, toEntry: number): Promise<PeriodSums[]> {
  return queryRows<PeriodSums>(
    client,
    `SELECT view, service, toString(kind) AS kind, currency,
       sumIf(toInt64(c.sign), before) AS openingCharges, sumIf(toInt64(c.sign), NOT before) AS charges,
       toString(sumIf(toInt128(c.quantity), before)) AS openingQuantity,
       toString(sumIf(toInt128(c.quantity), NOT before)) AS quantity,
       sumIf(toDecimal128(c.amount, 6), before) AS openingAmount,
       sumIf(toDecimal128(c.amount, 6), NOT before) AS amount
     FROM (SELECT *, posted_entry < {from:UInt64} AS before FROM charges WHERE posted_entry <= {to:UInt64}) AS c
     GROUP BY view, service, kind, currency ORDER BY view, service, kind, currency`,
    { from: fromEntry, to: toEntry },
  );
}
