/**
 * What the front must remember of the log to go on: files taken in, offsets of growing ones, idempotency keys,
 * publications, the last reference entry. A fold over entry heads, at start and then entry by entry.
 */
import type { GrowingFile } from '../../collectors/files/index.ts';
import {
  EntryType,
  type BatchHead,
  type FileHead,
  type PublicationHead,
  type SliceHead,
} from '../../schemas/log-entries.ts';

export interface EntryFacts {
  entryNo: number;
  type: number;
  acceptedAtMs: number;
  head: unknown;
}

export interface FileFacts {
  fileEntry: number;
  acceptedAtMs: number;
  head: FileHead;
  /** Everything before this offset of the source file is in the log. */
  offset: number;
  /** Closed files: the last slice is in the log. */
  complete: boolean;
  lastEntry: number;
  slices: number;
}

export interface PushFacts {
  entryNo: number;
  requestSha256: string;
  records: number;
}

export interface PublicationFacts {
  entryNo: number;
  acceptedAtMs: number;
  head: PublicationHead;
}

export class LogState {
  readonly files = new Map<number, FileFacts>();
  private readonly closedKeys = new Set<string>();
  private readonly bySha256 = new Map<string, number>();
  private readonly pushes = new Map<string, PushFacts>();
  readonly publications = new Map<string, PublicationFacts>();
  readonly lastAcceptedMs = new Map<string, number>();
  /** Registry changes and publications, in order: what reference data of any time is made from. */
  readonly referenceEntries: number[] = [];
  registryNo = 0;
  /** Last registry change, publications not counted. */
  lastRegistryEntry = 0;

  apply(entry: EntryFacts): void {
    switch (entry.type) {
      case EntryType.file:
        return this.applyFile(entry, entry.head as FileHead);
      case EntryType.slice:
        return this.applySlice(entry, entry.head as SliceHead);
      case EntryType.batch:
        return this.applyBatch(entry, entry.head as BatchHead);
      case EntryType.registry:
        this.registryNo = entry.entryNo;
        this.lastRegistryEntry = entry.entryNo;
        this.referenceEntries.push(entry.entryNo);
        return;
      case EntryType.publication: {
        const head = entry.head as PublicationHead;
        this.registryNo = entry.entryNo;
        this.referenceEntries.push(entry.entryNo);
        this.publications.set(publicationKey(head), { entryNo: entry.entryNo, acceptedAtMs: entry.acceptedAtMs, head });
        return;
      }
      default:
        return;
    }
  }

  private applyFile(entry: EntryFacts, head: FileHead): void {
    this.files.set(entry.entryNo, {
      fileEntry: entry.entryNo,
      acceptedAtMs: entry.acceptedAtMs,
      head,
      offset: 0,
      complete: head.duplicateOf !== undefined,
      lastEntry: entry.entryNo,
      slices: 0,
    });
    this.lastAcceptedMs.set(head.source, entry.acceptedAtMs);
    if (head.mode === 'growing') return;
    if (head.modifiedMs !== undefined)
      this.closedKeys.add(closedKey(head.source, head.name, head.sizeBytes!, head.modifiedMs));
    if (head.duplicateOf === undefined) this.bySha256.set(`${head.sha256!}/${head.format}`, entry.entryNo);
  }

  private applySlice(entry: EntryFacts, head: SliceHead): void {
    const file = this.files.get(head.fileEntry)!;
    file.offset = head.sourceOffset + head.lengthBytes;
    file.lastEntry = entry.entryNo;
    file.slices++;
    if (head.last) file.complete = true;
    this.lastAcceptedMs.set(head.source, entry.acceptedAtMs);
  }

  private applyBatch(entry: EntryFacts, head: BatchHead): void {
    this.lastAcceptedMs.set(head.source, entry.acceptedAtMs);
    if (head.idempotencyKey === undefined) return;
    this.pushes.set(`${head.source}\u0000${head.idempotencyKey}`, {
      entryNo: entry.entryNo,
      requestSha256: head.requestSha256!,
      records: head.records,
    });
  }

  knowsClosed(source: string, name: string, sizeBytes: number, modifiedMs: number): boolean {
    return this.closedKeys.has(closedKey(source, name, sizeBytes, modifiedMs));
  }

  /** Entry of a file with the same bytes, received before to be read the same way; undefined when there is none. */
  sameBytes(sha256: string, format: string): number | undefined {
    return this.bySha256.get(`${sha256}/${format}`);
  }

  push(source: string, idempotencyKey: string): PushFacts | undefined {
    return this.pushes.get(`${source}\u0000${idempotencyKey}`);
  }

  growing(source: string): GrowingFile[] {
    return [...this.files.values()]
      .filter(({ head }) => head.mode === 'growing' && head.source === source)
      .map(({ fileEntry, head, offset }) => ({
        fileEntry,
        name: head.name,
        inode: head.inode!,
        fingerprint: head.fingerprint!,
        offset,
      }));
  }

  /** Closed files whose admission a stop interrupted. */
  incomplete(): FileFacts[] {
    return [...this.files.values()].filter((file) => file.head.mode === 'closed' && !file.complete);
  }
}

export function publicationKey(head: { kind: string; name: string; effective?: string }): string {
  return `${head.kind}/${head.name}@${head.effective ?? ''}`;
}

function closedKey(source: string, name: string, sizeBytes: number, modifiedMs: number): string {
  return `${source}\u0000${name}\u0000${sizeBytes}\u0000${modifiedMs}`;
}
