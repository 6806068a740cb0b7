/** Whom the draft concerns: those of the tariff, and those whose usage is counted together with theirs. */
import type { Account, Subscription } from '../../registry/index.ts';
import { clustersOf, Holders, type Cluster, type Customers } from '../rater/index.ts';
import type { CanaryBooks } from './books.ts';

export class CanaryCustomers {
  readonly clusters: Cluster[];
  readonly holders: Holders;
  private readonly accounts: ReadonlyMap<number, Account>;
  private readonly subscriptions = new Map<number, Subscription>();
  /** By view and service: the cluster of each subscription number. */
  private readonly clusterNos = new Map<string, Map<number, number>>();
  private readonly segmentOf = new Map<number, string>();

  constructor(
    { union, inPlaceOf }: CanaryBooks,
    customers: Customers,
    { accounts, attribute, atMs }: { accounts: ReadonlySet<number> | null; attribute: string; atMs: number },
  ) {
    this.accounts = customers.accounts;
    this.holders = new Holders(customers.subscriptions);
    const concerned = clustersOf(union, customers.subscriptions).filter(({ view, service, members }) => {
      const has = members.some(({ tariffs }) =>
        tariffs.some((one) => one.view === view && one.service === service && one.tariff === inPlaceOf),
      );
      return has && (accounts === null || members.some(({ accountNo }) => accounts.has(accountNo)));
    });
    this.clusters = concerned;
    concerned.forEach(({ view, service, members }, number) => {
      const key = `${view}\u0000${service}`;
      const numbers = this.clusterNos.get(key) ?? new Map<number, number>();
      for (const member of members) numbers.set(member.no, number);
      this.clusterNos.set(key, numbers);
      for (const member of members) this.subscriptions.set(member.no, member);
    });
    for (const subscription of this.subscriptions.values()) {
      const account = customers.accounts.get(subscription.accountNo);
      const spans = [...(subscription.attributes ?? []), ...(account?.attributes ?? [])];
      const found = spans.find(
        ({ name, fromMs, toMs }) => name === attribute && (fromMs ?? -Infinity) <= atMs && atMs < (toMs ?? Infinity),
      );
      if (found !== undefined) this.segmentOf.set(subscription.no, found.value);
    }
  }

  /** -1: the draft does not concern it. */
  clusterNo(subscriptionNo: number, view: string, service: string): number {
    return this.clusterNos.get(`${view}\u0000${service}`)?.get(subscriptionNo) ?? -1;
  }

  segment(subscriptionNo: number): string {
    return this.segmentOf.get(subscriptionNo) ?? '';
  }

  account(no: number): Account | undefined {
    return this.accounts.get(no);
  }

  subscription(no: number): Subscription | undefined {
    return this.subscriptions.get(no);
  }
}
