/**
 * A disk with a volatile cache. What was written is seen at once and is durable only when its file was synced; a name
 * only when its folder was. At a power cut whatever is not durable may be there or not, in parts, in any order.
 */
import type { Random } from '../random.ts';

const SECTOR_BYTES = 512;

type Change = { at: number; bytes: Buffer } | { size: number };

export class Inode {
  readonly ino: number;
  readonly isFolder: boolean;
  /** As processes see it, with room behind `size`. */
  private room: Buffer = Buffer.alloc(0);
  size = 0;
  private durable: Buffer = Buffer.alloc(0);
  private pending: Change[] = [];
  mtimeMs = 0;

  constructor(ino: number, isFolder: boolean) {
    this.ino = ino;
    this.isFolder = isFolder;
  }

  get bytes(): Buffer {
    return this.room.subarray(0, this.size);
  }

  write(bytes: Uint8Array, at: number): void {
    const copy = Buffer.from(bytes);
    this.pending.push({ at, bytes: copy });
    if (at + copy.length > this.room.length) {
      const room = Buffer.alloc(Math.max(at + copy.length, 2 * this.room.length));
      room.set(this.bytes);
      this.room = room;
    }
    this.room.set(copy, at);
    this.size = Math.max(this.size, at + copy.length);
  }

  truncate(size: number): void {
    this.pending.push({ size });
    if (size > this.room.length) this.room = Buffer.concat([this.bytes, Buffer.alloc(size - this.size)]);
    this.room.fill(0, Math.min(size, this.size));
    this.size = size;
  }

  /** Only what is dirty is written: what a failed sync lost stays lost, though everybody reads it from the cache. */
  sync(): void {
    for (const change of this.pending) this.durable = changed(this.durable, change);
    this.pending = [];
  }

  /** A sync that failed: the cache calls the pages clean, and some of them never reached the disk. */
  failSync(random: Random): void {
    for (const change of this.pending) if (random.chance(0.5)) this.durable = changed(this.durable, change);
    this.pending = [];
  }

  /** What was not durable survives as `share` and chance have it; a write in whole sectors. */
  cut(random: Random, share: number): void {
    for (const change of this.pending) {
      if (random.chance(share)) this.durable = changed(this.durable, change);
      else if ('bytes' in change && random.chance(share)) this.durable = changed(this.durable, torn(change, random));
    }
    this.pending = [];
    this.room = Buffer.from(this.durable);
    this.size = this.room.length;
  }

  /** Rots one bit, in the cache and on the disk. */
  flip(at: number, bit: number): void {
    this.room[at]! ^= 1 << bit;
    if (at < this.durable.length) this.durable[at]! ^= 1 << bit;
  }
}

function changed(bytes: Buffer, change: Change): Buffer {
  if ('size' in change) {
    return change.size <= bytes.length
      ? Buffer.from(bytes.subarray(0, change.size))
      : Buffer.concat([bytes, Buffer.alloc(change.size - bytes.length)]);
  }
  const result = Buffer.alloc(Math.max(bytes.length, change.at + change.bytes.length));
  result.set(bytes);
  result.set(change.bytes, change.at);
  return result;
}

/** A run of the sectors of a write. */
function torn({ at, bytes }: { at: number; bytes: Buffer }, random: Random): Change {
  const sectors = Math.ceil((at + bytes.length) / SECTOR_BYTES) - Math.floor(at / SECTOR_BYTES);
  const edge = (sector: number): number =>
    Math.min(bytes.length, Math.max(0, (Math.floor(at / SECTOR_BYTES) + sector) * SECTOR_BYTES - at));
  const from = edge(random.below(sectors));
  const to = Math.max(from, edge(random.below(sectors + 1)));
  return { at: at + from, bytes: bytes.subarray(from, to) };
}

interface NameChange {
  paths: string[];
  apply(names: Map<string, Inode>): void;
}

export class SimDisk {
  readonly root: string;
  /** A folder that is there from the beginning. */
  readonly home: string;
  /** 0 = no limit. */
  capacityBytes = 0;
  private names = new Map<string, Inode>();
  private durableNames = new Map<string, Inode>();
  private pendingNames: NameChange[] = [];
  private inodes = 0;

  constructor(root: string) {
    this.root = root;
    const top = new Inode(++this.inodes, true);
    this.names.set(root, top);
    this.durableNames.set(root, top);
    this.home = `${root}/data`;
    this.add(this.home, true);
    this.syncFolder(root);
  }

  find(path: string): Inode | undefined {
    return this.names.get(path);
  }

  children(folder: string): string[] {
    const prefix = `${folder}/`;
    return [...this.names.keys()]
      .filter((name) => name.startsWith(prefix) && !name.includes('/', prefix.length))
      .map((name) => name.slice(prefix.length))
      .sort();
  }

  get files(): string[] {
    return [...this.names].filter(([, { isFolder }]) => !isFolder).map(([name]) => name);
  }

  get usedBytes(): number {
    return [...new Set(this.names.values())].reduce((sum, { size }) => sum + size, 0);
  }

  add(path: string, isFolder: boolean): Inode {
    const inode = new Inode(++this.inodes, isFolder);
    this.change([path], (names) => names.set(path, inode));
    return inode;
  }

  link(from: string, to: string): void {
    const inode = this.names.get(from)!;
    this.change([from, to], (names) => names.set(to, inode));
  }

  rename(from: string, to: string): void {
    const inode = this.names.get(from)!;
    const inside = inode.isFolder ? [...this.names.keys()].filter((name) => name.startsWith(`${from}/`)) : [];
    this.change([from, to, ...inside], (names) => {
      names.delete(from);
      names.set(to, inode);
      for (const name of inside) {
        const child = names.get(name);
        if (child === undefined) continue;
        names.delete(name);
        names.set(to + name.slice(from.length), child);
      }
    });
  }

  remove(path: string): void {
    this.change([path], (names) => names.delete(path));
  }

  private change(paths: string[], apply: NameChange['apply']): void {
    apply(this.names);
    this.pendingNames.push({ paths, apply });
  }

  /** Makes durable what happened in that folder, and what that rests on. */
  syncFolder(folder: string): void {
    const wanted = new Set<string>();
    const kept: NameChange[] = [];
    const commit: NameChange[] = [];
    for (const change of [...this.pendingNames].reverse()) {
      const inside = change.paths.some((path) => path.slice(0, path.lastIndexOf('/')) === folder || wanted.has(path));
      (inside ? commit : kept).push(change);
      if (inside) for (const path of change.paths) wanted.add(path);
    }
    for (const { apply } of commit.reverse()) apply(this.durableNames);
    this.pendingNames = kept.reverse();
  }

  /** The power fails. `share`: how much of what was not durable survives. */
  cut(random: Random, share: number): void {
    const lost = new Set<string>();
    for (const { paths, apply } of this.pendingNames) {
      if (!paths.some((path) => lost.has(path)) && random.chance(share)) apply(this.durableNames);
      else for (const path of paths) lost.add(path);
    }
    this.pendingNames = [];
    for (const path of this.durableNames.keys()) if (!this.reachable(path)) this.durableNames.delete(path);
    for (const inode of new Set([...this.names.values(), ...this.durableNames.values()])) inode.cut(random, share);
    this.names = new Map(this.durableNames);
  }

  private reachable(path: string): boolean {
    if (path === this.root) return true;
    const parent = path.slice(0, path.lastIndexOf('/'));
    return this.durableNames.get(parent)?.isFolder === true && this.reachable(parent);
  }
}
