/** Usage as it stands: lists, summaries, and the stream that settlement reads. */
import { queryRows, streamRows, type LedgerClient, type QueryParameters } from '../client.ts';
import { microsOf } from '../encode-rows.ts';
import { standingRows } from './charges.ts';
import { decodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { IN_PERIOD, periodParameters } from './period.ts';

/** One usage of one view. 64-bit integers as text, times in UTC ms. */
export interface Usage {
  accountNo: number;
  subscriptionNo: number;
  view: string;
  service: string;
  startMs: number;
  endMs: number;
  identity: string;
  quantity: string;
  quantityUp: string;
  billed: string;
  party: string;
  otherParty: string;
  zone: string;
  band: string;
  tariff: string;
  /** Address of the record. */
  address: string;
}

type UsageRow = Omit<Usage, 'startMs' | 'endMs' | 'identity'> & { startMs: string; endMs: string; identityHex: string };

const USAGE_COLUMNS = `
  account_no AS accountNo, subscription_no AS subscriptionNo, view, service,
  toUnixTimestamp64Milli(start_at) AS startMs, toUnixTimestamp64Milli(end_at) AS endMs, lower(hex(identity)) AS identityHex,
  quantity, quantity_up AS quantityUp, billed, party, other_party AS otherParty, zone, band, tariff,
  concat(toString(entry_no), '.', toString(record_no)) AS address`;

export interface UsageFilter extends PageRequest {
  accountNo?: number;
  /** UTC ms; [from, to). */
  fromMs?: number;
  toMs?: number;
}

/** Usages of an account by (start, identity, view). */
export async function listUsage(client: LedgerClient, filter: UsageFilter): Promise<Page<Usage>> {
  const where = ['1'];
  const params: QueryParameters = { limit: filter.limit + 1 };
  if (filter.accountNo !== undefined) {
    where.push('account_no = {account:UInt32}');
    params['account'] = filter.accountNo;
  }
  if (filter.fromMs !== undefined) {
    where.push(`start_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')`);
    params['fromMs'] = filter.fromMs;
  }
  if (filter.toMs !== undefined) {
    where.push(`start_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')`);
    params['toMs'] = filter.toMs;
  }
  if (filter.cursor !== undefined) {
    const [startMs, identity, view] = decodeCursor(filter.cursor, ['integer', 'hex', 'text']);
    Object.assign(params, { startMs, identity, view });
    where.push(
      `start_at >= fromUnixTimestamp64Milli({startMs:Int64}, 'UTC')`,
      `(toUnixTimestamp64Milli(start_at), identity, view)
        > ({startMs:Int64}, toFixedString(unhex({identity:String}), 16), {view:String})`,
    );
  }
  const rows = await queryRows<UsageRow>(
    client,
    `SELECT ${USAGE_COLUMNS} FROM usage WHERE ${where.join(' AND ')}
     ORDER BY start_at, identity, view LIMIT {limit:UInt32}`,
    params,
  );
  return pageOf(rows.map(toUsage), filter.limit, (usage) => [usage.startMs, usage.identity, usage.view]);
}

function toUsage({ identityHex, startMs, endMs, ...rest }: UsageRow): Usage {
  return { ...rest, identity: identityHex, startMs: Number(startMs), endMs: Number(endMs) };
}

/** Sums of one account's charges in a service period. */
export interface UsageSummaryLine {
  view: string;
  service: string;
  zone: string;
  currency: string;
  /** Usages that stand; settlement lines are not among them. */
  records: string;
  quantity: string;
  billed: string;
  /** What is owed: record and settlement charges. */
  amount: string;
  tax: string;
  /** Usage priced for information, settled in other lines. */
  valuation: string;
}

export function usageSummary(client: LedgerClient, accountNo: number, period: number): Promise<UsageSummaryLine[]> {
  return queryRows<UsageSummaryLine>(
    client,
    `SELECT view, service, zone, currency,
       sumIf(sign, kind != 'settlement') AS records,
       sumIf(toInt128(c.quantity), kind != 'settlement') AS quantity,
       sumIf(toInt128(c.billed), kind != 'settlement') AS billed,
       sumIf(c.amount, kind != 'valuation') AS amount,
       sumIf(c.tax, kind != 'valuation') AS tax,
       sumIf(c.amount, kind = 'valuation') AS valuation
     FROM charges AS c
     WHERE account_no = {account:UInt32} AND ${IN_PERIOD}
     GROUP BY view, service, zone, currency
     ORDER BY view, service, zone, currency`,
    { account: accountNo, ...periodParameters(period) },
  );
}

/** A usage as settlement takes it: exact integers, money in micro-units. */
export interface SettlementUsage {
  accountNo: number;
  subscriptionNo: number;
  view: string;
  service: string;
  startMs: number;
  endMs: number;
  identity: string;
  kind: 'record' | 'valuation';
  quantity: bigint;
  quantityUp: bigint;
  billed: bigint;
  zone: string;
  band: string;
  tariff: string;
  /** '' unless the rule is found by it. */
  component: string;
  /** Number, login or meter of the charged party. */
  party: string;
  currency: string;
  amountMicros: bigint;
  taxMicros: bigint;
  /** `entry.record.charge` of the charge that holds the usage. */
  address: string;
}

const SETTLEMENT_COLUMNS = `
  c.account_no AS accountNo, c.subscription_no AS subscriptionNo, c.view AS view, c.service AS service,
  toUnixTimestamp64Milli(c.start_at) AS startMs, toUnixTimestamp64Milli(c.end_at) AS endMs,
  lower(hex(c.identity)) AS identityHex, c.kind AS kind, c.quantity AS quantity, c.quantity_up AS quantityUp,
  c.billed AS billed, c.zone AS zone, c.band AS band, c.tariff AS tariff,
  c.component AS component, c.party AS party, c.currency AS currency, c.amount AS amount, c.tax AS tax,
  concat(toString(c.entry_no), '.', toString(c.record_no), '.', toString(c.charge_no)) AS address`;

interface SettlementRow {
  address: string;
  accountNo: number;
  subscriptionNo: number;
  view: string;
  service: string;
  startMs: string;
  endMs: string;
  identityHex: string;
  kind: 'record' | 'valuation';
  quantity: string;
  quantityUp: string;
  billed: string;
  zone: string;
  band: string;
  tariff: string;
  component: string;
  party: string;
  currency: string;
  amount: string;
  tax: string;
}

/** Standing usage of a service period by (subscription, start, identity), in portions. */
export async function* usageForSettlement(
  client: LedgerClient,
  {
    period,
    beforeEntry,
    subscriptionNo,
    subscriptionNos = subscriptionNo === undefined ? null : [subscriptionNo],
    from,
  }: {
    period: number;
    beforeEntry: number;
    subscriptionNo?: number;
    /** Several; without both, all. */
    subscriptionNos?: readonly number[] | null;
    /** See `standingRows`. */
    from?: string;
  },
): AsyncGenerator<SettlementUsage[], void> {
  const one = subscriptionNos === null ? '' : ' AND c.subscription_no IN {subscriptions:Array(UInt32)}';
  const where = `c.kind != 'settlement' AND ${IN_PERIOD}${one}`;
  const portions = streamRows<SettlementRow>(
    client,
    `${standingRows(SETTLEMENT_COLUMNS, where, from)} ORDER BY c.subscription_no, c.start_at, c.identity, c.view`,
    { ...periodParameters(period), before: beforeEntry, subscriptions: subscriptionNos ?? [] },
  );
  for await (const rows of portions) yield rows.map(toSettlementUsage);
}

function toSettlementUsage(row: SettlementRow): SettlementUsage {
  const { startMs, endMs, identityHex, quantity, quantityUp, billed, amount, tax, ...rest } = row;
  return {
    ...rest,
    identity: identityHex,
    startMs: Number(startMs),
    endMs: Number(endMs),
    quantity: BigInt(quantity),
    quantityUp: BigInt(quantityUp),
    billed: BigInt(billed),
    amountMicros: microsOf(amount),
    taxMicros: microsOf(tax),
  };
}
