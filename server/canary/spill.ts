/**
 * Usage that is settled later, put by in files: those of one cluster in one file, so that one file at a time is in memory
 * whatever the size of the whole.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { AddressedUsage } from '../rater/index.ts';
import type { Side } from './sums.ts';

const BUFFERED_CHARACTERS_MAX = 64 * 1024;

export interface SpilledUsage {
  side: Side;
  cluster: number;
  subscription: number;
  party: string;
  /** yyyymm. */
  period: number;
  usage: AddressedUsage;
}

export class Spill {
  private readonly folder: string;
  private readonly parts: string[][];
  private readonly sizes: number[];

  constructor(folder: string, buckets: number) {
    this.folder = folder;
    fs.mkdirSync(folder, { recursive: true });
    this.parts = Array.from({ length: buckets }, () => []);
    this.sizes = new Array<number>(buckets).fill(0);
  }

  get buckets(): number {
    return this.parts.length;
  }

  add(spilled: SpilledUsage): void {
    const bucket = spilled.cluster % this.buckets;
    const line = JSON.stringify(spilled);
    this.parts[bucket].push(line);
    this.sizes[bucket] += line.length;
    if (this.sizes[bucket] >= BUFFERED_CHARACTERS_MAX) this.flush(bucket);
  }

  private flush(bucket: number): void {
    if (this.parts[bucket].length === 0) return;
    fs.appendFileSync(this.fileOf(bucket), `${this.parts[bucket].join('\n')}\n`);
    this.parts[bucket] = [];
    this.sizes[bucket] = 0;
  }

  /** By cluster. */
  take(bucket: number): Map<number, SpilledUsage[]> {
    this.flush(bucket);
    const clusters = new Map<number, SpilledUsage[]>();
    const file = this.fileOf(bucket);
    if (!fs.existsSync(file)) return clusters;
    for (const line of linesOf(file)) {
      const spilled = JSON.parse(line) as SpilledUsage;
      const list = clusters.get(spilled.cluster);
      if (list === undefined) clusters.set(spilled.cluster, [spilled]);
      else list.push(spilled);
    }
    fs.rmSync(file);
    return clusters;
  }

  private fileOf(bucket: number): string {
    return path.join(this.folder, `usage-${bucket}`);
  }
}

/** Piece by piece: a file can be longer than a text may be. */
function* linesOf(file: string): Generator<string> {
  const opened = fs.openSync(file, 'r');
  try {
    const piece = Buffer.alloc(1024 * 1024);
    let rest = Buffer.alloc(0);
    for (;;) {
      const count = fs.readSync(opened, piece);
      if (count === 0) return;
      const bytes = Buffer.concat([rest, piece.subarray(0, count)]);
      const end = bytes.lastIndexOf(10);
      if (end !== -1) yield* bytes.toString('utf8', 0, end).split('\n');
      rest = bytes.subarray(end + 1);
    }
  } finally {
    fs.closeSync(opened);
  }
}
