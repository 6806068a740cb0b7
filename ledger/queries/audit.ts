/** The sums that the audit holds against each other, and turnover. Counts and quantities as text, money as decimals. */
import { queryRows, type LedgerClient } from '../client.ts';

export interface DispositionCounts {
  received: string;
  rated: string;
  absorbed: string;
  duplicate: string;
  superseded: string;
  filtered: string;
  rejected: string;
  suspended: string;
  writtenOff: string;
}

export const DISPOSITION_SUMS = `sum(b.received) AS received, sum(b.rated) AS rated, sum(b.absorbed) AS absorbed,
  sum(b.duplicate) AS duplicate, sum(b.superseded) AS superseded, sum(b.filtered) AS filtered,
  sum(b.rejected) AS rejected, sum(b.suspended) AS suspended, sum(b.written_off) AS writtenOff`;

export interface SourceAudit extends DispositionCounts {
  source: string;
  files: string;
}

export function auditBySource(client: LedgerClient): Promise<SourceAudit[]> {
  return queryRows<SourceAudit>(
    client,
    `SELECT source, uniqExact(file_entry) AS files, ${DISPOSITION_SUMS} FROM batches AS b GROUP BY source ORDER BY source`,
  );
}

export interface MoneySums {
  view: string;
  service: string;
  kind: 'record' | 'valuation' | 'settlement';
  currency: string;
  /** Charges less reversals. */
  records: string;
  quantity: string;
  amount: string;
}

function moneySums(client: LedgerClient, table: string, records: string): Promise<MoneySums[]> {
  return queryRows<MoneySums>(
    client,
    `SELECT view, service, kind, currency, sum(${records}) AS records,
       sum(toInt128(t.quantity)) AS quantity, sum(toDecimal128(t.amount, 6)) AS amount
     FROM ${table} AS t GROUP BY view, service, kind, currency ORDER BY view, service, kind, currency`,
  );
}

/** What rating computed, what the ledger holds, and what the daily and hourly sums hold: four equal lists when the audit closes. */
export async function auditMoney(
  client: LedgerClient,
): Promise<{ controls: MoneySums[]; charges: MoneySums[]; daily: MoneySums[]; hourly: MoneySums[] }> {
  const [controls, charges, daily, hourly] = await Promise.all([
    moneySums(client, 'controls', 't.rows'),
    moneySums(client, 'charges', 't.sign'),
    moneySums(client, 'charges_daily', 't.records'),
    moneySums(client, 'charges_hourly', 't.records'),
  ]);
  return { controls, charges, daily, hourly };
}

export interface Turnover {
  view: string;
  service: string;
  currency: string;
  charges: string;
  quantity: string;
  amount: string;
  tax: string;
}

/** Money owed by view, service and currency; `period` is a posting period yyyymm. Valuations are left out. */
export function turnover(client: LedgerClient, period?: number): Promise<Turnover[]> {
  const where = period === undefined ? '' : ' AND posting_period = {period:UInt32}';
  return queryRows<Turnover>(
    client,
    `SELECT view, service, currency, sum(c.sign) AS charges, sum(toInt128(c.quantity)) AS quantity,
       sum(c.amount) AS amount, sum(c.tax) AS tax
     FROM charges AS c WHERE kind != 'valuation'${where}
     GROUP BY view, service, currency ORDER BY view, service, currency`,
    { period: period ?? 0 },
  );
}

/** What an entry's records are filed under. */
export interface BatchFacts {
  entryNo: number;
  fileEntry: number;
  source: string;
  acceptedAtMs: number;
}

const ENTRIES_AT_ONCE = 1000;

/** Facts of processed entries, as they were first posted before `beforeEntry`. */
export async function batchesOf(
  client: LedgerClient,
  entryNos: readonly number[],
  beforeEntry: number,
): Promise<BatchFacts[]> {
  const facts: BatchFacts[] = [];
  for (let i = 0; i < entryNos.length; i += ENTRIES_AT_ONCE) {
    const rows = await queryRows<Record<keyof BatchFacts, string>>(
      client,
      `SELECT entry_no AS entryNo, argMin(file_entry, posted_entry) AS fileEntry,
         argMin(batches.source, posted_entry) AS source,
         toUnixTimestamp64Milli(argMin(accepted_at, posted_entry)) AS acceptedAtMs
       FROM batches WHERE entry_no IN {entries:Array(UInt64)} AND posted_entry < {before:UInt64}
       GROUP BY entry_no ORDER BY entry_no`,
      { entries: entryNos.slice(i, i + ENTRIES_AT_ONCE), before: beforeEntry },
    );
    for (const { entryNo, fileEntry, source, acceptedAtMs } of rows) {
      facts.push({
        entryNo: Number(entryNo),
        fileEntry: Number(fileEntry),
        source,
        acceptedAtMs: Number(acceptedAtMs),
      });
    }
  }
  return facts;
}
