/** The settlement of whole months under both books, cluster by cluster; nothing is posted. */
import { TollgridError } from '../../platform/errors.ts';
import { monthsBefore, type SettlementCharge } from '../../rating/index.ts';
import { keyOf, settleCluster, viewOf, type AddressedUsage, type Cluster, type Customers } from '../rater/index.ts';
import type { CanaryBooks } from './books.ts';
import type { CanaryCustomers } from './customers.ts';
import type { Spill, SpilledUsage } from './spill.ts';
import type { CanarySums, Faults, Side } from './sums.ts';

export interface SettleParts {
  books: CanaryBooks;
  all: Customers;
  customers: CanaryCustomers;
  sums: CanarySums;
  spill: Spill;
  /** yyyy-mm. */
  months: readonly string[];
  unsettled: Record<Side, Faults>;
}

const NONE_POSTED: ReadonlyMap<string, never[]> = new Map();

export function settleBucket(parts: SettleParts, bucket: number): void {
  const { spill, customers } = parts;
  const spilled = spill.take(bucket);
  // Also clusters that used nothing: fees and minimum commitments.
  for (let number = bucket; number < customers.clusters.length; number += spill.buckets) {
    const own = spilled.get(number) ?? [];
    for (const side of ['active', 'draft'] as const) {
      const usages = own.filter((one) => one.side === side);
      for (const month of parts.months) settleOne(parts, side, customers.clusters[number], month, usages);
    }
  }
}

function settleOne(
  { books, all, sums, customers, unsettled }: SettleParts,
  side: Side,
  cluster: Cluster,
  month: string,
  spilled: readonly SpilledUsage[],
): void {
  const { view, service, members } = cluster;
  const usages = new Map<string, AddressedUsage[]>();
  for (const one of spilled) {
    if (!isSeen(books, side, one, month)) continue;
    const key = keyOf(one.subscription, view, service);
    const usage = withinHolding(customers, books, side, one);
    const list = usages.get(key);
    if (list === undefined) usages.set(key, [usage]);
    else list.push(usage);
  }
  let charges: SettlementCharge[];
  try {
    charges = settleCluster({ book: books[side], customers: all }, cluster, month, { usages, posted: NONE_POSTED });
  } catch (error) {
    if (!(error instanceof TollgridError)) throw error;
    unsettled[side].add(error.code, `${members[0].id}, ${month}: ${error.message}`);
    return;
  }
  for (const { subscription, payer, component, zone, band, currency, amountMicros } of charges) {
    sums.add({
      ...{ side, service, component, zone, band, currency, amountMicros, kind: 'settlement' },
      view: viewOf(view, payer),
      account: members.find(({ no }) => no === subscription)!.accountNo,
      segment: customers.segment(subscription),
    });
  }
}

/** Of the month, or of those before it that its tariff looks back on. */
function isSeen(books: CanaryBooks, side: Side, { usage, period }: SpilledUsage, month: string): boolean {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const before = (year - Math.floor(period / 100)) * 12 + number - (period % 100);
  const model = books[side].version(usage.version)!.tariff.model.period;
  return before >= 0 && before <= monthsBefore(model);
}

function withinHolding(
  { holders }: CanaryCustomers,
  books: CanaryBooks,
  side: Side,
  { usage, party, subscription }: SpilledUsage,
): AddressedUsage {
  if (books[side].version(usage.version)!.tariff.model.period.split === null) return usage;
  const { startMs, endMs = startMs } = usage;
  const held = holders.of({ party, startMs, endMs });
  const own = held.length < 2 ? undefined : held.find(({ no }) => no === subscription);
  return own === undefined ? usage : { ...usage, within: own.within };
}
