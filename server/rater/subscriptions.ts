/** All subscriptions as they stood at an entry: a fold over the log, made when a command needs it and then let go. */
import type { LogReader } from '../../platform/log/index.ts';
import type { RegistryChange, Subscription } from '../../registry/index.ts';
import { EntryType } from '../../schemas/log-entries.ts';

export async function subscriptionsAsOf(reader: LogReader, entryNo: number): Promise<Subscription[]> {
  const subscriptions = new Map<number, Subscription>();
  for await (const entry of reader.readHeads(await reader.firstNo(), entryNo)) {
    if (entry.type !== EntryType.registry) continue;
    const changes = JSON.parse(Buffer.from(await entry.body()).toString('utf8')) as RegistryChange[];
    for (const change of changes) if (change.kind === 'subscription') subscriptions.set(change.no, change);
  }
  return [...subscriptions.values()].sort((a, b) => a.no - b.no);
}
