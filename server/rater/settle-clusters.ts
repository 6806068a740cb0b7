/** Which subscriptions have to be settled together, because a part of their tariffs counts their usage together. */
import { componentsOf, GROUP, type TariffBook } from '../../rating/index.ts';
import type { Subscription } from '../../registry/index.ts';

/** One view and service of one or more subscriptions, in the order of their numbers. */
export interface Cluster {
  view: string;
  service: string;
  members: Subscription[];
}

export function assignmentsOf(subscription: Subscription, { view, service }: Cluster): Subscription['tariffs'] {
  return subscription.tariffs.filter((one) => one.view === view && one.service === service);
}

/** In the order of their first members, then view and service: rows come out in the same order each time. */
export function clustersOf(book: TariffBook, subscriptions: readonly Subscription[]): Cluster[] {
  const scopes = new Scopes(book);
  const clusters: Cluster[] = [];
  /** Key of what is shared → the cluster that has it. */
  const byKey = new Map<string, Cluster>();
  for (const subscription of subscriptions) {
    const pairs = new Map(
      subscription.tariffs.map(({ view, service }) => [`${view}\u0000${service}`, { view, service }]),
    );
    for (const pair of [...pairs.keys()].sort()) {
      const own: Cluster = { ...pairs.get(pair)!, members: [subscription] };
      const keys = scopes.keysOf(subscription, own).map((key) => `${pair}\u0000${key}`);
      const joined = [...new Set(keys.flatMap((key) => byKey.get(key) ?? []))];
      const cluster = joined[0] ?? own;
      if (joined.length === 0) clusters.push(cluster);
      else join(clusters, byKey, joined, subscription);
      for (const key of keys) byKey.set(key, cluster);
    }
  }
  for (const { members } of clusters) members.sort((a, b) => a.no - b.no);
  return clusters;
}

/** The first cluster takes the subscription, and what only this one connects. */
function join(
  clusters: Cluster[],
  byKey: Map<string, Cluster>,
  [first, ...others]: Cluster[],
  subscription: Subscription,
): void {
  first.members.push(subscription);
  for (const other of others) {
    first.members.push(...other.members);
    clusters.splice(clusters.indexOf(other), 1);
    for (const [key, cluster] of byKey) if (cluster === other) byKey.set(key, first);
  }
}

class Scopes {
  private readonly book: TariffBook;
  private readonly byTariff = new Map<string, { group: boolean; account: boolean }>();

  constructor(book: TariffBook) {
    this.book = book;
  }

  /** What the subscription shares with others; empty when it stands alone. */
  keysOf(subscription: Subscription, cluster: Cluster): string[] {
    const tariffs = assignmentsOf(subscription, cluster).map(({ tariff }) => this.of(tariff));
    const keys: string[] = [];
    if (tariffs.some(({ account }) => account)) keys.push(`account ${subscription.accountNo}`);
    if (tariffs.some(({ group }) => group)) {
      const groups = (subscription.attributes ?? []).filter(({ name }) => name === GROUP);
      keys.push(...new Set(groups.map(({ value }) => `group ${value}`)));
    }
    return keys;
  }

  private of(tariff: string): { group: boolean; account: boolean } {
    let scopes = this.byTariff.get(tariff);
    if (scopes === undefined) {
      const all = this.book.versionsOf(tariff).flatMap((version) => componentsOf(version.tariff.model.period));
      scopes = {
        group: all.some(({ scope }) => scope === 'group'),
        account: all.some(({ scope }) => scope === 'account'),
      };
      this.byTariff.set(tariff, scopes);
    }
    return scopes;
  }
}
