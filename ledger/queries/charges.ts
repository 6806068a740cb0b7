/** Charges: an account's list, one by its address, and the rows that a correction has to reverse. */
import { queryRows, streamRows, type LedgerClient, type QueryParameters } from '../client.ts';
import type { LedgerRow } from '../encode-rows.ts';
import { decodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { IN_PERIOD, periodParameters } from './period.ts';

/** A row of `charges`. Money as decimal text with six places, 64-bit integers as text, times in UTC ms. */
export interface Charge {
  /** `entry.record.charge`. */
  address: string;
  postedEntry: string;
  sign: number;
  kind: 'record' | 'valuation' | 'settlement';
  accountNo: number;
  subscriptionNo: number;
  view: string;
  service: string;
  startMs: number;
  endMs: number;
  /** 32 hex digits. */
  identity: string;
  quantity: string;
  quantityUp: string;
  party: string;
  otherParty: string;
  zone: string;
  band: string;
  tariff: string;
  component: string;
  billed: string;
  currency: string;
  amount: string;
  tax: string;
  servicePeriod: number;
  postingPeriod: number;
  corrects: string;
}

export const CHARGE_COLUMNS = `
  concat(toString(entry_no), '.', toString(record_no), '.', toString(charge_no)) AS address,
  posted_entry AS postedEntry, sign, kind, account_no AS accountNo, subscription_no AS subscriptionNo, view, service,
  toUnixTimestamp64Milli(start_at) AS startMs, toUnixTimestamp64Milli(end_at) AS endMs,
  lower(hex(identity)) AS identityHex, quantity, quantity_up AS quantityUp, party, other_party AS otherParty,
  zone, band, tariff, component, billed, currency, amount, tax,
  service_period AS servicePeriod, posting_period AS postingPeriod, corrects`;

export type ChargeRow = Omit<Charge, 'startMs' | 'endMs' | 'identity'> & {
  startMs: string;
  endMs: string;
  identityHex: string;
};

export function toCharge({ identityHex, startMs, endMs, ...rest }: ChargeRow): Charge {
  return { ...rest, identity: identityHex, startMs: Number(startMs), endMs: Number(endMs) };
}

export interface ChargeFilter extends PageRequest {
  accountNo?: number;
  service?: string;
  /** Start of the usage in UTC ms; [from, to). */
  fromMs?: number;
  toMs?: number;
  /** Service period yyyymm. */
  period?: number;
}

/** Charges and reversals by (account, start, identity, charge). */
export async function listCharges(client: LedgerClient, filter: ChargeFilter): Promise<Page<Charge>> {
  const where = ['1'];
  const params: QueryParameters = { limit: filter.limit + 1 };
  if (filter.accountNo !== undefined) {
    where.push('account_no = {account:UInt32}');
    params['account'] = filter.accountNo;
  }
  if (filter.service !== undefined) {
    where.push('service = {service:String}');
    params['service'] = filter.service;
  }
  if (filter.fromMs !== undefined) {
    where.push(`start_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')`);
    params['fromMs'] = filter.fromMs;
  }
  if (filter.toMs !== undefined) {
    where.push(`start_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')`);
    params['toMs'] = filter.toMs;
  }
  if (filter.period !== undefined) {
    where.push(IN_PERIOD);
    Object.assign(params, periodParameters(filter.period));
  }
  if (filter.cursor !== undefined) {
    const [afterAccount, startMs, identity, chargeNo, postedEntry, sign] = decodeCursor(filter.cursor, [
      'integer',
      'integer',
      'hex',
      'integer',
      'integer',
      'integer',
    ]);
    Object.assign(params, { afterAccount, startMs, identity, chargeNo, postedEntry, sign });
    // The first condition says nothing new; it is the one that the sorting key can use.
    where.push(
      'account_no >= {afterAccount:UInt32}',
      `(account_no, toUnixTimestamp64Milli(start_at), identity, charge_no, posted_entry, sign)
        > ({afterAccount:UInt32}, {startMs:Int64}, toFixedString(unhex({identity:String}), 16), {chargeNo:UInt16}, {postedEntry:UInt64}, {sign:Int8})`,
    );
  }
  const rows = await queryRows<ChargeRow>(
    client,
    `SELECT ${CHARGE_COLUMNS} FROM charges AS c WHERE ${where.join(' AND ')}
     ORDER BY account_no, start_at, identity, charge_no, posted_entry, sign LIMIT {limit:UInt32}`,
    params,
  );
  return pageOf(rows.map(toCharge), filter.limit, (charge) => [
    charge.accountNo,
    charge.startMs,
    charge.identity,
    charge.address.split('.')[2],
    charge.postedEntry,
    charge.sign,
  ]);
}

/** The charges at an address `entry.record.charge` or of a record `entry.record`; reversals carry it in `corrects`. */
export async function findCharges(client: LedgerClient, address: string): Promise<Charge[]> {
  const [entry, record, charge] = address.split('.');
  if (!/^\d{1,19}\.\d{1,9}(\.\d{1,5})?$/.test(address)) return [];
  const one = charge === undefined ? '' : ' AND charge_no = {charge:UInt32}';
  const rows = await queryRows<ChargeRow>(
    client,
    `SELECT ${CHARGE_COLUMNS} FROM charges
     WHERE entry_no = {entry:UInt64} AND record_no = {record:UInt32}${one}
     ORDER BY charge_no, posted_entry, sign`,
    { entry: entry, record: record, charge: charge ?? '0' },
  );
  return rows.map(toCharge);
}

/**
 * Rows that stand: a later reversal at the same address takes a charge away. Correction posts the reversal and the new
 * charge with one entry, so a charge posted with the last reversal stands. `where` must hold for a reversal when it holds
 * for its charge. `from`: the table, or a query in brackets that gives its columns.
 */
export function standingRows(select: string, where: string, from = 'charges'): string {
  return `SELECT ${select} FROM ${from} AS c
    LEFT JOIN (
      SELECT entry_no, record_no, charge_no, max(posted_entry) AS reversed_by
      FROM ${from} AS c
      WHERE c.sign = -1 AND c.posted_entry < {before:UInt64} AND ${where}
      GROUP BY entry_no, record_no, charge_no
    ) AS r ON c.entry_no = r.entry_no AND c.record_no = r.record_no AND c.charge_no = r.charge_no
    WHERE c.sign = 1 AND c.posted_entry < {before:UInt64} AND c.posted_entry >= r.reversed_by AND ${where}`;
}

const LEDGER_ROW = 'c.* REPLACE (lower(hex(c.identity)) AS identity)';
const LEDGER_ROW_ORDER = 'ORDER BY c.account_no, c.start_at, c.identity, c.charge_no';

/** How many identities go into one question: their text travels in the URL. */
const IDENTITIES_AT_ONCE = 1000;

/**
 * Standing charges of usages, as rows that `encodeRows('charges', …)` takes back.
 * @param identities 32 hex digits each. `accountNos` narrows the search to a few accounts: without it the whole ledger is read.
 * `from`: see `standingRows`.
 */
export async function standingCharges(
  client: LedgerClient,
  identities: readonly string[],
  beforeEntry: number,
  accountNos: readonly number[] = [],
  from = 'charges',
): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  for (let i = 0; i < identities.length; i += IDENTITIES_AT_ONCE) {
    const where = `c.identity IN (SELECT toFixedString(unhex(arrayJoin({identities:Array(String)})), 16))
      ${accountNos.length > 0 ? 'AND c.account_no IN {accounts:Array(UInt32)}' : ''}`;
    const params = {
      identities: identities.slice(i, i + IDENTITIES_AT_ONCE),
      accounts: accountNos,
      before: beforeEntry,
    };
    rows.push(
      ...(await queryRows<LedgerRow>(client, `${standingRows(LEDGER_ROW, where, from)} ${LEDGER_ROW_ORDER}`, params)),
    );
  }
  return rows;
}

export interface SettlementFilter {
  /** Service period yyyymm. */
  period: number;
  /** Only what was posted before this entry. */
  beforeEntry: number;
  accountNo?: number;
  subscriptionNos?: readonly number[];
  /** See `standingRows`. */
  from?: string;
}

/** Settlement lines that stand for a period, as rows that `encodeRows('charges', …)` takes back. */
export async function* postedSettlementLines(
  client: LedgerClient,
  { period, beforeEntry, accountNo, subscriptionNos, from }: SettlementFilter,
): AsyncGenerator<LedgerRow[], void> {
  const account = accountNo === undefined ? '' : ' AND c.account_no = {account:UInt32}';
  const some = subscriptionNos === undefined ? '' : ' AND c.subscription_no IN {subscriptions:Array(UInt32)}';
  const where = `c.kind = 'settlement' AND ${IN_PERIOD}${account}${some}`;
  yield* streamRows<LedgerRow>(client, `${standingRows(LEDGER_ROW, where, from)} ${LEDGER_ROW_ORDER}`, {
    ...periodParameters(period),
    before: beforeEntry,
    account: accountNo ?? 0,
    subscriptions: subscriptionNos ?? [],
  });
}

/** The reversal of a standing row, posted by an entry: everything stays, quantities and money change sign. */
export function reversalOf(row: LedgerRow, postedEntry: number, postingPeriod: number): LedgerRow {
  const negated = (value: unknown): string => {
    const text = String(value);
    return text.startsWith('-') ? text.slice(1) : `-${text}`;
  };
  return {
    ...row,
    sign: -1,
    posted_entry: postedEntry,
    posting_period: postingPeriod,
    quantity: negated(row['quantity']),
    quantity_up: negated(row['quantity_up']),
    billed: negated(row['billed']),
    amount: negated(row['amount']),
    tax: negated(row['tax']),
    corrects: `${String(row['entry_no'])}.${String(row['record_no'])}.${String(row['charge_no'])}`,
  };
}
