/**
 * Reads entries of the log again: every byte, the chain, the hash of each pushed batch, that slices of a file follow each
 * other without a gap, and that the spool has what they name.
 */
import { createHash } from 'node:crypto';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type { LogEntry, LogReader, Spool } from '../../platform/log/index.ts';
import { EntryType, type BatchHead, type FileHead, type SliceHead } from '../../schemas/log-entries.ts';

export interface WalkedEntries {
  /** Last entry that could be read, and its chain; null when none could. */
  last: { entryNo: number; chain: Uint8Array } | null;
  /** Damage of the log itself: nothing behind it was read. */
  damage: string[];
  /** Content that does not fit its hash or its place. */
  content: string[];
  /** Slices whose bytes the spool does not have. */
  spool: string[];
}

/** What is remembered of files between two slices of theirs. */
export class FilePlaces {
  private readonly places = new Map<number, { nextOffset: number; sizeBytes?: number }>();

  file(entryNo: number, { sizeBytes }: FileHead): void {
    this.places.set(entryNo, { nextOffset: 0, ...(sizeBytes !== undefined && { sizeBytes }) });
  }

  /** Null when the slice stands where it must. Of a file whose entry was not seen nothing is known until its second slice. */
  slice(head: SliceHead): string | null {
    const { fileEntry, sourceOffset, lengthBytes, last } = head;
    const place = this.places.get(fileEntry);
    const end = sourceOffset + lengthBytes;
    this.places.set(fileEntry, { ...place, nextOffset: end });
    if (place === undefined) return null;
    if (place.nextOffset !== sourceOffset) {
      return `starts at byte ${sourceOffset} of file ${fileEntry}, and the one before ends at ${place.nextOffset}`;
    }
    if (last && place.sizeBytes !== undefined && place.sizeBytes !== end) {
      return `ends file ${fileEntry} at byte ${end}, and the file has ${place.sizeBytes}`;
    }
    if (last) this.places.delete(fileEntry);
    return null;
  }
}

/** `before`: chain of the entry before `fromNo`; null when it is not known. */
export async function walkEntries(
  { reader, spool, places }: { reader: LogReader; spool: Spool; places: FilePlaces },
  fromNo: number,
  toNo: number,
  before: Uint8Array | null,
): Promise<WalkedEntries> {
  const walked: WalkedEntries = { last: null, damage: [], content: [], spool: [] };
  let chain = before;
  try {
    for await (const entry of reader.readFrom(fromNo, toNo)) {
      const expected = chain === null ? null : await entry.chainAfter(chain);
      if (expected === null) await entry.body();
      else if (Buffer.compare(expected, entry.chain) !== 0) {
        throw new TollgridError('LOG_DAMAGED', `entry ${entry.entryNo} does not follow from the one before it`);
      }
      chain = entry.chain;
      walked.last = { entryNo: entry.entryNo, chain };
      await look(entry, spool, places, walked);
    }
  } catch (error) {
    const { code, message } = toTollgridError(error);
    walked.damage.push(`log: ${code}: ${message}`);
  }
  return walked;
}

async function look(entry: LogEntry, spool: Spool, places: FilePlaces, walked: WalkedEntries): Promise<void> {
  const { entryNo, type } = entry;
  if (type === EntryType.file) places.file(entryNo, entry.head as FileHead);
  if (type === EntryType.batch) {
    const { sha256 } = entry.head as BatchHead;
    const found = createHash('sha256')
      .update(await entry.body())
      .digest('hex');
    if (found !== sha256) walked.content.push(`log: the usage in entry ${entryNo} is not what its hash says`);
  }
  if (type === EntryType.slice) {
    const head = entry.head as SliceHead;
    const wrong = places.slice(head);
    if (wrong !== null) walked.content.push(`log: the slice in entry ${entryNo} ${wrong}`);
    const size = await spool.sizeOf(head.blob);
    if (size === null) walked.spool.push(`spool: ${head.blob} is missing, entry ${entryNo} needs it`);
    else if (size < head.blobOffset + head.lengthBytes) {
      walked.spool.push(`spool: ${head.blob} has ${size} bytes, entry ${entryNo} needs more`);
    }
  }
}
