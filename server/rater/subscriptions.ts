/** Customers as they stood at an entry: a fold over the log, made when a command needs it and then let go. */
import type { LogReader } from '../../platform/log/index.ts';
import type { Account, RegistryChange, Subscription } from '../../registry/index.ts';
import { EntryType } from '../../schemas/log-entries.ts';

export interface Customers {
  /** In the order of their numbers. */
  subscriptions: Subscription[];
  /** By number. */
  accounts: Map<number, Account>;
}

export async function customersAsOf(reader: LogReader, entryNo: number): Promise<Customers> {
  const subscriptions = new Map<number, Subscription>();
  const accounts = new Map<number, Account>();
  for await (const entry of reader.readHeads(await reader.firstNo(), entryNo)) {
    if (entry.type !== EntryType.registry) continue;
    const changes = JSON.parse(Buffer.from(await entry.body()).toString('utf8')) as RegistryChange[];
    for (const change of changes) {
      if (change.kind === 'subscription') subscriptions.set(change.no, change);
      if (change.kind === 'account') accounts.set(change.no, change);
    }
  }
  return { subscriptions: [...subscriptions.values()].sort((a, b) => a.no - b.no), accounts };
}
