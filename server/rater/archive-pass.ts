/** One pass over the sealed segments: those that are old enough go to the archive, with the spool files they point to. */
import { TollgridError } from '../../platform/errors.ts';
import {
  archiveBlob,
  archiveSegment,
  listSegments,
  LogReader,
  type Confirm,
  type Segment,
  type Spool,
} from '../../platform/log/index.ts';
import { EntryType, type FileHead, type SliceHead } from '../../schemas/log-entries.ts';

export interface ArchiveParts {
  logDir: string;
  spool: Spool;
  confirm: Confirm;
  /** Entries up to here will not be replayed from: they stand behind a checkpoint. */
  settledNo: number;
  /** Segments whose last entry was accepted before that are taken. UTC milliseconds. */
  beforeMs: number;
  stopping(): boolean;
}

export interface ArchiveResult {
  segments: number;
  blobs: number;
  sizeBytes: number;
  archivedBytes: number;
}

export async function archivePass(parts: ArchiveParts): Promise<ArchiveResult> {
  const result: ArchiveResult = { segments: 0, blobs: 0, sizeBytes: 0, archivedBytes: 0 };
  const reader = new LogReader(parts.logDir);
  try {
    const segments = await listSegments(parts.logDir);
    for (const [i, segment] of segments.slice(0, -1).entries()) {
      if (parts.stopping()) break;
      const next = segments[i + 1];
      if (segment.archived) continue;
      if (next.firstNo - 1 > parts.settledNo || !(await isOlder(reader, next, parts.beforeMs))) break;
      await archiveOne(parts, reader, segment, next, result);
    }
    return result;
  } finally {
    await reader.close();
  }
}

/** The first entry of the next segment tells when the one before it was sealed. */
async function isOlder(reader: LogReader, next: Segment, beforeMs: number): Promise<boolean> {
  try {
    return (await reader.entryAt(next.firstNo, { segment: next.firstNo, offset: 0 })).acceptedAtMs < beforeMs;
  } catch (error) {
    // A segment that was just begun.
    if (error instanceof TollgridError && error.code === 'LOG_ENTRY_MISSING') return false;
    throw error;
  }
}

async function archiveOne(
  { logDir, spool, confirm }: ArchiveParts,
  reader: LogReader,
  segment: Segment,
  next: Segment,
  result: ArchiveResult,
): Promise<void> {
  const start = await reader.start();
  const chain = segment.firstNo === start.firstNo ? start.chain : (await reader.entry(segment.firstNo - 1)).chain;
  // Its blobs first: they are found by its heads, and those are at hand until it is archived itself.
  for (const blob of await blobsIn(reader, segment.firstNo, next.firstNo - 1)) {
    add(result, 'blobs', await archiveBlob(spool, blob, confirm));
  }
  add(result, 'segments', await archiveSegment(logDir, segment, next, chain, confirm));
}

function add(
  result: ArchiveResult,
  what: 'segments' | 'blobs',
  done: { sizeBytes: number; archivedBytes: number } | null,
): void {
  if (done === null) return;
  result[what]++;
  result.sizeBytes += done.sizeBytes;
  result.archivedBytes += done.archivedBytes;
}

/** Spool files that entries of a run point to. */
export async function blobsIn(reader: LogReader, fromNo: number, toNo: number): Promise<Set<string>> {
  const blobs = new Set<string>();
  for await (const entry of reader.readHeads(fromNo, toNo)) noteBlobs(entry, blobs);
  return blobs;
}

export function noteBlobs({ type, head }: { type: number; head: unknown }, blobs: Set<string>): void {
  if (type === EntryType.slice) blobs.add((head as SliceHead).blob);
  const { sha256, packed } = type === EntryType.file ? (head as FileHead) : {};
  if (sha256 !== undefined) blobs.add(sha256);
  if (packed !== undefined) blobs.add(packed.sha256);
}
