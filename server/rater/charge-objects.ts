/**
 * Charges that come as row objects (reversals, settlement) with everything that goes with them: their daily and
 * hourly sums and their control sums.
 */
import { encodeRows, microsOf, type Cell, type LedgerBlock, type LedgerRow } from '../../ledger/index.ts';
import type { ControlSum } from './messages.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface EncodedCharges {
  blocks: LedgerBlock[];
  controls: ControlSum[];
}

export function encodeChargeObjects(rows: readonly LedgerRow[], postedEntry: number): EncodedCharges {
  return {
    blocks: [...encodeRows('charges', rows), ...encodeSums(rows, postedEntry)],
    controls: controlSums(rows),
  };
}

/** Ledger answers give 64-bit integers and decimals as text; rows of our own give numbers and micro-units. */
export function micros(value: Cell | undefined): bigint {
  return typeof value === 'string' ? microsOf(value) : BigInt((value ?? 0) as number | bigint);
}

function integer(value: Cell | undefined): bigint {
  return BigInt((value ?? 0) as number | bigint | string);
}

function startMs(row: LedgerRow): number {
  const start = row['start_at'];
  return typeof start === 'string' ? Date.parse(`${start.replace(' ', 'T')}Z`) : Number(start);
}

function encodeSums(rows: readonly LedgerRow[], postedEntry: number): LedgerBlock[] {
  const daily = sumRows(rows, postedEntry, (row) => ({
    day: Math.floor(startMs(row) / DAY_MS),
    account_no: row['account_no'],
  }));
  const hourly = sumRows(rows, postedEntry, (row) => ({
    hour: Math.floor(startMs(row) / HOUR_MS) * 3600,
    zone: row['zone'] ?? '',
  }));
  return [...encodeRows('charges_daily', daily), ...encodeRows('charges_hourly', hourly)];
}

function sumRows(
  rows: readonly LedgerRow[],
  postedEntry: number,
  keyOf: (row: LedgerRow) => Record<string, Cell>,
): LedgerRow[] {
  const sums = new Map<string, Record<string, Cell>>();
  for (const row of rows) {
    const what = { view: row['view'], service: row['service'], kind: row['kind'], currency: row['currency'] ?? '' };
    const key = { ...keyOf(row), ...what };
    const id = JSON.stringify(Object.values(key).map(String));
    const sum: Record<string, Cell> = sums.get(id) ?? {
      posted_entry: postedEntry,
      ...key,
      records: 0n,
      quantity: 0n,
      billed: 0n,
      amount: 0n,
      tax: 0n,
    };
    sum['records'] = (sum['records'] as bigint) + integer(row['sign']);
    sum['quantity'] = (sum['quantity'] as bigint) + integer(row['quantity']);
    sum['billed'] = (sum['billed'] as bigint) + integer(row['billed']);
    sum['amount'] = (sum['amount'] as bigint) + micros(row['amount']);
    sum['tax'] = (sum['tax'] as bigint) + micros(row['tax']);
    sums.set(id, sum);
  }
  return [...sums.values()];
}

function controlSums(rows: readonly LedgerRow[]): ControlSum[] {
  const sums = new Map<string, ControlSum>();
  for (const row of rows) {
    const [view, service, kind, currency] = ['view', 'service', 'kind', 'currency'].map((name) =>
      String(row[name] ?? ''),
    );
    const id = `${view}/${service}/${kind}/${currency}`;
    const sum = sums.get(id) ?? {
      view: view,
      service: service,
      kind: kind,
      currency: currency,
      rows: 0,
      quantity: 0n,
      amountMicros: 0n,
    };
    sum.rows += Number(integer(row['sign']));
    sum.quantity += integer(row['quantity']);
    sum.amountMicros += micros(row['amount']);
    sums.set(id, sum);
  }
  return [...sums.values()];
}
