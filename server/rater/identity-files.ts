/**
 * Identities that left memory: files of one month each, written once, in a folder of the rater that is emptied at its
 * start. A checkpoint holds links to them. Files of a month that are not much larger than what comes are written again
 * with it, so a month has few.
 */
import fs from 'node:fs';
import path from 'node:path';
import {
  IDENTITY_WORDS,
  shardOfTag,
  TABLE_COUNT,
  type KeptIdentity,
  type OlderIdentities,
} from '../../mediation/duplicates/index.ts';
import { IdentityFile, writeIdentityFile, type RowSource } from './identity-file.ts';
import type { Ownership } from './stage-b.ts';

export const IDENTITY_FILE_SUFFIX = '.ids';
/** A file so many times larger than what comes is not written again for it. */
const MERGE_FACTOR = 2;
/** Filters take at most that part of the memory for identities. */
const FILTER_SHARE = 0.5;

export class IdentityFiles implements OlderIdentities {
  private readonly folder: string;
  private readonly owner: Ownership;
  private readonly filterBytesMax: number;
  /** The latest month first, of a month the newest. */
  private files: IdentityFile[] = [];
  private sequence = 0;
  private readonly row = new Uint32Array(IDENTITY_WORDS);
  private readonly found: KeptIdentity = { aux: 0, tag: 0 };

  /** The folder is there, and nobody else writes to it but the other threads. */
  constructor(folder: string, owner: Ownership, memoryBytesMax: number) {
    this.folder = folder;
    this.owner = owner;
    this.filterBytesMax = memoryBytesMax * FILTER_SHARE;
  }

  get memoryBytes(): number {
    return this.files.reduce((sum, file) => sum + file.memoryBytes, 0);
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

  /** Files whose filter had no room in memory: each question to them reads rows. */
  get withoutFilter(): number {
    return this.files.filter(({ filter }) => filter === null).length;
  }

  find(table: number, k1: number, k2: number, k3: number): KeptIdentity | null {
    const { files, row, found } = this;
    for (let i = 0; i < files.length; i++) {
      const file = files[i];
      if (file.filter !== null && !file.filter.mayHave(k1, k2, k3)) continue;
      if (!file.find(table, k1, k2, k3, row)) continue;
      [found.aux, found.tag] = [row[3], row[4]];
      return found;
    }
    return null;
  }

  keep(month: number, count: number, rowsOf: (table: number) => Uint32Array): void {
    const merged: IdentityFile[] = [];
    let rows = count;
    for (const file of this.files.filter(({ facts }) => facts.month === month)) {
      if (file.rows > MERGE_FACTOR * rows) break;
      merged.push(file);
      rows += file.rows;
    }
    this.rewrite(
      { month, rows, sources: [rowsOf, ...merged.map((one) => (table: number) => one.table(table))] },
      merged,
    );
  }

  /** A new file in the place of some. */
  private rewrite(content: { month: number; rows: number; sources: RowSource[] }, replaced: IdentityFile[]): void {
    const name = this.nextName();
    const file = writeIdentityFile({
      path: path.join(this.folder, name),
      facts: { month: content.month, sequence: this.sequence, ...this.owner },
      rowsAtMost: content.rows,
      sources: content.sources,
      keeps: (tag) => this.owns(tag),
      filterBytesMax: this.filterRoom(replaced),
    });
    this.remove(replaced);
    this.files = inOrder([...this.files, file]);
  }

  expire(oldestTag: number): void {
    const expired = this.files.filter(({ facts }) => facts.month < oldestTag);
    this.remove(expired);
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
      const target = path.join(this.folder, this.nextName());
      link(source, target);
      const file = IdentityFile.open(target, this.filterRoom([]));
      this.sequence = Math.max(this.sequence, file.facts.sequence);
      this.files = inOrder([...this.files, file]);
      const { thread, threads } = file.facts;
      if (threads === this.owner.threads && thread !== this.owner.thread) this.remove([file]);
    }
    // Of a file of other threads a part is owned: that is written anew, the oldest file first, so that their order stays.
    const foreign = this.files.filter(({ facts }) => facts.threads !== this.owner.threads);
    for (const file of foreign.sort((a, b) => a.facts.sequence - b.facts.sequence)) {
      const { month } = file.facts;
      this.rewrite({ month, rows: file.rows, sources: [(table) => file.table(table)] }, [file]);
    }
  }

  /** Reads every row. Error: IDENTITIES_DAMAGED. */
  check(): void {
    for (const file of this.files) for (let table = 0; table < TABLE_COUNT; table++) file.table(table);
  }

  close(): void {
    for (const file of this.files) file.close();
    this.files = [];
  }

  private owns(tag: number): boolean {
    return shardOfTag(tag) % this.owner.threads === this.owner.thread;
  }

  private filterRoom(without: readonly IdentityFile[]): number {
    const taken = this.files
      .filter((file) => !without.includes(file))
      .reduce((sum, { filter }) => sum + (filter?.words.byteLength ?? 0), 0);
    return Math.max(0, this.filterBytesMax - taken);
  }

  private nextName(): string {
    this.sequence++;
    return `identities-${this.owner.thread}-${this.sequence}${IDENTITY_FILE_SUFFIX}`;
  }

  private remove(files: readonly IdentityFile[]): void {
    this.files = this.files.filter((file) => !files.includes(file));
    for (const file of files) {
      file.close();
      fs.rmSync(file.path, { force: true });
    }
  }
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
