/**
 * Files that are complete when they appear. Known by name, size and time, and looked at again and again: neither
 * notifications nor inodes, because network file systems keep neither promise.
 */
import { createHash } from 'node:crypto';
import { Completeness, isMarker } from './complete.ts';
import { listFiles, Unreadable, type ListedFile } from './folder.ts';
import { Patience } from './patience.ts';
import { matches } from './pattern.ts';
import type { FileIntake, FileSource, KnownFile } from './port.ts';
import { putAway } from './put-away.ts';
import { Quarantine, type RefusedFile } from './quarantine.ts';
import { FileChanged, unchanged } from './unchanged.ts';

interface SeenFile {
  file: ListedFile;
  modifiedMs: number;
  /** The same as long as nobody wrote to it. */
  seen: string;
  known: KnownFile | undefined;
}

export class ClosedFiles {
  private readonly source: FileSource;
  private readonly intake: FileIntake;
  private readonly completeness: Completeness;
  private readonly patience: Patience;
  readonly quarantine: Quarantine;
  /** Refused since the start, by reason. */
  readonly refused: Record<string, number> = { 'too large': 0, held: 0 };
  /** Files that lie there and are in the log not yet, by the last look or the one that goes on. */
  untaken = 0;
  /** Taken, and not moved away yet. */
  private readonly settled = new Set<string>();

  constructor(source: FileSource, intake: FileIntake, patience = new Patience(source.directory)) {
    this.source = source;
    this.intake = intake;
    this.patience = patience;
    this.completeness = new Completeness(source, source.pollMs);
    this.quarantine = new Quarantine(source.quarantine);
  }

  /**
   * Takes in what is complete; returns how many files are still waiting for a second look. `steadyMs`: of a clock that
   * nobody sets. Error: SOURCE_UNREADABLE, when the others are through.
   */
  async poll(steadyMs: number): Promise<number> {
    const unreadable = new Unreadable();
    let waiting = 0;
    this.completeness.begin(steadyMs);
    await this.patience.of(() => this.quarantine.look());
    const listed = await this.patience.of((alive) => listFiles(this.source.directory, unreadable, alive));
    const names = new Set(listed.map(({ name }) => name));
    const found = listed
      .filter(({ name }) => matches(this.source.pattern, name) && !isMarker(this.source, name))
      .map((file) => this.seenNow(file));
    this.untaken = found.reduce((count, { known }) => count + (known === undefined ? 1 : 0), 0);
    for (const { file, modifiedMs, seen, known } of found) {
      const hasMarker = names.has(file.name + this.source.markerSuffix);
      const isComplete = known !== undefined || this.completeness.isComplete(file.name, seen, hasMarker);
      if (!isComplete) {
        waiting++;
        continue;
      }
      if (this.quarantine.has(file.name, seen)) {
        if (known === undefined) this.untaken--;
        continue;
      }
      const wasChanged = await unreadable.pass(() => this.takeUnchanged(file, modifiedMs, seen, known));
      if (wasChanged === true) waiting++;
      else if (wasChanged === false && known === undefined) this.untaken--;
    }
    this.completeness.end();
    this.quarantine.keepOnly(names);
    unreadable.raise();
    return waiting;
  }

  private seenNow(file: ListedFile): SeenFile {
    const { name, stat } = file;
    const modifiedMs = Math.trunc(stat.mtimeMs);
    const known = this.intake.knownClosed(this.source.name, name, stat.size, modifiedMs);
    return { file, modifiedMs, seen: `${stat.size}@${modifiedMs}`, known };
  }

  /** True: it is written to, and nothing of it was taken. */
  private async takeUnchanged(...[file, ...rest]: Parameters<ClosedFiles['take']>): Promise<boolean> {
    try {
      await this.take(file, ...rest);
      return false;
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error;
      this.completeness.forget(file.name);
      return true;
    }
  }

  private async take(file: ListedFile, modifiedMs: number, seen: string, known: KnownFile | undefined): Promise<void> {
    const { name, stat } = file;
    const { fileBytesMax, archive, quarantine } = this.source;
    if (known === undefined) {
      if (stat.size > fileBytesMax) {
        this.refused['too large']++;
        const detail = `it has ${stat.size} bytes, ${fileBytesMax} are allowed`;
        return this.refuse(file, { name, code: 'FILE_TOO_LARGE', detail }, seen);
      }
      const admitted = await this.admit(file, modifiedMs);
      if (admitted.held !== null) this.refused.held++;
      return this.done(file, seen, admitted);
    }
    if (known.held === null ? archive === undefined : quarantine === undefined) return;
    // It was taken and not moved, by a stop in between: it leaves the folder only when it is that very content.
    const isSame = this.settled.has(identityOf(file)) || (await this.sha256Of(file)) === known.sha256;
    const taken = isSame ? known : await this.admit(file, modifiedMs);
    return this.done(file, seen, taken);
  }

  private admit(file: ListedFile, modifiedMs: number): Promise<KnownFile> {
    return this.intake.admitClosed(this.source, file.name, unchanged(file, this.patience), modifiedMs);
  }

  private async sha256Of(file: ListedFile): Promise<string> {
    const digest = createHash('sha256');
    for await (const chunk of unchanged(file, this.patience)) digest.update(chunk);
    return digest.digest('hex');
  }

  /** It is durable in the log. */
  private async done(file: ListedFile, seen: string, { held }: KnownFile): Promise<void> {
    const { archive, quarantine } = this.source;
    const { name } = file;
    const key = identityOf(file);
    this.settled.add(key);
    if (held !== null) {
      if (quarantine !== undefined) await this.refuse(file, { name, ...held }, seen);
    } else if (archive !== undefined && (await putAway(file, archive, name))) {
      await this.takeMarkerAlong(file, archive);
    }
    this.settled.delete(key);
  }

  private async refuse(file: ListedFile, refused: RefusedFile, seen: string): Promise<void> {
    const isAway = await this.quarantine.add(file, refused, seen);
    if (isAway) await this.takeMarkerAlong(file, this.source.quarantine!);
  }

  private async takeMarkerAlong({ name, filePath }: ListedFile, folder: string): Promise<void> {
    const { complete, markerSuffix } = this.source;
    if (complete !== 'marker') return;
    const marker = { filePath: filePath + markerSuffix, stat: undefined };
    await putAway(marker, folder, name + markerSuffix).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** While this process lives: an inode is given away again, and the time of its last change tells that. */
function identityOf({ name, stat }: ListedFile): string {
  return `${stat.ino}@${stat.ctimeMs} ${stat.size}@${stat.mtimeMs} ${name}`;
}
