/** Customers as they stood at an entry: a fold over the log's changes, made when a command needs it and then let go. */
import type { Account, RegistryChange, Subscription } from '../../registry/index.ts';
import { EntryType } from '../../schemas/log-entries.ts';
import type { LazyReference } from './base.ts';
import type { ReferenceEntry } from './reference-data.ts';

export interface Customers {
  /** In the order of their numbers. */
  subscriptions: Subscription[];
  /** By number. */
  accounts: Map<number, Account>;
}

/** `entries`: all that still matter up to that entry, in order; others than registry changes are passed over. */
export async function customersOf(entries: AsyncIterable<ReferenceEntry | LazyReference>): Promise<Customers> {
  const subscriptions = new Map<number, Subscription>();
  const accounts = new Map<number, Account>();
  for await (const { type, body } of entries) {
    if (type !== EntryType.registry) continue;
    const bytes = body instanceof Uint8Array ? body : await body();
    const changes = JSON.parse(Buffer.from(bytes).toString('utf8')) as RegistryChange[];
    for (const change of changes) {
      if (change.kind === 'subscription') subscriptions.set(change.no, change);
      if (change.kind === 'account') accounts.set(change.no, change);
    }
  }
  return { subscriptions: [...subscriptions.values()].sort((a, b) => a.no - b.no), accounts };
}
