/**
 * What the front must remember of the log to go on: files taken in, offsets of growing ones, idempotency keys,
 * publications, the last reference entry. A fold over entry heads, at start and then entry by entry.
 */
import { DigestTable } from '../../platform/digest-table.ts';
import { EntrySet } from '../../platform/entry-set.ts';
import type { LogPosition } from '../../platform/log/index.ts';
import type { GrowingFile, KnownFile } from '../../collectors/files/index.ts';
import {
  EntryType,
  isPackedHold,
  type BatchHead,
  type CommandHead,
  type DraftHead,
  type FileHead,
  type Fingerprint,
  type PublicationHead,
  type SliceHead,
} from '../../schemas/log-entries.ts';
import { ReferenceTrail } from '../rater/index.ts';
import { FileRegister } from './file-register.ts';
import type { PackedHead } from './file-reception.ts';
import { Incidents } from './incidents.ts';
import { dumpParts, loadParts, mapPart, plainPart, type KeptPart, type Sections } from './kept-parts.ts';
import { Origins } from './origins.ts';
import { PushKeys } from './push-keys.ts';
import { TariffHistory } from './tariff-history.ts';

export interface EntryFacts {
  entryNo: number;
  type: number;
  acceptedAtMs: number;
  head: unknown;
  /** Where it stands in the log. */
  position: LogPosition;
}

/** `duplicate`, `rejected` and `superseded` files are never read; `held` ones wait for a decision. */
export type FileState = 'admitted' | 'duplicate' | 'held' | 'rejected' | 'superseded';

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
  state: FileState;
  /** What ended the holding: a command, or the file that took its place. */
  decided?: { entryNo: number; atMs: number; by: string; reason: string };
  /** Growing files: the last bytes before `offset`. */
  tail?: Fingerprint;
}

export interface PushFacts {
  entryNo: number;
  records: number;
  isSame(requestSha256: string): boolean;
}

/** Of the state's layout in a checkpoint: another one is not read. */
export const STATE_VERSION = 1;

export interface PublicationFacts {
  entryNo: number;
  acceptedAtMs: number;
  head: PublicationHead;
}

/** A command that re-rates, or takes a re-rating back. */
export interface RerateFacts {
  entryNo: number;
  acceptedAtMs: number;
  head: Extract<CommandHead, { command: 'rerate' | 'undoRerate' }>;
}

/** Of each source at least, at most twice that: as many messages a broker of MQTT may send again, each may be a batch. */
const LAST_BATCHES = 65_535;

export class LogState {
  /** First entry that is kept; 0 in an empty log. */
  firstEntry = 0;
  /** When it was accepted; null in an empty log. */
  firstAcceptedMs: number | null = null;
  /** Entries whose records the ledger accounts for, each with one row of its own. */
  readonly accounted = new EntrySet();
  readonly files = new FileRegister();
  private readonly holding = new Set<number>();
  /** Name, size and time of closed files → their entry. */
  private readonly closedKeys = new DigestTable(1);
  /** Packed files whose last file is not entered yet: the entries of those that are. */
  private readonly packed = new Map<string, number[]>();
  private readonly bySha256 = new DigestTable(1);
  private readonly pushes = new PushKeys();
  readonly publications = new Map<string, PublicationFacts>();
  readonly lastAcceptedMs = new Map<string, number>();
  /** The last batches of each source whose sender says nothing else that tells a repeat, the oldest first. */
  readonly lastBatches = new Map<string, number[]>();
  /** Where streams go on, by source. */
  readonly positions = new Map<string, Record<string, number>>();
  readonly incidents = new Incidents();
  readonly origins = new Origins();
  readonly rerates = new Map<number, RerateFacts>();
  readonly tariffs = new TariffHistory();
  /** Registry changes and publications, in order: what reference data of any time is made from. */
  referenceEntries: number[] = [];
  /** The same without those that were replaced, and where they stand. */
  trail = new ReferenceTrail();
  registryNo = 0;
  /** Last registry change, publications not counted. */
  lastRegistryEntry = 0;
  /** The last entry applied; null in an empty log. */
  last: { entryNo: number; position: LogPosition } | null = null;

  apply(entry: EntryFacts): void {
    this.firstEntry ||= entry.entryNo;
    this.last = { entryNo: entry.entryNo, position: entry.position };
    this.firstAcceptedMs ??= entry.acceptedAtMs;
    if (isAccounted(entry)) this.accounted.add(entry.entryNo);
    this.origins.apply(entry);
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
        this.noteReference(entry);
        return;
      case EntryType.publication: {
        const head = entry.head as PublicationHead;
        this.registryNo = entry.entryNo;
        this.noteReference(entry);
        this.tariffs.applyPublication(entry, head);
        this.publications.set(publicationKey(head), { entryNo: entry.entryNo, acceptedAtMs: entry.acceptedAtMs, head });
        return;
      }
      case EntryType.draft:
        return this.tariffs.applyDraft(entry, entry.head as DraftHead);
      case EntryType.command:
        this.tariffs.applyCommand(entry, entry.head as CommandHead);
        return this.applyCommand(entry, entry.head as CommandHead);
      default:
        return;
    }
  }

  private noteReference({ entryNo, position }: EntryFacts): void {
    this.referenceEntries.push(entryNo);
    this.trail.note(entryNo, position);
  }

  private applyFile(entry: EntryFacts, head: FileHead): void {
    const state = head.duplicateOf !== undefined ? 'duplicate' : head.held !== undefined ? 'held' : 'admitted';
    this.files.add({
      fileEntry: entry.entryNo,
      acceptedAtMs: entry.acceptedAtMs,
      head,
      offset: 0,
      complete: head.duplicateOf !== undefined,
      lastEntry: entry.entryNo,
      slices: 0,
      state,
    });
    this.lastAcceptedMs.set(head.source, entry.acceptedAtMs);
    if (head.mode === 'growing') return;
    if (head.modifiedMs !== undefined)
      this.closedKeys.set(closedKey(head.source, head.name, head.sizeBytes!, head.modifiedMs), entry.entryNo);
    if (head.packed !== undefined) this.applyPacked(entry, head.source, head.packed);
    // Held as it came: with other limits, or mended, it is another matter when it comes again.
    const isPackedHeld = head.held !== undefined && isPackedHold(head.held.code);
    if (state !== 'duplicate' && !isPackedHeld) this.bySha256.set(`${head.sha256!}/${head.format}`, entry.entryNo);
    if (state === 'held') this.holding.add(entry.entryNo);
    if (state === 'admitted') this.incidents.admit(entry, head.source, entry.entryNo, head.numbers ?? []);
    for (const { fileEntry } of head.supersedes ?? []) {
      this.decide(fileEntry, 'superseded', entry, head.source, `entry ${entry.entryNo} took its place`);
    }
  }

  private applyPacked({ entryNo }: EntryFacts, source: string, packed: PackedHead): void {
    const key = packedKey(source, packed);
    if (packed.no < packed.of) {
      this.packed.set(key, [...(this.packed.get(key) ?? []), entryNo]);
      return;
    }
    this.packed.delete(key);
    const { name, sizeBytes, modifiedMs } = packed;
    if (modifiedMs !== undefined) this.closedKeys.set(closedKey(source, name, sizeBytes, modifiedMs), entryNo);
  }

  private applyCommand(entry: EntryFacts, head: CommandHead): void {
    if (head.command === 'releaseFile') {
      const { file, reason = '' } = head.input;
      this.decide(file, 'admitted', entry, head.by, reason);
      const released = this.files.get(file)?.head;
      if (released !== undefined) this.incidents.admit(entry, released.source, file, released.numbers ?? []);
    } else if (head.command === 'rejectFile') {
      this.decide(head.input.file, 'rejected', entry, head.by, head.input.reason);
    } else if (head.command === 'closeIncident') {
      this.incidents.close(entry, head.input.incident, head.by, head.input.reason);
    } else if (head.command === 'rerate' || head.command === 'undoRerate') {
      this.rerates.set(entry.entryNo, { entryNo: entry.entryNo, acceptedAtMs: entry.acceptedAtMs, head });
    }
  }

  private decide(fileEntry: number, state: FileState, entry: EntryFacts, by: string, reason: string): void {
    const file = this.files.edit(fileEntry, (one) => {
      one.state = state;
      one.decided = { entryNo: entry.entryNo, atMs: entry.acceptedAtMs, by, reason };
    });
    if (file === null) return;
    // Never read, but counted by the check: what will not be received another way is accounted for.
    if ((state === 'rejected' || state === 'superseded') && (file.head.check?.rows ?? 0) > 0)
      this.accounted.add(fileEntry);
    this.holding.delete(fileEntry);
  }

  private applySlice(entry: EntryFacts, head: SliceHead): void {
    this.files.edit(head.fileEntry, (file) => {
      file.offset = head.sourceOffset + head.lengthBytes;
      file.lastEntry = entry.entryNo;
      file.slices++;
      if (head.tail !== undefined) file.tail = head.tail;
      if (head.last) file.complete = true;
    });
    this.lastAcceptedMs.set(head.source, entry.acceptedAtMs);
  }

  private applyBatch(entry: EntryFacts, head: BatchHead): void {
    this.lastAcceptedMs.set(head.source, entry.acceptedAtMs);
    const { source, positions, idempotencyKey } = head;
    if (positions !== undefined) this.positions.set(source, { ...this.positions.get(source), ...positions });
    if (idempotencyKey !== undefined) this.pushes.set(pushKey(head.caller, source, idempotencyKey), entry, head);
    if (positions !== undefined || idempotencyKey !== undefined) return;
    const last = this.lastBatches.get(source) ?? [];
    if (last.push(entry.entryNo) > 2 * LAST_BATCHES) last.splice(0, LAST_BATCHES);
    this.lastBatches.set(source, last);
  }

  /** Entries of what was entered of a packed file so far, in order; empty when all of it is, or nothing. */
  packedEntries(source: string, packed: Omit<PackedHead, 'no' | 'of'>): readonly number[] {
    return this.packed.get(packedKey(source, packed)) ?? [];
  }

  begunPacked(): { source: string; format: string; packed: PackedHead }[] {
    return [...this.packed.values()].map(([first]) => {
      const { source, format, packed } = this.files.get(first)!.head;
      return { source, format, packed: packed! };
    });
  }

  closedEntry(source: string, name: string, sizeBytes: number, modifiedMs: number): number | undefined {
    return this.closedKeys.get(closedKey(source, name, sizeBytes, modifiedMs))?.[0];
  }

  knownClosed(source: string, name: string, sizeBytes: number, modifiedMs: number): KnownFile | undefined {
    const fileEntry = this.closedEntry(source, name, sizeBytes, modifiedMs);
    return fileEntry === undefined ? undefined : knownFile(this.files.get(fileEntry)!.head);
  }

  /** Entry of a file with the same bytes, received before to be read the same way; undefined when there is none. */
  sameBytes(sha256: string, format: string): number | undefined {
    return this.bySha256.get(`${sha256}/${format}`)?.[0];
  }

  push(caller: string, source: string, idempotencyKey: string): PushFacts | undefined {
    const own = this.pushes.get(pushKey(caller, source, idempotencyKey));
    return own ?? this.pushes.get(pushKey(undefined, source, idempotencyKey));
  }

  growing(source: string): GrowingFile[] {
    return [...this.files.liveFiles()]
      .filter(({ head }) => head.mode === 'growing' && head.source === source)
      .map(({ fileEntry, head, offset, tail }) => ({
        fileEntry,
        name: head.name,
        inode: head.inode!,
        fingerprint: head.fingerprint!,
        offset,
        ...(tail !== undefined && { tail }),
      }));
  }

  /** Closed files whose admission a stop interrupted; a collector's are admitted by the collector. */
  incomplete(): FileFacts[] {
    return [...this.files.liveFiles()].filter(
      ({ head, state, complete }) => head.mode === 'closed' && state === 'admitted' && !complete && !head.from,
    );
  }

  held(): FileFacts[] {
    return [...this.holding].map((fileEntry) => this.files.get(fileEntry)!);
  }

  /** The first entry that something which waits still needs: a file that is held, half admitted or half unpacked, a draft. */
  waitingFrom(): number | null {
    const waiting = [
      ...this.holding,
      ...[...this.packed.values()].flat(),
      ...this.incomplete().map(({ fileEntry }) => fileEntry),
      ...this.tariffs.waiting().map(({ entryNo }) => entryNo),
    ];
    return waiting.length === 0 ? null : waiting.reduce((a, b) => Math.min(a, b));
  }

  /** Everything that a checkpoint keeps, by the name of the field; `trail` and `last` stand in its head. */
  private parts(): Record<string, KeptPart> {
    return {
      firstEntry: plainPart(
        () => this.firstEntry,
        (entryNo) => (this.firstEntry = entryNo),
      ),
      firstAcceptedMs: plainPart(
        () => this.firstAcceptedMs,
        (atMs) => (this.firstAcceptedMs = atMs),
      ),
      accounted: this.accounted,
      origins: this.origins,
      files: this.files,
      holding: plainPart(
        () => [...this.holding],
        (entries) => entries.forEach((entryNo) => this.holding.add(entryNo)),
      ),
      closedKeys: this.closedKeys,
      packed: mapPart(this.packed),
      bySha256: this.bySha256,
      pushes: this.pushes,
      publications: mapPart(this.publications),
      lastAcceptedMs: mapPart(this.lastAcceptedMs),
      lastBatches: mapPart(this.lastBatches),
      positions: mapPart(this.positions),
      incidents: plainPart(
        () => this.incidents.dump(),
        (dump) => this.incidents.load(dump),
      ),
      rerates: mapPart(this.rerates),
      tariffs: plainPart(
        () => this.tariffs.dump(),
        (dump) => this.tariffs.load(dump),
      ),
      referenceEntries: plainPart(
        () => this.referenceEntries,
        (entries) => (this.referenceEntries = entries),
      ),
      registryNo: plainPart(
        () => this.registryNo,
        (entryNo) => (this.registryNo = entryNo),
      ),
      lastRegistryEntry: plainPart(
        () => this.lastRegistryEntry,
        (entryNo) => (this.lastRegistryEntry = entryNo),
      ),
    };
  }

  /** As sections of a checkpoint. */
  dump(): Sections {
    return dumpParts(this.parts());
  }

  /** Into a fresh state. */
  load(sections: Record<string, Buffer>): void {
    loadParts(this.parts(), sections);
  }
}

/** Slices and pushed batches hold records; a file whose bytes were received before stands for all of its own. */
function isAccounted({ type, head }: EntryFacts): boolean {
  if (type === EntryType.file) return (head as FileHead).duplicateOf !== undefined;
  return type === EntryType.slice || type === EntryType.batch;
}

/** A closed file as its collector needs to know it. */
export function knownFile({ sha256, held, packed }: FileHead): KnownFile {
  return { sha256: packed?.sha256 ?? sha256!, held: held ?? null };
}

export function publicationKey(head: { kind: string; name: string; effective?: string }): string {
  return `${head.kind}/${head.name}@${head.effective ?? ''}`;
}

function closedKey(source: string, name: string, sizeBytes: number, modifiedMs: number): string {
  return `${source}\u0000${name}\u0000${sizeBytes}\u0000${modifiedMs}`;
}

function packedKey(source: string, { name, sha256, modifiedMs }: Omit<PackedHead, 'no' | 'of'>): string {
  return `${source}\u0000${sha256}\u0000${modifiedMs ?? ''}\u0000${name}`;
}

function pushKey(caller: string | undefined, source: string, idempotencyKey: string): string {
  return `${caller ?? ''}\u0000${source}\u0000${idempotencyKey}`;
}
