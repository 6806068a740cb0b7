/**
 * A backup: what came to the log, the spool and the statements since the one before is added to the parts, then a manifest
 * names everything. Taken beside a running Tollgrid: the log up to an entry that is durable, then the spool files that
 * those entries point at.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { writeFileDurably } from '../../platform/durable-file.ts';
import { TollgridError } from '../../platform/errors.ts';
import { readEpoch } from '../../platform/lock.ts';
import {
  CHAIN_START,
  checkRun,
  listSegments,
  LogReader,
  readRuns,
  Spool,
  type Blob,
  type LogPlace,
} from '../../platform/log/index.ts';
import { BackupFolder, writing } from './backup-folder.ts';
import { holdFor } from './backup-hold.ts';
import { blobsOf, LAST_BACKUP, secretFiles, sideFiles, type SideFile } from './layout.ts';
import {
  BACKUP_VERSION,
  listManifests,
  manifestName,
  sequenceOf,
  writeManifest,
  type BackedSegment,
  type Manifest,
} from './manifest.ts';
import { readBlob, requireNext } from './source.ts';

export interface BackupWish {
  dataDir: string;
  to: string;
  /** Last durable entry. */
  headNo: number;
  /** Also the private keys that statements are signed with. */
  keys: boolean;
  program: string;
  clock: Clock;
}

export interface BackupMade {
  manifest: Manifest;
  /** Parts of it, and how many of them were not there before. */
  parts: number;
  bytes: number;
  newParts: number;
  newBytes: number;
  /** Manifests that could not be read: this one was made without them. */
  unreadable: string[];
  /** Why retention may remove what the next one needs; null: it will not. */
  unheld: string | null;
}

/** A segment in more pieces is copied anew, as one. */
const PIECES_MAX = 64;

/** Errors: COPY_DIVERGED, COPY_WRITE_FAILED, BACKUP_FOLDER_FOREIGN, DATA_DIR_LOCKED, LOG_DAMAGED, SPOOL_DAMAGED, SPOOL_BLOB_MISSING. */
export async function makeBackup(wish: BackupWish): Promise<BackupMade> {
  const folder = await BackupFolder.open(wish.to);
  const reader = new LogReader(path.join(wish.dataDir, 'log'));
  try {
    return await writing(() => new Backup(wish, folder, reader).make());
  } finally {
    await reader.close();
    await folder.close();
  }
}

class Backup {
  private readonly wish: BackupWish;
  private readonly folder: BackupFolder;
  private readonly reader: LogReader;
  private newParts = 0;
  private newBytes = 0;
  /** How far the log was read and found sound. */
  private place: LogPlace = { entryNo: 0, chain: CHAIN_START };
  private acceptedAtMs: number | null = null;
  /** Blobs that entries read now point at. */
  private readonly needed = new Set<string>();

  constructor(wish: BackupWish, folder: BackupFolder, reader: LogReader) {
    this.wish = wish;
    this.folder = folder;
    this.reader = reader;
  }

  async make(): Promise<BackupMade> {
    const { dataDir, keys, program, clock, headNo } = this.wish;
    const listed = await listManifests(this.folder.dir);
    const before = listed.findLast(({ wrong }) => wrong === undefined)?.manifest;
    await holdFor(this.reader.dir, this.folder.dir, before?.lastEntry ?? 0);
    if (before !== undefined) await this.requireSameLog(before);
    else await requireNext(this.reader, 0);
    const segments = await this.copyLog(before);
    const spool = await this.copySpool(before);
    const files = await this.copyFiles();
    const manifest: Manifest = {
      tollgridBackup: BACKUP_VERSION,
      name: manifestName(sequenceOf(listed.at(-1)?.name ?? '0') + 1, clock.now()),
      madeAt: new Date(clock.now()).toISOString(),
      program,
      epoch: await readEpoch(dataDir),
      firstEntry: segments[0]?.firstEntry ?? 1,
      lastEntry: headNo,
      chain: Buffer.from(this.place.chain).toString('hex'),
      lastAcceptedAt: this.acceptedAtMs === null ? null : new Date(this.acceptedAtMs).toISOString(),
      segments,
      spool,
      files,
      leftOut: keys ? [] : await secretFiles(dataDir),
    };
    await writeManifest(this.folder.dir, manifest);
    await this.noteIt(manifest);
    const unheld = await holdFor(this.reader.dir, this.folder.dir, headNo);
    const all = [...segments.flatMap(({ pieces }) => pieces), ...spool, ...files];
    return {
      manifest,
      parts: all.length,
      bytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      newParts: this.newParts,
      newBytes: this.newBytes,
      unreadable: listed.flatMap(({ wrong }) => wrong ?? []),
      unheld,
    };
  }

  /** For status and metrics. That it cannot be noted makes the backup no worse. */
  private async noteIt({ name, madeAt, lastEntry }: Manifest): Promise<void> {
    const note = { name, to: path.resolve(this.wish.to), madeAt, lastEntry };
    await writeFileDurably(path.join(this.wish.dataDir, LAST_BACKUP), JSON.stringify(note)).catch(() => undefined);
  }

  /** The log must go on from where the backup before ended. Error: COPY_DIVERGED. */
  private async requireSameLog(before: Manifest): Promise<void> {
    const { lastEntry, chain, lastAcceptedAt } = before;
    const diverged = (why: string): TollgridError =>
      new TollgridError('COPY_DIVERGED', `The backup ${before.name} in ${this.folder.dir} is of another log: ${why}.`, {
        backup: before.name,
      });
    if (lastEntry > this.wish.headNo)
      throw diverged(`it ends with entry ${lastEntry}, this one with ${this.wish.headNo}`);
    await requireNext(this.reader, lastEntry);
    if (lastEntry === 0) return;
    if (lastEntry >= (await this.reader.firstNo())) {
      const found = await this.reader.entry(lastEntry);
      if (Buffer.from(found.chain).toString('hex') !== chain) throw diverged(`they differ up to entry ${lastEntry}`);
    }
    this.place = { entryNo: lastEntry, chain: Buffer.from(chain, 'hex') };
    this.acceptedAtMs = lastAcceptedAt === null ? null : Date.parse(lastAcceptedAt);
  }

  /** Segments that the log does not have any more stay in the backup: it always begins with entry 1. */
  private async copyLog(before: Manifest | undefined): Promise<BackedSegment[]> {
    const { headNo } = this.wish;
    const all = (await listSegments(this.reader.dir)).filter(({ firstNo }) => firstNo <= headNo);
    const segments = (before?.segments ?? []).filter(({ firstEntry }) => firstEntry < (all[0]?.firstNo ?? Infinity));
    for (const segment of segments) {
      if ((await this.stillThere(segment)).length > 0) continue;
      const what = `entries ${segment.firstEntry} to ${segment.lastEntry}: parts are missing, and the log has them no more`;
      throw new TollgridError('BACKUP_DAMAGED', what, { problems: [what] });
    }
    for (const [index, { firstNo }] of all.entries()) {
      const lastEntry = Math.min(headNo, (all[index + 1]?.firstNo ?? Infinity) - 1);
      const known = before?.segments.find(({ firstEntry }) => firstEntry === firstNo);
      const pieces = known === undefined || known.pieces.length >= PIECES_MAX ? [] : await this.stillThere(known);
      const copiedTo = pieces.length > 0 ? known!.lastEntry : firstNo - 1;
      if (copiedTo < lastEntry) pieces.push(await this.add(this.runs(copiedTo, lastEntry)));
      segments.push({ firstEntry: firstNo, lastEntry, pieces });
    }
    return segments;
  }

  /** A segment's pieces; none when one is missing. */
  private async stillThere({ pieces }: BackedSegment): Promise<Blob[]> {
    for (const piece of pieces) if (!(await this.folder.has(piece))) return [];
    return [...pieces];
  }

  /** Checked on the way: a damaged log is not backed up as a sound one. */
  private async *runs(afterNo: number, upTo: number): AsyncGenerator<Uint8Array> {
    let place = this.place;
    if (place.entryNo !== afterNo) {
      const chain = afterNo === 0 ? CHAIN_START : (await this.reader.entry(afterNo)).chain;
      place = { entryNo: afterNo, chain: Uint8Array.from(chain) };
    }
    for await (const run of readRuns(this.reader, afterNo, upTo)) {
      const { entries, acceptedAtMs, ...end } = checkRun(run.bytes, place);
      place = end;
      for (const entry of entries) for (const blob of blobsOf(entry)) this.needed.add(blob);
      if (end.entryNo > this.place.entryNo) {
        this.place = end;
        this.acceptedAtMs = acceptedAtMs;
      }
      yield run.bytes;
    }
  }

  /** What entries point at, and no file more: one that is being received has no entry yet. */
  private async copySpool(before: Manifest | undefined): Promise<Blob[]> {
    const spool = await Spool.open(path.join(this.wish.dataDir, 'spool'), { owner: false });
    const blobs: Blob[] = [];
    try {
      for (const blob of before?.spool ?? []) {
        blobs.push((await this.folder.has(blob)) ? blob : await this.addBlob(spool, blob.sha256));
        this.needed.delete(blob.sha256);
      }
      for (const sha256 of this.needed) blobs.push(await this.addBlob(spool, sha256));
      return blobs;
    } finally {
      await spool.close();
    }
  }

  /** Errors: SPOOL_BLOB_MISSING, SPOOL_DAMAGED. */
  private async addBlob(spool: Spool, sha256: string): Promise<Blob> {
    const there = { sha256, sizeBytes: (await spool.sizeOf(sha256)) ?? -1 };
    if (await this.folder.has(there)) return there;
    const blob = await this.add(readBlob(spool, sha256));
    if (blob.sha256 === sha256) return blob;
    throw new TollgridError('SPOOL_DAMAGED', `${spool.path(sha256)} is not what its name says`, { sha256 });
  }

  private async copyFiles(): Promise<SideFile[]> {
    const { dataDir, keys } = this.wish;
    const files: SideFile[] = [];
    for (const file of await sideFiles(dataDir, { secrets: keys })) {
      const bytes = await readFile(path.join(dataDir, file.path));
      files.push({ path: file.path, ...((await this.folder.has(file)) ? only(file) : await this.add(single(bytes))) });
    }
    return files;
  }

  private async add(content: AsyncIterable<Uint8Array>): Promise<Blob> {
    const part = await this.folder.parts.add(content);
    this.newParts += 1;
    this.newBytes += part.sizeBytes;
    return part;
  }
}

function only({ sha256, sizeBytes }: Blob): Blob {
  return { sha256, sizeBytes };
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
