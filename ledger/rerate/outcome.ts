/** What the differences come to: for people, for the digest that approval is bound to, and for the audit. */
import { createHash } from 'node:crypto';
import { streamRows } from '../client.ts';
import { microsOf } from '../encode-rows.ts';
import { CHARGE_COLUMNS, type RerateWorkspace } from './workspace.ts';
import type { ScopeItem } from './wanted.ts';

/** Differences of one view, service, tariff version (whatever its revision) and currency. Quantities and money: new less old. */
export interface DifferenceLine {
  view: string;
  service: string;
  tariff: string;
  kind: 'record' | 'valuation' | 'settlement';
  currency: string;
  reversed: number;
  posted: number;
  quantity: string;
  /** Sums of the charges taken back, and of the new ones. */
  before: string;
  after: string;
  amount: string;
  tax: string;
}

export interface AccountDifference {
  accountNo: number;
  subscriptionNo: 0;
  currency: string;
  amount: string;
}

export interface Differences {
  rows: number;
  digest: string;
  lines: DifferenceLine[];
  /** Accounts that owe another sum, and those of them with the largest differences. */
  accounts: number;
  largest: AccountDifference[];
}

const LARGEST = 20;

export async function differencesOf(workspace: RerateWorkspace): Promise<Differences> {
  const table = workspace.table('differences');
  const lines = await workspace.rows<
    Omit<DifferenceLine, 'reversed' | 'posted'> & { reversed: string; posted: string }
  >(
    `SELECT view, service, splitByChar('#', toString(d.tariff))[1] AS tariff, kind, currency,
       countIf(d.sign = -1) AS reversed, countIf(d.sign = 1) AS posted,
       toString(sum(toInt128(d.quantity))) AS quantity,
       -sumIf(toDecimal128(d.amount, 6), d.sign = -1) AS before, sumIf(toDecimal128(d.amount, 6), d.sign = 1) AS after,
       sum(toDecimal128(d.amount, 6)) AS amount, sum(toDecimal128(d.tax, 6)) AS tax
     FROM ${table} AS d GROUP BY view, service, tariff, kind, currency ORDER BY view, service, tariff, kind, currency`,
  );
  const owed = `SELECT account_no, currency, sum(toDecimal128(d.amount, 6)) AS amount
    FROM ${table} AS d WHERE kind != 'valuation' GROUP BY account_no, currency HAVING amount != 0`;
  const [accounts] = await workspace.rows<{ n: string }>(`SELECT uniqExact(account_no) AS n FROM (${owed})`);
  const largest = await workspace.rows<{ accountNo: number; currency: string; amount: string }>(
    `SELECT account_no AS accountNo, currency, amount FROM (${owed}) ORDER BY abs(amount) DESC, accountNo, currency LIMIT ${LARGEST}`,
  );
  const { rows, digest } = await digestOf(workspace);
  return {
    rows,
    digest,
    lines: lines.map((line) => ({ ...line, reversed: Number(line.reversed), posted: Number(line.posted) })),
    accounts: Number(accounts?.n ?? 0),
    largest: largest.map((one) => ({ ...one, subscriptionNo: 0 })),
  };
}

/**
 * Tells two sets of differences apart, whoever posts them and when: over all columns but the posting entry and, on
 * settlement lines, the address that follows from it. The sum of a published hash (SipHash-2-4, 128 bits) of each row as
 * text does not depend on the order of rows, nor on the version of the ledger.
 */
async function digestOf(workspace: RerateWorkspace): Promise<{ rows: number; digest: string }> {
  const texts = CHARGE_COLUMNS.filter((name) => name !== 'posted_entry').map((name) => {
    if (name === 'entry_no' || name === 'record_no') return `if(kind = 'settlement', '', toString(${name}))`;
    if (name.endsWith('_at')) return `toString(toUnixTimestamp64Milli(${name}))`;
    if (name === 'identity') return 'hex(identity)';
    if (name === 'amount' || name === 'tax') return `toString(reinterpretAsInt64(${name}))`;
    return `toString(${name})`;
  });
  const [row] = await workspace.rows<{ n: string; total: string }>(
    `SELECT count() AS n, toString(sumWithOverflow(reinterpretAsUInt128(sipHash128Reference(
       arrayStringConcat([${texts.join(', ')}], '\\t'))))) AS total
     FROM ${workspace.table('differences')}`,
  );
  const rows = Number(row?.n ?? 0);
  const digest = createHash('sha256')
    .update(`${rows} ${row?.total ?? '0'}`)
    .digest('hex');
  return { rows, digest };
}

/** Subscriptions whose usage came out otherwise, by view and service: what is settled of them is settled again. */
export async function touchedBy(workspace: RerateWorkspace): Promise<ScopeItem[]> {
  const touched: ScopeItem[] = [];
  const portions = streamRows<ScopeItem>(
    workspace.client,
    `SELECT subscription_no AS subscriptionNo, view, service FROM ${workspace.table('differences')}
     GROUP BY subscription_no, view, service ORDER BY subscription_no, view, service`,
  );
  for await (const rows of portions) touched.push(...rows);
  return touched;
}

/** Sums of the differences as the audit tells them apart. */
export interface DifferenceSums {
  view: string;
  service: string;
  kind: string;
  currency: string;
  rows: number;
  quantity: bigint;
  amountMicros: bigint;
}

export async function differenceSums(workspace: RerateWorkspace): Promise<DifferenceSums[]> {
  const rows = await workspace.rows<
    Record<'view' | 'service' | 'kind' | 'currency' | 'records' | 'total' | 'amount', string>
  >(
    `SELECT view, service, kind, currency, sum(toInt64(d.sign)) AS records, toString(sum(toInt128(d.quantity))) AS total,
       sum(toDecimal128(d.amount, 6)) AS amount
     FROM ${workspace.table('differences')} AS d
     GROUP BY view, service, kind, currency ORDER BY view, service, kind, currency`,
  );
  return rows.map(({ records, total, amount, ...what }) => ({
    ...what,
    rows: Number(records),
    quantity: BigInt(total),
    amountMicros: microsOf(amount),
  }));
}
