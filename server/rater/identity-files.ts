/**
 * Identities that left memory: files of one month each, written once, in a folder that is made for a run of the rater. A
 * checkpoint holds links to them. Files of a month that are not much larger than what comes are written again with it,
 * so a month has few. One filter over all files spares nearly every new identity a look into them.
 */
import fs from 'node:fs';
import path from 'node:path';
import {
  IDENTITY_WORDS,
  IdentityFilter,
  shardOfTag,
  TABLE_COUNT,
  type KeptIdentity,
  type OlderIdentities,
} from '../../mediation/duplicates/index.ts';
import { IdentityFile } from './identity-file.ts';
import { writeIdentityFile, type RowSource } from './identity-file-writer.ts';
import type { Ownership } from './stage-b.ts';

export const IDENTITY_FILE_SUFFIX = '.ids';
/** A file so many times larger than what comes is not written again for it. */
const MERGE_FACTOR = 2;
/** The filter takes at most that part of the memory for identities. */
const FILTER_SHARE = 0.5;
/** A filter is made for more than there is, or it would be made anew each time. */
const FILTER_GROWTH = 1.5;
const FILTER_IDENTITIES_MIN = 1_000_000;

export class IdentityFiles implements OlderIdentities {
  private readonly folder: string;
  private readonly owner: Ownership;
  private readonly filterBytesMax: number;
  /** The latest month first, of a month the newest. */
  private files: IdentityFile[] = [];
  empty = true;
  private sequence = 0;
  /** Null when there are no files. */
  private filter: IdentityFilter | null = null;
  /** Identities that may still be added before a larger filter is made. */
  private filterRoom = 0;
  private readonly row = new Uint32Array(IDENTITY_WORDS);
  private readonly found: KeptIdentity = { aux: 0, tag: 0 };

  /** The folder is there, and nobody writes to it but the other threads of the same rater. */
  constructor(folder: string, owner: Ownership, memoryBytesMax: number) {
    this.folder = folder;
    this.owner = owner;
    this.filterBytesMax = memoryBytesMax * FILTER_SHARE;
  }

  get memoryBytes(): number {
    return this.files.reduce((sum, file) => sum + file.memoryBytes, this.filter?.bytes ?? 0);
  }

  get diskBytes(): number {
    return this.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  }

  get count(): number {
    return this.files.reduce((sum, file) => sum + file.rows, 0);
  }

  get fileCount(): number {
    return this.files.length;
  }

  /** With less than about 10 bits for each identity many new ones cost a look into the files. */
  get filterBits(): number {
    return (this.filter?.bytes ?? 0) * 8;
  }

  touch(identity: Uint32Array, from: number, to: number): number {
    const { filter } = this;
    let read = 0;
    if (filter !== null)
      for (let i = from; i < to; i++) read ^= filter.touch(identity[4 * i] & (TABLE_COUNT - 1), identity[4 * i + 1]);
    return read;
  }

  find(table: number, k1: number, k2: number, k3: number, month: number): KeptIdentity | null {
    if (this.filter === null || !this.filter.mayHave(table, k1, k2, k3)) return null;
    const { files, row, found } = this;
    // Nearly always a second sight is of the month of the first.
    for (const likely of [true, false]) {
      for (const file of files) {
        if ((file.facts.month === month) !== likely || !file.find(table, k1, k2, k3, row)) continue;
        [found.aux, found.tag] = [row[3], row[4]];
        return found;
      }
    }
    return null;
  }

  keep(month: number, count: number, rowsOf: RowSource): void {
    const merged: IdentityFile[] = [];
    let rows = count;
    for (const file of this.files.filter(({ facts }) => facts.month === month)) {
      if (file.rows > MERGE_FACTOR * rows) break;
      merged.push(file);
      rows += file.rows;
    }
    const full = this.filterRoom < count;
    this.write(month, rows, [rowsOf, ...merged.map((file) => rowsFrom(file))], merged, full ? null : this.filter);
    if (full) this.makeFilter();
    else this.filterRoom -= count;
  }

  /** A file in the place of others. */
  private write(
    month: number,
    rowsAtMost: number,
    sources: RowSource[],
    replaced: readonly IdentityFile[],
    filter: IdentityFilter | null,
  ): void {
    const file = writeIdentityFile({
      path: this.nextPath(),
      facts: { month, sequence: this.sequence, thread: this.owner.thread, threads: this.owner.threads },
      rowsAtMost,
      sources,
      keeps: (tag) => shardOfTag(tag) % this.owner.threads === this.owner.thread,
      filter,
    });
    this.remove(replaced);
    this.files = inOrder([...this.files, file]);
    this.empty = false;
  }

  /** Reads all rows. Error: IDENTITIES_DAMAGED. */
  private makeFilter(): void {
    const room = Math.max(FILTER_IDENTITIES_MIN, Math.floor(this.count * FILTER_GROWTH));
    this.filter = null;
    const filter = new IdentityFilter(room, this.filterBytesMax);
    this.eachTable((table, rows) => filter.addRows(table, rows));
    this.filter = filter;
    this.filterRoom = room - this.count;
  }

  expire(oldestTag: number): void {
    this.remove(this.files.filter(({ facts }) => facts.month < oldestTag));
    this.empty = this.files.length === 0;
    if (this.empty) [this.filter, this.filterRoom] = [null, 0];
  }

  /** Gives a checkpoint its files, synced. */
  dump(folder: string): void {
    for (const file of this.files) {
      file.sync();
      link(file.path, path.join(folder, path.basename(file.path)));
    }
  }

  /** Takes in the files of a checkpoint, as far as this thread owns their shards. Error: IDENTITIES_DAMAGED. */
  load(sources: readonly string[]): void {
    for (const source of sources) {
      const target = this.nextPath();
      link(source, target);
      const file = IdentityFile.open(target);
      this.sequence = Math.max(this.sequence, file.facts.sequence);
      this.files = inOrder([...this.files, file]);
      const { thread, threads } = file.facts;
      if (threads === this.owner.threads && thread !== this.owner.thread) this.remove([file]);
    }
    // Of a file of other threads a part is owned: that is written anew, the oldest file first, so that their order stays.
    const foreign = this.files.filter(({ facts }) => facts.threads !== this.owner.threads);
    for (const file of foreign.sort((a, b) => a.facts.sequence - b.facts.sequence)) {
      this.write(file.facts.month, file.rows, [rowsFrom(file)], [file], null);
    }
    this.empty = this.files.length === 0;
    if (!this.empty) this.makeFilter();
  }

  /** Reads every row. Error: IDENTITIES_DAMAGED. */
  check(): void {
    this.eachTable(() => undefined);
  }

  private eachTable(work: (table: number, rows: Uint32Array) => void): void {
    const room = new Uint32Array(Math.max(0, ...this.files.map((file) => file.tableWordsMost)));
    for (const file of this.files) {
      for (let table = 0; table < TABLE_COUNT; table++) work(table, file.table(table, room));
    }
  }

  close(): void {
    for (const file of this.files) file.close();
    this.files = [];
    this.filter = null;
  }

  private nextPath(): string {
    this.sequence++;
    return path.join(this.folder, `identities-${this.owner.thread}-${this.sequence}${IDENTITY_FILE_SUFFIX}`);
  }

  private remove(files: readonly IdentityFile[]): void {
    this.files = this.files.filter((file) => !files.includes(file));
    for (const file of files) {
      file.close();
      fs.rmSync(file.path, { force: true });
    }
  }
}

function rowsFrom(file: IdentityFile): RowSource {
  return (table) => file.table(table);
}

function inOrder(files: IdentityFile[]): IdentityFile[] {
  return files.sort((a, b) => b.facts.month - a.facts.month || b.facts.sequence - a.facts.sequence);
}

/** A second name; a copy where the file system has none. */
function link(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error;
    fs.copyFileSync(from, to);
    const copy = fs.openSync(to, 'r+');
    fs.fsyncSync(copy);
    fs.closeSync(copy);
  }
}
