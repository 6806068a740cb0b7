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
  const read = { entryNo, type, head, body: made === null ? await entry.body() : NO_BYTES };
  return { ...read, body: NO_BYTES, parts: made ?? partsOfEntry(read) };
}

export function isReference(type: number): boolean {
  return REFERENCE_TYPES.includes(type);
}
