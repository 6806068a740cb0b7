/** Registry changes out of reference entries, and how much of the disk an entry takes. */
import type { RegistryChange, RegistryEntry } from '../../registry/index.ts';
import { EntryType, type SliceHead } from '../../schemas/log-entries.ts';
import type { ReferenceEntry } from '../rater/index.ts';

export async function* changesOf(entries: AsyncIterable<ReferenceEntry>): AsyncGenerator<RegistryChange[]> {
  for await (const { changes } of numberedChangesOf(entries)) yield changes;
}

export async function* numberedChangesOf(
  entries: AsyncIterable<ReferenceEntry>,
): AsyncGenerator<RegistryEntry & { changes: RegistryChange[] }> {
  for await (const { entryNo, type, body } of entries) {
    if (type !== EntryType.registry) continue;
    yield { entryNo, changes: JSON.parse(Buffer.from(body).toString('utf8')) as RegistryChange[] };
  }
}

/** About a frame's header and head. */
const HEAD_BYTES = 500;

/** Bytes of the log and of the spool that have to be read when the entry is replayed. */
export function bytesOf({ type, head, bodyBytes }: { type: number; head: unknown; bodyBytes: number }): number {
  return HEAD_BYTES + bodyBytes + (type === EntryType.slice ? (head as SliceHead).lengthBytes : 0);
}
