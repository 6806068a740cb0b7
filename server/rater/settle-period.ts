/**
 * Settles a month: for each subscription, view and service the lines that its tariffs ask for, less what is posted of
 * them already. Everything is read as it stood before the command's entry.
 */
import type { LedgerBlock, LedgerClient, LedgerRow } from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import { formatMicros } from '../../platform/money.ts';
import { settleTogether, type SettlementCharge, type TariffBook } from '../../rating/index.ts';
import type { Subscription } from '../../registry/index.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import { encodeControls } from './accounting.ts';
import { encodeChargeObjects } from './charge-objects.ts';
import { assignmentsOf, clustersOf, type Cluster } from './settle-clusters.ts';
import { collectPosted, settlementRow, yyyymm, type Posting, type StandingLine } from './settle-rows.ts';
import { collectUsages, keyOf, type AddressedUsage } from './settle-usage.ts';
import type { Customers } from './subscriptions.ts';

export interface SettlementParts {
  ledger: LedgerClient;
  book: TariffBook;
  /** As of the command. */
  customers: Customers;
  /** Where charges are read instead of the ledger's table: see `standingRows`. */
  from?: string;
}

export interface Settled {
  blocks: LedgerBlock[];
  result: SettlementResult;
}

/** So many subscriptions are named for each code; their number is complete. */
const NAMED_MAX = 20;

export async function settlePeriod(parts: SettlementParts, posting: Posting): Promise<Settled> {
  const { book, customers } = parts;
  const { entryNo } = posting;
  const read = await readPeriod(parts, posting.period, entryNo, null);
  const rows: LedgerRow[] = [];
  const outcome = new Outcome(posting);
  for (const cluster of clustersOf(book, customers.subscriptions)) {
    const charges = settleOrFail(parts, cluster, posting.period, read, outcome);
    for (const charge of charges) rows.push(settlementRow(book, cluster, charge, posting, rows.length));
  }
  const { blocks, controls } = encodeChargeObjects(rows, entryNo);
  const sums = controls.map((sum) => ({ ...sum, entryNo }));
  return { blocks: [...blocks, ...encodeControls(sums, entryNo)], result: outcome.result() };
}

/** What a settlement is made from. */
export interface PeriodRead {
  usages: ReadonlyMap<string, AddressedUsage[]>;
  posted: ReadonlyMap<string, StandingLine[]>;
}

/** As it stood before an entry. `members`: null = of all customers. */
export async function readPeriod(
  parts: SettlementParts,
  period: string,
  beforeEntry: number,
  members: readonly Subscription[] | null,
): Promise<PeriodRead> {
  const { ledger, book, customers, from } = parts;
  const usages = await collectUsages({
    ...{ ledger, book, subscriptions: customers.subscriptions, entryNo: beforeEntry, period: yyyymm(period) },
    ...{ only: members === null ? null : members.map(({ no }) => no) },
    ...(from !== undefined && { from }),
  });
  const at = { ledger, book, beforeEntry, ...(from !== undefined && { from }) };
  return { usages, posted: await collectPosted(at, period, members) };
}

/** The lines to post; none when the cluster cannot be settled, which does not keep others from it. */
export function settleOrFail(
  parts: SettlementParts,
  cluster: Cluster,
  period: string,
  read: PeriodRead,
  outcome: Outcome,
): SettlementCharge[] {
  try {
    const charges = settleCluster(parts, cluster, period, read);
    outcome.settled(cluster, charges);
    return charges;
  } catch (error) {
    if (!(error instanceof TollgridError)) throw error;
    outcome.failed(cluster, error);
    return [];
  }
}

/** Errors: SETTLE_..., RATE_... */
export function settleCluster(
  { book, customers }: Pick<SettlementParts, 'book' | 'customers'>,
  cluster: Cluster,
  period: string,
  { usages, posted }: PeriodRead,
): SettlementCharge[] {
  const { view, service } = cluster;
  const members = cluster.members.map((subscription) => {
    const key = keyOf(subscription.no, view, service);
    const account = customers.accounts.get(subscription.accountNo);
    return {
      subscription: subscription.no,
      account: subscription.accountNo,
      assignments: assignmentsOf(subscription, cluster),
      attributes: [...(subscription.attributes ?? []), ...(account?.attributes ?? [])],
      usages: usages.get(key) ?? [],
      posted: posted.get(key) ?? [],
    };
  });
  const currency = customers.accounts.get(cluster.members[0].accountNo)?.currency ?? null;
  return settleTogether({ book, period, currency, members });
}

/** The lines of one subscription again, as they were worked out at an entry, with the usages they were made from. */
export async function settleAgain(
  parts: SettlementParts,
  { subscriptionNo, view, service }: { subscriptionNo: number; view: string; service: string },
  entryNo: number,
  period: string,
): Promise<{ charges: SettlementCharge[]; usages: Map<string, AddressedUsage> }> {
  const { book, customers } = parts;
  const cluster = clustersOf(book, customers.subscriptions).find(
    (one) => one.view === view && one.service === service && one.members.some(({ no }) => no === subscriptionNo),
  );
  if (cluster === undefined) return { charges: [], usages: new Map() };
  const read = await readPeriod(parts, period, entryNo, cluster.members);
  const charges = settleCluster(parts, cluster, period, read);
  const own = cluster.members.flatMap(({ no }) => read.usages.get(keyOf(no, view, service)) ?? []);
  return {
    charges: charges.filter((charge) => charge.subscription === subscriptionNo),
    usages: new Map(own.map((usage) => [usage.identity, usage])),
  };
}

/** All lines that cover usage of one subscription, posted or not, from what stood before an entry. */
export async function settleAfresh(
  parts: SettlementParts,
  { subscriptionNo, view, service }: { subscriptionNo: number; view: string; service: string },
  entryNo: number,
  period: string,
): Promise<SettlementCharge[]> {
  const { book, customers } = parts;
  const clusters = clustersOf(book, customers.subscriptions);
  const cluster = clusters.find(
    (one) => one.view === view && one.service === service && one.members.some(({ no }) => no === subscriptionNo),
  );
  if (cluster === undefined) return [];
  const { usages } = await readPeriod(parts, period, entryNo, cluster.members);
  return settleCluster(parts, cluster, period, { usages, posted: new Map() });
}

/** What a settlement did, for whoever asked for it. */
export class Outcome {
  private readonly posting: Posting;
  private readonly done = new Set<number>();
  private readonly failedNos = new Set<number>();
  private readonly failures = new Map<string, { message: string; subscriptions: string[]; count: number }>();
  private readonly money = new Map<string, { amount: bigint; tax: bigint }>();
  private lines = 0;

  constructor(posting: Posting) {
    this.posting = posting;
  }

  settled({ members }: Cluster, charges: readonly SettlementCharge[]): void {
    for (const { no } of members) this.done.add(no);
    this.lines += charges.length;
    for (const { currency, amountMicros, taxMicros } of charges) {
      const sum = this.money.get(currency) ?? { amount: 0n, tax: 0n };
      sum.amount += BigInt(amountMicros);
      sum.tax += BigInt(taxMicros);
      this.money.set(currency, sum);
    }
  }

  failed({ members }: Cluster, { code, message }: TollgridError): void {
    const failure = this.failures.get(code) ?? { message, subscriptions: [], count: 0 };
    for (const { id, no } of members) {
      this.failedNos.add(no);
      failure.count++;
      if (failure.subscriptions.length < NAMED_MAX) failure.subscriptions.push(id);
    }
    this.failures.set(code, failure);
  }

  result(): SettlementResult {
    const { entryNo, period, postingPeriod } = this.posting;
    for (const no of this.failedNos) this.done.delete(no);
    return {
      entry: entryNo,
      period,
      postingPeriod,
      settled: this.done.size,
      failed: this.failedNos.size,
      lines: this.lines,
      money: [...this.money]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([currency, { amount, tax }]) => ({
          currency,
          amount: formatMicros(amount, 6),
          tax: formatMicros(tax, 6),
        })),
      failures: [...this.failures].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, rest]) => ({ code, ...rest })),
    };
  }
}
