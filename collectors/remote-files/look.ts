/**
 * One look at a folder on another machine: what is there, what is complete, what is new. New files are copied here, go
 * to the log, and only then does anything happen to them at the sender. One after the other: what is new first, then what
 * could not be read before, then what was taken and still stands there.
 */
import { createHash } from 'node:crypto';
import { TollgridError } from '../../platform/errors.ts';
import { readAhead } from '../../platform/log/index.ts';
import { Completeness, isMarker, type CompletionRule } from '../files/complete.ts';
import { matches } from '../files/pattern.ts';
import type { ClosedFileIntake, KnownFile } from '../files/port.ts';
import type { Surroundings } from '../port.ts';
import { Complaints } from './complaints.ts';
import type { Incoming } from './incoming.ts';
import { isPlainName, remotePath } from './names.ts';
import { FileTrouble, type RemoteEntry, type RemoteFile, type RemoteOptions, type RemoteSession } from './port.ts';
import { Turns } from './turns.ts';

/** New files of one look that are remembered; those behind them have their turn later. */
const FRESH_MAX = 20_000;
/** So often something is tried at one look that does not go: what a sender refuses once, it refuses mostly for all. */
const FAILURES_MAX = 20;

export interface RemoteSource extends RemoteOptions, CompletionRule {
  name: string;
  format: string;
  pattern: string;
}

type Timed = RemoteFile & { modifiedMs: number };

interface Candidate extends Timed {
  known: KnownFile | undefined;
}

interface Listing {
  /** Never tried. */
  fresh: Candidate[];
  /** Not taken yet, with those that are not held here. */
  unknown: number;
  /** Names that end like a marker. */
  markers: Set<string>;
}

export interface LookResult {
  /** Not taken yet: fresh, or more than one look takes. */
  waiting: number;
  taken: number;
  /** What went wrong with single files, or with their number; null: nothing. */
  trouble: TollgridError | null;
}

export class RemoteLook {
  private readonly source: RemoteSource;
  private readonly intake: ClosedFileIntake;
  private readonly incoming: Incoming;
  private readonly surroundings: Surroundings;
  private readonly completeness: Completeness;
  /** Files whose content is known to be in the log since this object exists: nothing but moving them away is left. */
  private settled = new Set<string>();
  /** Files that could not be read to their end, though they were complete. */
  private troubled = new Set<string>();
  private readonly again: Turns<Candidate>;
  /** Taken, and still at the sender. */
  private readonly left: Turns<Candidate>;
  private failedCleanUps = 0;
  /** What was counted as refused, so that it is counted once while it lies there. */
  private counted = new Map<string, string>();
  readonly refused: Record<string, number> = { 'too large': 0, name: 0, link: 0, held: 0 };
  private readonly complaints: Complaints;

  constructor(source: RemoteSource, intake: ClosedFileIntake, incoming: Incoming, surroundings: Surroundings) {
    this.source = source;
    this.intake = intake;
    this.incoming = incoming;
    this.surroundings = surroundings;
    this.completeness = new Completeness(source, source.everySeconds * 1000);
    this.complaints = new Complaints((code, message) => surroundings.warn(code, message));
    this.again = new Turns(source.filesPerLook);
    this.left = new Turns(source.filesPerLook);
  }

  /**
   * `steadyMs`: of a clock that nobody sets. Errors: of the connection, and what the intake refuses (INTAKE_DISK_LOW,
   * STOPPING...).
   */
  async look(session: RemoteSession, steadyMs: number): Promise<LookResult> {
    this.complaints.begin();
    this.completeness.begin(steadyMs);
    const { fresh, unknown, markers } = await this.list(session);
    const ripe = fresh.filter((file) => this.isRipe(file, markers));
    this.completeness.end();
    let taken = 0;
    let standing = this.left.count;
    const takeNew = async (file: Candidate): Promise<boolean> => {
      if (!(await this.pass(file, () => this.take(session, file)))) return false;
      taken++;
      if (!(await this.clearAway(session, file, markers))) standing++;
      return true;
    };
    this.failedCleanUps = 0;
    for (const file of ripe.slice(0, this.source.filesPerLook)) await takeNew(file);
    let failures = 0;
    for (const file of this.again.take()) {
      if (this.hasMarker(file, markers) && !(await takeNew(file)) && ++failures >= FAILURES_MAX) break;
    }
    this.failedCleanUps = 0;
    for (const file of this.left.take()) {
      if (await this.letGo(session, file, markers)) standing--;
      if (this.failedCleanUps >= FAILURES_MAX) break;
    }
    if (standing === 0 || this.source.taken === 'leave') this.complaints.over('SOURCE_CLEANUP_FAILED', '');
    this.complaints.end();
    return { waiting: unknown - taken, taken, trouble: this.complaints.trouble };
  }

  /** A known file, as far as it is known. True: it is gone from there. */
  private async letGo(session: RemoteSession, file: Candidate, markers: ReadonlySet<string>): Promise<boolean> {
    const isRead = this.settled.has(keyOf(file)) || (await this.pass(file, () => this.take(session, file)));
    if (!isRead) this.failedCleanUps++;
    return isRead && this.clearAway(session, file, markers);
  }

  /** Trouble with one file does not keep its neighbours from being taken: one that breaks the connection has its turn behind them. */
  private async pass(file: Timed, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const breaks = error instanceof TollgridError && error.code === 'SOURCE_TRANSFER_BROKEN';
      if (breaks || error instanceof FileTrouble) this.troubled.add(keyOf(file));
      if (!(error instanceof FileTrouble)) throw error;
      this.complaints.add('SOURCE_UNREADABLE', `${JSON.stringify(file.name)}: ${error.message}`);
      return false;
    }
  }

  private async list(session: RemoteSession): Promise<Listing> {
    const listing: Listing = { fresh: [], unknown: 0, markers: new Set() };
    const parts = await this.incoming.parts();
    const there = { settled: new Set<string>(), troubled: new Set<string>() };
    this.again.begin();
    this.left.begin();
    let names = 0;
    let whole = true;
    reading: for await (const portion of session.list(this.source.directory)) {
      for (const entry of portion) {
        if (++names > this.source.namesMax) {
          whole = false;
          break reading;
        }
        if (isPlainName(entry.name) && isMarker(this.source, entry.name)) listing.markers.add(entry.name);
        else if (!this.isWanted(entry)) continue;
        else if (entry.modifiedMs === null && listing.fresh.length >= FRESH_MAX) whole = false;
        else {
          const file = await this.candidate(session, entry);
          if (file === null) continue;
          const key = keyOf(file);
          for (const which of ['settled', 'troubled'] as const) if (this[which].has(key)) there[which].add(key);
          if (parts.size > 0) parts.delete(this.incoming.pathOf(file));
          if (file.known === undefined) listing.unknown++;
          if (file.known !== undefined) this.left.add(file);
          else if (this.troubled.has(key)) this.again.add(file);
          else if (listing.fresh.length < FRESH_MAX) listing.fresh.push(file);
        }
      }
    }
    if (names <= this.source.namesMax) this.complaints.over('SOURCE_LISTING_TOO_LONG', '');
    else {
      const message = `more than ${this.source.namesMax} names stand in the folder; the others are not seen`;
      this.complaints.add('SOURCE_LISTING_TOO_LONG', message, '');
    }
    // What is not there any more needs no memory.
    if (whole) for (const part of parts) await this.incoming.remove(part);
    for (const which of ['settled', 'troubled'] as const)
      if (whole || this[which].size > this.source.namesMax) this[which] = there[which];
    listing.fresh.sort((a, b) => (a.name < b.name ? -1 : 1));
    return listing;
  }

  private isWanted(entry: RemoteEntry): boolean {
    if (entry.kind === 'other' || !matches(this.source.pattern, entry.name)) return false;
    if (entry.kind === 'link') this.refuse(entry, 'link');
    else if (!isPlainName(entry.name)) this.refuse(entry, 'name');
    else if (entry.sizeBytes > this.source.fileBytesMax) {
      this.refuse(entry, 'too large');
      const message = `${JSON.stringify(entry.name)} has ${entry.sizeBytes} bytes, ${this.source.fileBytesMax} are allowed`;
      this.complaints.add('FILE_TOO_LARGE', message, `${entry.modifiedMs} ${message}`);
    } else return true;
    return false;
  }

  /** Null: nothing is left to do with it, or it vanished. */
  private async candidate(session: RemoteSession, entry: RemoteEntry): Promise<Candidate | null> {
    const { name } = entry;
    const modifiedMs = entry.modifiedMs ?? (await this.timeOf(session, name));
    if (modifiedMs === null) return null;
    const known = this.intake.knownClosed(this.source.name, name, entry.sizeBytes, modifiedMs);
    if (known !== undefined && this.source.taken === 'leave') return null;
    return { name, sizeBytes: entry.sizeBytes, modifiedMs, known };
  }

  /** Null: it vanished, or the server keeps to itself what every listing should tell. */
  private async timeOf(session: RemoteSession, name: string): Promise<number | null> {
    try {
      const stat = await session.stat(this.pathOf(name));
      if (stat !== null) return stat.modifiedMs;
      this.complaints.add(
        'SOURCE_UNREADABLE',
        `${JSON.stringify(name)}: the server tells neither its size nor its time`,
      );
    } catch (error) {
      if (!(error instanceof FileTrouble)) throw error;
      this.complaints.add('SOURCE_UNREADABLE', `${JSON.stringify(name)}: ${error.message}`);
    }
    return null;
  }

  private isRipe(file: Candidate, markers: ReadonlySet<string>): boolean {
    return this.completeness.isComplete(file.name, keyOf(file), markers.has(file.name + this.source.markerSuffix));
  }

  /** Or needs none. */
  private hasMarker({ name }: Candidate, markers: ReadonlySet<string>): boolean {
    return this.source.complete !== 'marker' || markers.has(name + this.source.markerSuffix);
  }

  /** Copies the file here; it is in the log when this resolves. */
  private async take(session: RemoteSession, file: Candidate): Promise<void> {
    const local = this.incoming.pathOf(file);
    await this.transfer(session, file, local);
    // Something of this name, size and time was taken before a restart: it is let go only when it is that very content.
    const isSame = file.known !== undefined && file.known.sha256 === (await sha256Of(local));
    if (!isSame) {
      const { held } = await this.intake.admitClosed(this.source, file.name, local, file.modifiedMs);
      if (held !== null) {
        this.refused.held++;
        this.complaints.add(held.code, `${JSON.stringify(file.name)} is held: ${held.detail}`, keyOf(file));
      }
    }
    this.settled.add(keyOf(file));
    await this.incoming.remove(local);
  }

  private async transfer(session: RemoteSession, file: Timed, local: string): Promise<void> {
    const path = this.pathOf(file.name);
    let have = await this.incoming.sizeOf(local);
    if (have > file.sizeBytes) {
      await this.incoming.remove(local);
      have = 0;
    }
    if (have < file.sizeBytes || file.sizeBytes === 0) {
      const limited = noMoreThan(session.read(path, have), file.sizeBytes - have);
      await this.incoming.append(local, this.intake.whileRoom(limited));
      have = await this.incoming.sizeOf(local);
    }
    // Written to again, although it looked complete: what came may be of two files. Gone: it had been read to its end.
    const now = await session.stat(path);
    const changed = now !== null && (now.sizeBytes !== file.sizeBytes || now.modifiedMs !== file.modifiedMs);
    if (have === file.sizeBytes && !changed) return;
    await this.incoming.remove(local);
    throw new FileTrouble('it changed while it was copied; it is taken when it looks complete again');
  }

  /** False: it stands there and is to be tried again. */
  private async clearAway(session: RemoteSession, file: Timed, markers: ReadonlySet<string>): Promise<boolean> {
    const { taken, movedTo, markerSuffix } = this.source;
    if (taken === 'leave') return true;
    if (this.failedCleanUps >= FAILURES_MAX) return false;
    try {
      // Taking it may have waited long for the ledger: what bears its name by now was not read.
      const now = await session.stat(this.pathOf(file.name));
      if (now !== null && (now.sizeBytes !== file.sizeBytes || now.modifiedMs !== file.modifiedMs)) return true;
      const marker = file.name + markerSuffix;
      // The marker first: left alone it would call the next file of that name complete.
      const names = markers.has(marker) ? [marker, file.name] : [file.name];
      for (const name of names) {
        const path = this.pathOf(name);
        if (taken === 'delete') await session.remove(path);
        else await session.move(path, await this.freePath(session, movedTo!, name, file.modifiedMs));
      }
      this.settled.delete(keyOf(file));
      return true;
    } catch (error) {
      if (!(error instanceof FileTrouble)) throw error;
      this.failedCleanUps++;
      const what = taken === 'move' ? 'moved' : 'removed';
      const message = `${JSON.stringify(file.name)} was taken and cannot be ${what} at the sender: ${error.message}`;
      const count = Math.max(1, this.left.count);
      this.complaints.add(
        'SOURCE_CLEANUP_FAILED',
        count === 1 ? message : `${message} (${count} taken files stand there)`,
        '',
      );
      return false;
    }
  }

  /** An earlier file of that name is not overwritten. */
  private async freePath(session: RemoteSession, folder: string, name: string, modifiedMs: number): Promise<string> {
    const path = remotePath(folder, name);
    return (await session.stat(path)) === null ? path : `${path}.${modifiedMs}-${this.surroundings.now()}`;
  }

  private pathOf(name: string): string {
    return remotePath(this.source.directory, name);
  }

  private refuse({ name, sizeBytes, modifiedMs }: RemoteEntry, reason: string): void {
    const key = `${sizeBytes}@${modifiedMs}`;
    if (this.counted.get(name) === key) return;
    // What somebody leaves there without end must not fill the memory; the count is told a few times more then.
    if (this.counted.size >= FRESH_MAX) this.counted.clear();
    this.counted.set(name, key);
    this.refused[reason]++;
  }
}

function keyOf({ name, sizeBytes, modifiedMs }: Timed): string {
  return `${sizeBytes}@${modifiedMs} ${name}`;
}

/**
 * Cuts off what was added behind the size that was listed, which is noticed afterwards. A transfer of the right length is
 * read to its end all the same: FTP confirms it there.
 */
async function* noMoreThan(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  if (left === 0) return;
  for await (const chunk of chunks) {
    if (left > 0) yield chunk.length <= left ? chunk : chunk.subarray(0, left);
    left -= chunk.length;
    if (left < 0) return;
  }
}

async function sha256Of(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of readAhead(file)) digest.update(chunk);
  return digest.digest('hex');
}
