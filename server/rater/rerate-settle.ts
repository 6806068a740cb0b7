/**
 * Months that were settled are settled again for the customers of a re-rating, over the usage as it comes out now. What a
 * settlement would post on top of what stands are the differences.
 */
import {
  addDifferences,
  encodeRows,
  touchedBy,
  type Cell,
  type LedgerClient,
  type LedgerRow,
  type RerateWorkspace,
} from '../../ledger/index.ts';
import { monthsBefore, type SettlementCharge, type TariffBook } from '../../rating/index.ts';
import type { RerateProgress } from '../../schemas/api/rerates.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import type { RerateWish } from '../../schemas/log-entries.ts';
import { assignmentsOf, type Cluster } from './settle-clusters.ts';
import { Outcome, readPeriod, settleOrFail, type SettlementParts } from './settle-period.ts';
import { settlementRow, yyyymm, type StandingLine } from './settle-rows.ts';
import { keyOf } from './settle-usage.ts';
import type { Customers } from './subscriptions.ts';

/** Subscriptions whose usage is in memory at a time. */
const MEMBERS_AT_ONCE = 2000;
const ROWS_AT_ONCE = 10_000;

interface Parts {
  ledger: LedgerClient;
  /** Months that a command before an entry has settled, ascending. */
  settledBefore(entryNo: number): string[];
  progress(how: RerateProgress): void;
}

interface Who {
  book: TariffBook;
  customers: Customers;
  clusters: readonly Cluster[];
  /** Those the re-rating is about. */
  scope: readonly Cluster[];
}

export interface SettledAgain {
  periods: string[];
  lines: number;
  failures: SettlementResult['failures'];
}

export async function settleCorrected(
  { ledger, settledBefore, progress }: Parts,
  workspace: RerateWorkspace,
  wish: RerateWish,
  who: Who,
): Promise<SettledAgain> {
  const touched = await touchedClusters(workspace, who.clusters);
  const work = settledBefore(workspace.entryNo).flatMap((period) => {
    const clusters = clustersFor(period, wish, who, touched);
    return clusters.length === 0 ? [] : [{ period, clusters }];
  });
  const lines = new Lines(workspace);
  const total = work.reduce((sum, { clusters }) => sum + clusters.length, 0);
  const failures: SettlementResult['failures'] = [];
  let done = 0;
  const parts: SettlementParts = { ledger, book: who.book, customers: who.customers, from: workspace.corrected };
  for (const { period, clusters } of work) {
    const outcome = new Outcome({ entryNo: workspace.entryNo, period, postingPeriod: period });
    for (const some of portions(clusters)) {
      progress({ phase: 'settling', done, total });
      const members = [...new Map(some.flatMap((cluster) => cluster.members).map((one) => [one.no, one])).values()];
      const read = await readPeriod(parts, period, workspace.entryNo + 1, members);
      for (const cluster of some) {
        const standing = standingOf(cluster, read.posted);
        for (const charge of settleOrFail(parts, cluster, period, read, outcome))
          lines.add(who.book, cluster, charge, { period, postingPeriod: wish.postingPeriod }, standing);
      }
      await lines.flush(ROWS_AT_ONCE);
      done += some.length;
    }
    failures.push(...outcome.result().failures);
  }
  await lines.flush(1);
  return { periods: work.map(({ period }) => period), lines: lines.count, failures };
}

/** Clusters whose usage came out otherwise. */
async function touchedClusters(workspace: RerateWorkspace, clusters: readonly Cluster[]): Promise<Set<Cluster>> {
  const changed = new Set(
    (await touchedBy(workspace)).map(({ subscriptionNo, view, service }) => keyOf(subscriptionNo, view, service)),
  );
  const isTouched = ({ view, service, members }: Cluster): boolean =>
    members.some(({ no }) => changed.has(keyOf(no, view, service)));
  return new Set(clusters.filter(isTouched));
}

/**
 * In the months themselves all customers of the re-rating, because a fee may have another price too. In a later month
 * those whose charges read the changed usage: cycles of a quarter, units rolled over.
 */
function clustersFor(
  period: string,
  { from, to }: RerateWish,
  { book, clusters, scope }: Who,
  touched: ReadonlySet<Cluster>,
): Cluster[] {
  if (period < from) return [];
  if (period < to) {
    const ours = new Set(scope);
    return clusters.filter((cluster) => ours.has(cluster) || touched.has(cluster));
  }
  const after = monthNo(period) - monthNo(to) + 1;
  return clusters.filter((cluster) => touched.has(cluster) && looksBack(book, cluster) >= after);
}

function monthNo(period: string): number {
  const [year, month] = period.split('-').map(Number) as [number, number];
  return year * 12 + month;
}

/** How many months before its own a cluster's settlement reads. */
function looksBack(book: TariffBook, cluster: Cluster): number {
  const tariffs = cluster.members.flatMap((member) => assignmentsOf(member, cluster).map(({ tariff }) => tariff));
  const versions = [...new Set(tariffs)].flatMap((name) => book.versionsOf(name));
  return Math.max(0, ...versions.map(({ tariff }) => monthsBefore(tariff.model.period)));
}

function* portions(clusters: readonly Cluster[]): Generator<Cluster[]> {
  let some: Cluster[] = [];
  let members = 0;
  for (const cluster of clusters) {
    if (some.length > 0 && members + cluster.members.length > MEMBERS_AT_ONCE) {
      yield some;
      [some, members] = [[], 0];
    }
    some.push(cluster);
    members += cluster.members.length;
  }
  if (some.length > 0) yield some;
}

/** By identity, the last one posted. */
function standingOf(
  { view, service, members }: Cluster,
  posted: ReadonlyMap<string, readonly StandingLine[]>,
): Map<string, StandingLine> {
  const lines = members.flatMap(({ no }) => posted.get(keyOf(no, view, service)) ?? []);
  const last = new Map<string, StandingLine>();
  for (const line of lines) {
    const before = last.get(line.identity);
    if (before === undefined || entryOf(before) < entryOf(line)) last.set(line.identity, line);
  }
  return last;
}

function entryOf({ address }: StandingLine): number {
  return Number.parseInt(address, 10);
}

/** Differences of lines, numbered as records of the entry. */
class Lines {
  private readonly workspace: RerateWorkspace;
  private rows: LedgerRow[] = [];
  count = 0;

  constructor(workspace: RerateWorkspace) {
    this.workspace = workspace;
  }

  add(
    book: TariffBook,
    cluster: Cluster,
    charge: SettlementCharge,
    { period, postingPeriod }: { period: string; postingPeriod: string | undefined },
    standing: ReadonlyMap<string, StandingLine>,
  ): void {
    const posting = { entryNo: this.workspace.entryNo, period, postingPeriod: postingPeriod ?? period };
    const row = settlementRow(book, cluster, charge, posting, this.count++);
    const corrected = standing.get(Buffer.from(row.identity).toString('hex'));
    const changes: Record<string, Cell> = {};
    if (corrected !== undefined) {
      changes['corrects'] = corrected.address;
      if (postingPeriod === undefined) changes['posting_period'] = yyyymm(corrected.postingPeriod);
    }
    this.rows.push({ ...row, ...changes });
  }

  async flush(atLeast: number): Promise<void> {
    if (this.rows.length < atLeast) return;
    for (const { chunks } of encodeRows('charges', this.rows)) await addDifferences(this.workspace, chunks);
    this.rows = [];
  }
}
