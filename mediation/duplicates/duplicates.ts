/**
 * Decides what a record's identity means: new, seen before, or the same identity with other content.
 * Exact over the window (months of event time). The state of one shard is touched by one thread, in log order.
 */
import { DuplicateTable, roomIn, slotsWithin } from './duplicate-table.ts';
import { IDENTITY_WORDS, monthOf, qualityOf, shardOfTag, TABLE_COUNT } from './older-identities.ts';
import type { KeptIdentity, OlderIdentities } from './older-identities.ts';

/** Shards of stage B. A shard lives on one thread; threads and partitions own whole shards. */
export const SHARD_COUNT = 1024;

/** Values that the month in a tag may have. */
const MONTH_TAGS = 0x1_0000;
/** A month with a smaller part than that of what has to go stays in memory, as long as others are enough. */
const SMALL_MONTH_SHARE = 50;

/** What a sight of an identity means. */
export const Sight = {
  first: 0,
  /** The same identity with the same content (or the same occurrence in another file). */
  duplicate: 1,
  /** The same identity with other content, and the format says that must not happen. */
  conflict: 2,
  /** The same identity with other content of at least the same quality: it replaces the earlier one. */
  revision: 3,
  /** The same identity with other content of lower quality: the earlier one stays. */
  superseded: 4,
} as const;
export type SightNo = (typeof Sight)[keyof typeof Sight];

export function shardOf(identityWord0: number): number {
  return identityWord0 & (SHARD_COUNT - 1);
}

/** Months since 1970 plus one, so that 0 can mean an empty slot. Events before 1970 share the first tag. */
export function monthTag(utcMs: number): number {
  const date = new Date(utcMs);
  return Math.min(0xffff, Math.max(1, (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth() + 1));
}

/** Month tag with the last month remembered: neighbours nearly always share it. */
export class MonthTagger {
  private fromMs = 1;
  private toMs = 0;
  private tag = 0;

  of(utcMs: number): number {
    if (utcMs >= this.fromMs && utcMs < this.toMs) return this.tag;
    const date = new Date(utcMs);
    this.fromMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    this.toMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    this.tag = monthTag(utcMs);
    return this.tag;
  }
}

export class Duplicates {
  /**
   * Few enough that what finds them stays in the processor's cache, many enough that the one that grows is small beside
   * the rest. A shard's identities are all in one of them.
   */
  private readonly tables = Array.from({ length: TABLE_COUNT }, () => new DuplicateTable());
  private readonly older: OlderIdentities | null;
  private readonly tagger = new MonthTagger();
  /** Open files: how often an identity that was met before has been seen in this file. */
  private readonly occurrences = new Map<number, Map<string, number>>();
  /** First month inside the window. It never goes back: what was let go of cannot be known again. */
  private oldestTag = 1;
  /** First month that is not too old for the entry in hand. */
  private oldestTaken = 1;

  constructor(older: OlderIdentities | null = null) {
    this.older = older;
  }

  get size(): number {
    return this.tables.reduce((sum, table) => sum + table.size, 0);
  }

  get bytes(): number {
    return this.tables.reduce((sum, table) => sum + table.bytes, 0);
  }

  /**
   * The window ends at the time the entry in hand was accepted: a pin, so that a replay sees the same window. A clock
   * set back, or a wider window by policy, brings nothing back that was outside of it. `again`: records of an earlier
   * entry are tried again, which were in time then.
   */
  setWindow(acceptedAtMs: number, windowMonths: number, again = false): void {
    const oldest = Math.max(1, monthTag(acceptedAtMs) - windowMonths);
    if (!again && oldest > this.oldestTag) this.startWindowAt(oldest);
    this.oldestTaken = again ? Math.min(oldest, this.oldestTag) : this.oldestTag;
  }

  get windowStart(): number {
    return this.oldestTag;
  }

  /** First month (tag) inside the window, as a checkpoint remembers it. */
  startWindowAt(oldestTag: number): void {
    if (oldestTag <= this.oldestTag) return;
    this.oldestTag = oldestTag;
    this.older?.expire(oldestTag);
  }

  /**
   * Before so many records come: moves identities out of memory, the oldest months first, when there would be no room
   * for them. Half of the room is free then, so this happens seldom. What is asked about later does not depend on it.
   */
  makeRoom(coming: number, memoryBytesMax: number): void {
    const { older } = this;
    if (older === null) return;
    const slots = (): number => slotsWithin(memoryBytesMax - older.memoryBytes, TABLE_COUNT);
    const room = roomIn(slots(), TABLE_COUNT);
    if (this.size + coming <= room) return;
    const counts = new Uint32Array(MONTH_TAGS);
    for (const table of this.tables) table.countMonths(counts);
    const months = monthsToMove(counts, this.oldestTag, this.size - Math.floor(room / 2));
    const rows = new Uint32Array(Math.max(...this.tables.map(({ size }) => size)) * IDENTITY_WORDS);
    for (const month of months) {
      if (month < this.oldestTag) continue;
      const rowsOf = (table: number): Uint32Array => rows.subarray(0, this.tables[table].copyMonth(month, rows));
      older.keep(month, counts[month], rowsOf);
    }
    // What finds those on disk has grown.
    const slotsMax = slots();
    for (const table of this.tables) table.forget(months, slotsMax);
  }

  /**
   * Reads where the identities of some records would stand, and forgets what it read. The tables are larger than any
   * cache: reads that do not wait for each other overlap, where `see` would wait for each in turn.
   */
  touch(identity: Uint32Array, from: number, to: number): void {
    let read = 0;
    for (let i = from; i < to; i++) {
      const at = i * 4;
      read ^= this.tables[identity[at] & (TABLE_COUNT - 1)].touch(identity[at + 1], identity[at + 2]);
    }
    if (this.older !== null) read ^= this.older.touch(identity, from, to);
    this.touched = read;
  }

  /** Keeps the reads of `touch` from being optimised away. */
  protected touched = 0;

  /** A usage that started before the window: whether it was seen before cannot be told any more. */
  isTooOld(startMs: number): boolean {
    return this.tagger.of(startMs) < this.oldestTaken;
  }

  /** An identity that is taken although it is outside of the window (tried again, or suspended) is known from now on. */
  private monthFor(startMs: number): number {
    return Math.max(this.tagger.of(startMs), this.oldestTag);
  }

  /**
   * Formats with a unique key: content decides between duplicate, conflict and revision. `shard` owns the state of the
   * record: a dumped identity must come back to the thread that will be asked about it.
   */
  see(
    identity: Uint32Array,
    record: number,
    content: number,
    startMs: number,
    quality: number,
    secondSight: 'conflict' | 'revision' | 'counter',
    shard: number,
  ): SightNo {
    const at = record * 4;
    const table = this.tables[identity[at] & (TABLE_COUNT - 1)];
    const k1 = identity[at + 1];
    const k2 = identity[at + 2];
    const k3 = identity[at + 3];
    const slot = table.find(k1, k2, k3, this.oldestTag);
    if (slot < 0) {
      const kept = this.findOlder(identity[at], k1, k2, k3, startMs);
      if (kept !== null) return this.seeOlder(kept, table, identity, at, content, startMs, quality, secondSight, shard);
      table.insert(shard, k1, k2, k3, content, this.monthFor(startMs), quality, this.oldestTag);
      return Sight.first;
    }
    if (table.aux(slot) === content) return Sight.duplicate;
    if (secondSight !== 'revision') return this.conflict(table, shard, identity, at, content, startMs);
    if (quality < table.quality(slot)) return Sight.superseded;
    table.replace(slot, content, quality);
    return Sight.revision;
  }

  /** Whether an identity of that time is remembered. */
  knows(identity: Uint32Array, startMs: number): boolean {
    const [word0, k1, k2, k3] = identity;
    if (this.tables[word0 & (TABLE_COUNT - 1)].find(k1, k2, k3, this.oldestTag) >= 0) return true;
    return this.findOlder(word0, k1, k2, k3, startMs) !== null;
  }

  private findOlder(word0: number, k1: number, k2: number, k3: number, startMs: number): KeptIdentity | null {
    const { older } = this;
    if (older === null || older.empty) return null;
    return older.find(word0 & (TABLE_COUNT - 1), k1, k2, k3, this.monthFor(startMs));
  }

  /** The same decisions as `see` takes, on an identity that is kept outside of memory. */
  private seeOlder(
    kept: KeptIdentity,
    table: DuplicateTable,
    identity: Uint32Array,
    at: number,
    content: number,
    startMs: number,
    quality: number,
    secondSight: 'conflict' | 'revision' | 'counter',
    shard: number,
  ): SightNo {
    const { aux, tag } = kept;
    if (aux === content) return Sight.duplicate;
    if (secondSight !== 'revision') return this.conflict(table, shard, identity, at, content, startMs);
    if (quality < qualityOf(tag)) return Sight.superseded;
    // In memory it is found before what is kept; it stays in the month of the first sight, as a replaced one does.
    const [k1, k2, k3] = [identity[at + 1], identity[at + 2], identity[at + 3]];
    table.insert(shardOfTag(tag), k1, k2, k3, content, monthOf(tag), quality, this.oldestTag);
    return Sight.revision;
  }

  /** A conflicting record waits in suspense; the very same one again is a duplicate of it. */
  private conflict(
    table: DuplicateTable,
    shard: number,
    identity: Uint32Array,
    at: number,
    content: number,
    startMs: number,
  ): SightNo {
    const [k1, k2, k3] = [identity[at + 1], identity[at + 2], identity[at + 3]];
    const word = (k3 ^ Math.imul(content | 1, 0x85ebca6b)) >>> 0;
    if (table.find(k1, k2, word, this.oldestTag) >= 0) return Sight.duplicate;
    if (this.findOlder(identity[at], k1, k2, word, startMs) !== null) return Sight.duplicate;
    table.insert(shard, k1, k2, word, content, this.monthFor(startMs), 0, this.oldestTag);
    return Sight.conflict;
  }

  /**
   * A record comes back from suspense. It took its identity when it was first seen; if a revision has taken the
   * identity's place since then, the record is superseded.
   */
  seeAgain(
    identity: Uint32Array,
    record: number,
    content: number,
    startMs: number,
    quality: number,
    secondSight: 'conflict' | 'revision' | 'counter',
    shard: number,
  ): SightNo {
    const at = record * 4;
    const table = this.tables[identity[at] & (TABLE_COUNT - 1)];
    const [k1, k2, k3] = [identity[at + 1], identity[at + 2], identity[at + 3]];
    const slot = table.find(k1, k2, k3, this.oldestTag);
    const standing = slot >= 0 ? table.aux(slot) : this.findOlder(identity[at], k1, k2, k3, startMs)?.aux;
    if (standing === undefined)
      table.insert(shard, k1, k2, k3, content, this.monthFor(startMs), quality, this.oldestTag);
    else if (standing !== content) return Sight.superseded;
    // It may be the better version of something that stands: then that has to go.
    return secondSight === 'revision' ? Sight.revision : Sight.first;
  }

  /**
   * Formats without a unique key: the digest covers all bytes, so equal lines of one file are occurrences 0, 1, 2...
   * and the same line of another file is the occurrence it is there. For occurrence n > 0 the identity's words are
   * changed in place, so that each occurrence has an identity of its own.
   */
  seeOccurrence(identity: Uint32Array, record: number, fileNo: number, startMs: number): SightNo {
    const at = record * 4;
    const shard = shardOf(identity[at]);
    const table = this.tables[identity[at] & (TABLE_COUNT - 1)];
    const k1 = identity[at + 1];
    const k2 = identity[at + 2];
    const k3 = identity[at + 3];
    const tag = this.monthFor(startMs);
    const slot = table.find(k1, k2, k3, this.oldestTag);
    const firstFile = slot >= 0 ? table.aux(slot) : this.findOlder(identity[at], k1, k2, k3, startMs)?.aux;
    if (firstFile === undefined) {
      table.insert(shard, k1, k2, k3, fileNo, tag, 0, this.oldestTag);
      return Sight.first;
    }
    let inFile = this.occurrences.get(fileNo);
    if (inFile === undefined) this.occurrences.set(fileNo, (inFile = new Map<string, number>()));
    const key = `${identity[at]}.${k1}.${k2}.${k3}`;
    const occurrence = inFile.get(key) ?? (firstFile === fileNo ? 1 : 0);
    inFile.set(key, occurrence + 1);
    if (occurrence === 0) return Sight.duplicate;
    // Word 0 chose the shard and stays; an odd multiplier keeps occurrences apart.
    const word = (k3 ^ Math.imul(occurrence, 0x9e3779b1)) >>> 0;
    identity[at + 3] = word;
    if (table.find(k1, k2, word, this.oldestTag) >= 0) return Sight.duplicate;
    if (this.findOlder(identity[at], k1, k2, word, startMs) !== null) return Sight.duplicate;
    table.insert(shard, k1, k2, word, fileNo, tag, 0, this.oldestTag);
    return Sight.first;
  }

  /** A closed file has been read to its end: its occurrence counts are not needed any more. */
  endFile(fileNo: number): void {
    this.occurrences.delete(fileNo);
  }

  dumpOccurrences(): [number, [string, number][]][] {
    return [...this.occurrences].map(([fileNo, counts]) => [fileNo, [...counts]]);
  }

  loadOccurrences(dump: [number, [string, number][]][]): void {
    for (const [fileNo, counts] of dump) {
      const inFile = this.occurrences.get(fileNo) ?? new Map<string, number>();
      for (const [key, count] of counts) inFile.set(key, count);
      this.occurrences.set(fileNo, inFile);
    }
  }

  /** Tables that hold something, for a checkpoint. */
  *dump(): Generator<{ table: number; slots: Uint32Array }> {
    for (const [number, table] of this.tables.entries())
      if (table.size > 0) yield { table: number, slots: table.dump() };
  }

  /** Takes in a dumped table, as far as its shards are owned here. */
  load(table: number, slots: Uint32Array, owns: (shard: number) => boolean): void {
    this.tables[table].load(slots, owns);
  }
}

/** Months to move so that at least `wanted` identities go: whole months, after the expired ones the oldest first. */
function monthsToMove(counts: Uint32Array, oldestTag: number, wanted: number): Set<number> {
  const months = [...counts.keys()].filter((month) => month > 0 && counts[month] > 0);
  const chosen = new Set(months.filter((month) => month < oldestTag));
  let left = [...chosen].reduce((sum, month) => sum - counts[month], wanted);
  // Stragglers wait for company: a file for each handful of them would be asked about for ever after.
  for (const few of [wanted / SMALL_MONTH_SHARE, 0]) {
    for (const month of months) {
      if (left <= 0 || chosen.has(month) || counts[month] < few) continue;
      chosen.add(month);
      left -= counts[month];
    }
  }
  return chosen;
}
