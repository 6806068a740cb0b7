/** An entry of the log as reference data takes it. */
import type { LogEntry } from '../../platform/log/index.ts';
import { EntryType, type PublicationHead } from '../../schemas/log-entries.ts';
import { compiledFolder, readCompiled } from './compiled-files.ts';
import { partsOfEntry, type ReferenceEntry } from './reference-data.ts';

const REFERENCE_TYPES: readonly number[] = [EntryType.registry, EntryType.publication];
const NO_BYTES = new Uint8Array(0);

/** A tariff is compiled once for all threads: by the front as a rule, before its entry was in the log. */
export async function referenceEntryOf(entry: LogEntry, dataDir: string): Promise<ReferenceEntry> {
  const { entryNo, type, head } = entry;
  const publication = type === EntryType.publication ? (head as PublicationHead) : null;
  if (publication?.kind !== 'tariff') return { entryNo, type, head, body: await entry.body() };
  const made = await readCompiled(compiledFolder(dataDir), publication.sha256);
  if (made !== null) return { entryNo, type, head, body: NO_BYTES, parts: made };
  return compiledOnce({ entryNo, type, head, body: await entry.body() });
}

/** The same, with a tariff compiled, so that no thread has to do it again. */
export function compiledOnce(entry: ReferenceEntry): ReferenceEntry {
  if (entry.type !== EntryType.publication || (entry.head as PublicationHead).kind !== 'tariff') return entry;
  return { ...entry, body: NO_BYTES, parts: partsOfEntry(entry) };
}

export function isReference(type: number): boolean {
  return REFERENCE_TYPES.includes(type);
}
