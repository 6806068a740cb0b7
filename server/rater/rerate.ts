/**
 * Re-rating: usage of some months is priced again with everything as of an entry, and held against what stands. The
 * differences come to stand in a workspace of the ledger; a preview shows them, the command posts them.
 */
import {
  decimalOf,
  differencesOf,
  microsOf,
  WantedUsage,
  type LedgerClient,
  type RerateWorkspace,
  type ScopeItem,
} from '../../ledger/index.ts';
import type { LogReader } from '../../platform/log/index.ts';
import type { RaterFigures, RerateProgress } from '../../schemas/api/rerates.ts';
import type { RerateWish } from '../../schemas/log-entries.ts';
import type { ReferenceData, ReferenceEntry } from './reference-data.ts';
import { priceAgain } from './rerate-records.ts';
import { settleCorrected } from './rerate-settle.ts';
import { assignmentsOf, clustersOf, type Cluster } from './settle-clusters.ts';
import { yyyymm } from './settle-rows.ts';
import { customersOf, type Customers } from './subscriptions.ts';
import type { WorkerPools } from './worker-pools.ts';

export interface RerateParts {
  ledger: LedgerClient;
  pools: Pick<WorkerPools, 'rerate' | 'threads'>;
  /** Formats, guiding, tariffs and customers as of the entry before the workspace's. */
  reference: ReferenceData;
  /** What `reference` was made of. */
  referenceEntries(): AsyncIterable<ReferenceEntry>;
  /** Months that a command before an entry has settled, ascending. */
  settledBefore(entryNo: number): string[];
  reader: LogReader;
  spoolPath(blob: string): string;
  progress(how: RerateProgress): void;
}

export async function rerate(parts: RerateParts, workspace: RerateWorkspace, wish: RerateWish): Promise<RaterFigures> {
  const { tariffBook: book } = parts.reference;
  parts.progress({ phase: 'finding', done: 0, total: 0 });
  const customers = await customersOf(parts.referenceEntries());
  const clusters = clustersOf(book, customers.subscriptions);
  const scope = scopeOf(clusters, customers, wish);
  const months = { from: yyyymm(wish.from), to: yyyymm(wish.to) };
  const posting = wish.postingPeriod === undefined ? 0 : yyyymm(wish.postingPeriod);

  const wanted = new WantedUsage(workspace, months, scope.narrowing);
  if (scope.narrowed) await wanted.addScope(scope.clusters.flatMap(itemsOf));
  await wanted.find(scope.narrowed);
  const records = await priceAgain(parts, workspace, wanted, posting);
  const settled = await settleCorrected(parts, workspace, wish, { book, customers, clusters, scope: scope.clusters });
  const { rows, digest, lines, accounts, largest } = await differencesOf(workspace);
  return {
    digest,
    priced: records.priced,
    changed: records.changed,
    rows,
    settledPeriods: settled.periods,
    settlementLines: settled.lines,
    money: moneyOf(lines),
    lines,
    accounts,
    largest: largest.map(({ accountNo, currency, amount }) => ({ accountNo, currency, amount })),
    unpriced: [...records.unpriced]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, count]) => ({ code, records: count })),
    failures: settled.failures,
  };
}

interface Scope {
  narrowed: boolean;
  narrowing: { tariff?: string; accountNo?: number };
  /** What is settled together with the tariff's or the account's customers; all when nothing is narrowed. */
  clusters: Cluster[];
}

function scopeOf(clusters: Cluster[], customers: Customers, { tariff, account }: RerateWish): Scope {
  const accountNo = [...customers.accounts.values()].find(({ id }) => id === account)?.no;
  const isIn = (cluster: Cluster): boolean =>
    cluster.members.some(
      (member) =>
        (tariff === undefined || assignmentsOf(member, cluster).some((one) => one.tariff === tariff)) &&
        (account === undefined || member.accountNo === accountNo),
    );
  const narrowed = tariff !== undefined || account !== undefined;
  return {
    narrowed,
    // Usage that stands under the tariff or on the account, whoever has them now; both together name customers only.
    narrowing: {
      ...(tariff !== undefined && account === undefined && { tariff }),
      ...(accountNo !== undefined && tariff === undefined && { accountNo }),
    },
    clusters: narrowed ? clusters.filter(isIn) : clusters,
  };
}

function itemsOf({ view, service, members }: Cluster): ScopeItem[] {
  return members.map(({ no }) => ({ subscriptionNo: no, view, service }));
}

/** What is owed more or less, by currency. */
function moneyOf(lines: RaterFigures['lines']): RaterFigures['money'] {
  const sums = new Map<string, { amount: bigint; tax: bigint }>();
  for (const { kind, currency, amount, tax } of lines) {
    if (kind === 'valuation') continue;
    const sum = sums.get(currency) ?? { amount: 0n, tax: 0n };
    sum.amount += microsOf(amount);
    sum.tax += microsOf(tax);
    sums.set(currency, sum);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, { amount, tax }]) => ({ currency, amount: decimalOf(amount), tax: decimalOf(tax) }));
}
