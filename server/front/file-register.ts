/**
 * All files ever received, by the number of their entry. Those that something may still happen to, and the latest ones,
 * are objects; the others lie compressed in blocks, so that a million of them take about 100 MB and not 1 GB.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { jsonLines, parseLines } from '../../platform/section-file.ts';
import type { FileFacts } from './log-state.ts';

/** Settled files that stay objects, at least; and files of one block. */
const LIVE_MIN = 2048;
const BLOCK_FILES = 256;
/** Blocks that stay inflated after they were looked into. */
const INFLATED_MAX = 4;

interface Block {
  /** First and last file in it. */
  from: number;
  to: number;
  count: number;
  bytes: Buffer;
}

type BlockHead = Omit<Block, 'bytes'> & { length: number };

export class FileRegister {
  /** In the order of their entries. */
  private readonly live = new Map<number, FileFacts>();
  /** Ascending, and not overlapping: a file that settles after its neighbours were packed stays an object. */
  private readonly blocks: Block[] = [];
  private readonly inflated = new Map<Block, Map<number, FileFacts>>();
  /** Live files that could be packed. */
  private settled = 0;

  get size(): number {
    return this.live.size + this.blocks.reduce((sum, { count }) => sum + count, 0);
  }

  /** To be read. */
  get(fileEntry: number): FileFacts | undefined {
    return this.live.get(fileEntry) ?? this.packed(fileEntry);
  }

  add(file: FileFacts): void {
    this.live.set(file.fileEntry, file);
    if (isSettled(file)) this.noteSettled(file);
  }

  /** Changes a file, unless it is not known or nothing can happen to it any more. */
  edit(fileEntry: number, change: (file: FileFacts) => void): FileFacts | null {
    const file = this.live.get(fileEntry);
    if (file === undefined) return null;
    const before = isSettled(file);
    change(file);
    if (!before && isSettled(file)) this.noteSettled(file);
    return file;
  }

  /** The last one first. */
  *newestFirst(): Generator<FileFacts> {
    const live = [...this.live.keys()].sort((a, b) => b - a);
    let next = 0;
    for (const block of this.blocks.toReversed()) {
      for (const file of [...this.open(block).values()].reverse()) {
        while (next < live.length && live[next] > file.fileEntry) yield this.live.get(live[next++])!;
        yield file;
      }
    }
    while (next < live.length) yield this.live.get(live[next++])!;
  }

  /** All files to which something may still happen, and some others. */
  liveFiles(): Iterable<FileFacts> {
    return this.live.values();
  }

  private noteSettled({ fileEntry }: FileFacts): void {
    if (fileEntry < this.packedTo || ++this.settled < LIVE_MIN + BLOCK_FILES) return;
    const taken: FileFacts[] = [];
    for (const file of this.live.values()) {
      if (file.fileEntry < this.packedTo || !isSettled(file)) continue;
      taken.push(file);
      if (taken.length === BLOCK_FILES) break;
    }
    this.settled -= taken.length;
    for (const file of taken) this.live.delete(file.fileEntry);
    const bytes = deflateRawSync(Buffer.concat(jsonLines(taken)));
    this.blocks.push({ from: taken[0].fileEntry, to: taken.at(-1)!.fileEntry, count: taken.length, bytes });
  }

  private get packedTo(): number {
    return this.blocks.at(-1)?.to ?? 0;
  }

  private packed(fileEntry: number): FileFacts | undefined {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.blocks[middle].to < fileEntry) low = middle + 1;
      else high = middle;
    }
    const block = this.blocks[low];
    return block === undefined || block.from > fileEntry ? undefined : this.open(block).get(fileEntry);
  }

  private open(block: Block): Map<number, FileFacts> {
    let files = this.inflated.get(block);
    if (files === undefined) {
      const list = parseLines<FileFacts>(inflateRawSync(block.bytes));
      files = new Map([...list].map((file) => [file.fileEntry, file]));
    }
    this.inflated.delete(block);
    this.inflated.set(block, files);
    if (this.inflated.size > INFLATED_MAX) this.inflated.delete(this.inflated.keys().next().value!);
    return files;
  }

  dump(): Record<'live' | 'blocks' | 'heads', Uint8Array[]> {
    const heads = this.blocks.map(({ from, to, count, bytes }): BlockHead => ({
      from,
      to,
      count,
      length: bytes.length,
    }));
    return {
      live: jsonLines(this.live.values()),
      blocks: this.blocks.map(({ bytes }) => bytes),
      heads: jsonLines(heads),
    };
  }

  load(_bytes: Buffer, { live, blocks, heads }: Record<string, Buffer>): void {
    let at = 0;
    for (const { length, ...head } of parseLines<BlockHead>(heads)) {
      // A copy: the file that it came in may be let go.
      this.blocks.push({ ...head, bytes: Buffer.from(blocks.subarray(at, at + length)) });
      at += length;
    }
    for (const file of parseLines<FileFacts>(live)) this.add(file);
  }
}

/** Growing files are looked at again and again; held ones wait for a decision, others for their last slice. */
function isSettled({ head, state, complete }: FileFacts): boolean {
  if (head.mode === 'growing' || state === 'held') return false;
  return state !== 'admitted' || complete;
}
