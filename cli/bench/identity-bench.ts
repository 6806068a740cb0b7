/** The store of identities as one rating thread has it, filled month by month as usage arrives. */
import fs from 'node:fs';
import path from 'node:path';
import { Duplicates, SHARD_COUNT, Sight } from '../../mediation/duplicates/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { IdentityFiles } from '../../server/index.ts';

export interface BenchOptions {
  home: string;
  identities: number;
  months: number;
  memoryBytesMax: number;
}

export interface Lookup {
  name: string;
  /** Median of the rounds, for one record. */
  cpuNanoseconds: number;
  bestNanoseconds: number;
}

interface Fill {
  cpuNanoseconds: number;
  /** Part of it: moving identities out of memory. */
  evictionNanoseconds: number;
  longestPauseMs: number;
  memoryBytesMost: number;
  rssBytesBefore: number;
  rssBytes: number;
  rssBytesPeak: number;
}

interface Restart {
  dumpMs: number;
  dumpBytes: number;
  linkedBytes: number;
  loadMs: number;
}

interface Store {
  inMemory: number;
  onDisk: number;
  files: number;
  memoryBytes: number;
  diskBytes: number;
}

export interface Result {
  fill: Fill;
  store: Store;
  lookups: Lookup[];
  restart: Restart;
}

/** Records of a slice. */
const SLICE = 50_000;
/** As the rater brings places near before it looks at them. */
const TOUCH_AHEAD = 64;
const ALONE = { thread: 0, threads: 1 };
const FIRST_MONTH = Date.UTC(2025, 0, 15);

export class IdentityBench {
  private readonly options: BenchOptions;
  private readonly server: typeof import('../../server/index.ts');
  private older: IdentityFiles;
  private tiered: Duplicates;
  private readonly identity = new Uint32Array(4 * SLICE);
  private readonly rssBytesBefore = process.memoryUsage.rss();
  private fillCpuUs = 0;
  private evictionCpuUs = 0;
  private longestPauseMs = 0;
  private memoryBytesMost = 0;
  private filled: Store = { inMemory: 0, onDisk: 0, files: 0, memoryBytes: 0, diskBytes: 0 };
  private filledRssBytes = 0;
  private filledRssBytesPeak = 0;

  static async open(options: BenchOptions): Promise<IdentityBench> {
    return new IdentityBench(options, await import('../../server/index.ts'));
  }

  private constructor(options: BenchOptions, server: typeof import('../../server/index.ts')) {
    this.options = options;
    this.server = server;
    [this.older, this.tiered] = this.empty('work');
  }

  private empty(name: string): [IdentityFiles, Duplicates] {
    const folder = path.join(this.options.home, name);
    fs.mkdirSync(folder);
    const older = new this.server.IdentityFiles(folder, ALONE, this.options.memoryBytesMax);
    return [older, new Duplicates(older)];
  }

  private monthMs(month: number): number {
    return Date.UTC(new Date(FIRST_MONTH).getUTCFullYear(), month, 15);
  }

  /** First number of a month's identities. */
  private firstOf(month: number): number {
    return Math.floor((this.options.identities * month) / this.options.months);
  }

  fill(told: (month: number) => void): void {
    const { months, memoryBytesMax } = this.options;
    for (let month = 0; month < months; month++) {
      told(month + 1);
      this.tiered.setWindow(this.monthMs(month), months);
      for (let from = this.firstOf(month); from < this.firstOf(month + 1); from += SLICE) {
        const count = Math.min(SLICE, this.firstOf(month + 1) - from);
        this.digests(from, count);
        const before = process.cpuUsage();
        const startedMs = performance.now();
        this.tiered.makeRoom(count, memoryBytesMax);
        this.evictionCpuUs += usedUs(before);
        this.longestPauseMs = Math.max(this.longestPauseMs, performance.now() - startedMs);
        this.see(this.tiered, count, month, Sight.first);
        this.fillCpuUs += usedUs(before);
        this.memoryBytesMost = Math.max(this.memoryBytesMost, this.tiered.bytes + this.older.memoryBytes);
      }
    }
    const { tiered, older } = this;
    this.filled = {
      inMemory: tiered.size,
      onDisk: older.count,
      files: older.fileCount,
      memoryBytes: tiered.bytes + older.memoryBytes,
      diskBytes: older.diskBytes,
    };
    this.filledRssBytes = process.memoryUsage.rss();
    // Later there are copies beside it, to measure against.
    this.filledRssBytesPeak = process.resourceUsage().maxRSS * 1024;
  }

  /** Numbers to digests, spread over all words as a hash spreads them. */
  private digests(from: number, count: number): void {
    const { identity } = this;
    for (let i = 0; i < count; i++) {
      for (let word = 0; word < 4; word++) identity[4 * i + word] = mixed(from + i, word);
    }
  }

  private see(duplicates: Duplicates, count: number, month: number, expected: number): void {
    const { identity } = this;
    const startMs = this.monthMs(month);
    for (let i = 0; i < count; i++) {
      if (i % TOUCH_AHEAD === 0) duplicates.touch(identity, i, Math.min(i + TOUCH_AHEAD, count));
      const sight = duplicates.see(identity, i, 1, startMs, 0, 'conflict', identity[4 * i] & (SHARD_COUNT - 1));
      if (sight !== expected) throw new TollgridError('BENCH_DIFFERS', `A sight is ${sight} and not ${expected}.`);
    }
  }

  /** Recent usage with and without a disk behind it, in turns and on the same content; then old usage. */
  lookups(rounds: number): Lookup[] {
    const { months, identities } = this.options;
    const last = months - 1;
    const alone = new Duplicates();
    alone.setWindow(this.monthMs(last), months);
    for (const { table, slots } of this.tiered.dump()) alone.load(table, slots, () => true);
    const recentFrom = this.recentFrom(alone);
    const oldTo = Math.min(this.firstOf(1), this.older.count);
    const cases: { name: string; where: Duplicates; month: number; expected: number; from(round: number): number }[] = [
      ...[
        { name: 'nothing on disk', where: alone },
        { name: 'older months on disk', where: this.tiered },
      ].flatMap(({ name, where }) => [
        {
          name: `recent and new, ${name}`,
          where,
          month: last,
          expected: Sight.first,
          from: (round: number) => 2 * identities + round * SLICE,
        },
        {
          name: `recent and seen before, ${name}`,
          where,
          month: last,
          expected: Sight.duplicate,
          from: (round: number) => spread(recentFrom, identities, round),
        },
      ]),
      {
        name: 'old and seen before: found on disk',
        where: this.tiered,
        month: 0,
        expected: Sight.duplicate,
        from: (round) => spread(0, oldTo, round),
      },
      {
        name: 'old and new',
        where: this.tiered,
        month: 0,
        expected: Sight.first,
        from: (round) => 3 * identities + round * SLICE,
      },
    ];
    const taken = cases.map(() => [] as number[]);
    for (let round = 0; round < rounds; round++) {
      for (const [no, { where, month, expected, from }] of cases.entries()) {
        if (no === 4 && oldTo < SLICE) continue;
        // Right after a move to disk, memory holds less than a slice.
        const count = expected === Sight.duplicate && month === last ? Math.min(SLICE, identities - recentFrom) : SLICE;
        if (count === 0) continue;
        this.digests(from(round), count);
        const before = process.cpuUsage();
        this.see(where, count, month, expected);
        taken[no].push((usedUs(before) * 1000) / count);
      }
    }
    return cases.flatMap(({ name }, no) => {
      const sorted = taken[no].sort((a, b) => a - b);
      if (sorted.length === 0) return [];
      return [{ name, cpuNanoseconds: Math.round(sorted[sorted.length >> 1]), bestNanoseconds: Math.round(sorted[0]) }];
    });
  }

  /** First of the last identities that are all in memory. */
  private recentFrom(alone: Duplicates): number {
    const { identities, months } = this.options;
    let from = identities;
    for (let count = SLICE; count === SLICE && from > 0; from -= count) {
      const start = Math.max(0, from - SLICE);
      this.digests(start, from - start);
      count = 0;
      while (count < from - start && this.isIn(alone, from - start - 1 - count, this.monthMs(months - 1))) count++;
    }
    return from;
  }

  private isIn(duplicates: Duplicates, record: number, startMs: number): boolean {
    return duplicates.knows(this.identity.subarray(4 * record, 4 * record + 4), startMs);
  }

  /** A checkpoint, and a store that is opened from it and knows the same. */
  async restart(): Promise<Restart> {
    const { home, identities, months } = this.options;
    const folder = path.join(home, 'checkpoint');
    fs.mkdirSync(folder);
    const dumpedMs = performance.now();
    this.server.dumpShards(this.server.newState(this.tiered), this.older, folder, 0);
    const dumpMs = performance.now() - dumpedMs;
    const sizes = fs.readdirSync(folder).map((name) => [name, fs.statSync(path.join(folder, name)).size] as const);
    const bytes = (linked: boolean): number =>
      sizes.filter(([name]) => name.endsWith('.ids') === linked).reduce((sum, [, size]) => sum + size, 0);
    const before = this.tiered.size + this.older.count;
    this.older.close();
    [this.older, this.tiered] = this.empty('again');
    const loadedMs = performance.now();
    await this.server.loadShards(this.server.newState(this.tiered), this.older, folder, ALONE);
    const loadMs = performance.now() - loadedMs;
    if (this.tiered.size + this.older.count !== before)
      throw new TollgridError(
        'BENCH_DIFFERS',
        `${before} identities before, ${this.tiered.size + this.older.count} now.`,
      );
    this.tiered.setWindow(this.monthMs(months - 1), months);
    for (let month = 0; month < months; month++) {
      this.digests(this.firstOf(month), Math.min(1000, identities));
      this.see(this.tiered, Math.min(1000, this.firstOf(month + 1) - this.firstOf(month)), month, Sight.duplicate);
    }
    return { dumpMs, dumpBytes: bytes(false), linkedBytes: bytes(true), loadMs };
  }

  result(): { fill: Fill; store: Store } {
    const each = (us: number): number => Math.round((us * 1000) / this.options.identities);
    return {
      fill: {
        cpuNanoseconds: each(this.fillCpuUs),
        evictionNanoseconds: each(this.evictionCpuUs),
        longestPauseMs: Math.round(this.longestPauseMs),
        memoryBytesMost: this.memoryBytesMost,
        rssBytesBefore: this.rssBytesBefore,
        rssBytes: this.filledRssBytes,
        rssBytesPeak: this.filledRssBytesPeak,
      },
      store: this.filled,
    };
  }
}

function usedUs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Slices at places all over a range. */
function spread(from: number, to: number, round: number): number {
  const places = Math.max(1, to - from - SLICE);
  return from + ((round * 7_919_317) % places);
}

/** A word of the digest of a number below 2^53: two rounds of a mixer with full avalanche (Stafford, Mix13 in 32 bits). */
function mixed(no: number, word: number): number {
  let h = (no ^ Math.imul(word + 1, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15) ^ Math.imul(word, 0x85ebca6b), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}
