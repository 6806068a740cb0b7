/**
 * Puts simulated disks into Node's own file functions, for paths below a disk's root; all others are left alone. The
 * program under test is loaded as it is and knows nothing of it.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Inode, SimDisk } from './disk.ts';
import { currentProcess, Killed } from './process.ts';

/** What a planted fault or bug may do at an operation. */
export interface DiskHooks {
  /** Before it takes effect. Throws to fail it; returns false to leave it out and say it was done. */
  before(kind: Operation, file: string, inode: Inode | undefined): boolean;
  /** How much of a write reaches the cache before the process dies; the whole length when it lives. */
  torn(length: number): number;
  /** Where a write at a position goes. */
  place(file: string, at: number, inode: Inode): number;
  /** Turns of the event loop before the answer. */
  delay(): number;
}

export type Operation =
  'open' | 'read' | 'write' | 'sync' | 'syncFolder' | 'truncate' | 'rename' | 'link' | 'remove' | 'mkdir';

interface Mounted {
  disk: SimDisk;
  hooks: DiskHooks;
}

const mounted = new Map<string, Mounted>();
let restore: (() => void) | null = null;

/** Paths below `disk.root` are on that disk from now on. */
export function mount(disk: SimDisk, hooks: DiskHooks): void {
  mounted.set(disk.root, { disk, hooks });
  restore ??= patch();
}

export function unmount(disk: SimDisk): void {
  mounted.delete(disk.root);
  if (mounted.size > 0) return;
  restore?.();
  restore = null;
}

function mountOf(file: unknown): Mounted | null {
  if (typeof file !== 'string') return null;
  for (const [root, mount] of mounted) if (file === root || file.startsWith(`${root}/`)) return mount;
  return null;
}

export function failure(code: string, file: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated, '${file}'`), { code });
}

/** The effect of an operation, between the gates of its process. */
async function operate<T>(mount: Mounted, kind: Operation, file: string, effect: () => T, skipped: T): Promise<T> {
  const process = currentProcess();
  await process?.gate();
  const inode = mount.disk.find(file);
  let result = skipped;
  let error: Error | null = null;
  try {
    if (mount.hooks.before(kind, file, inode)) result = effect();
  } catch (thrown) {
    error = thrown as Error;
  }
  for (let turns = mount.hooks.delay(); turns > 0; turns--) await new Promise(setImmediate);
  await process?.gate();
  if (error !== null) throw error;
  return result;
}

function now<T>(mount: Mounted, kind: Operation, file: string, effect: () => T, skipped: T): T {
  if (currentProcess()?.alive === false) throw new Killed();
  const result = mount.hooks.before(kind, file, mount.disk.find(file)) ? effect() : skipped;
  if (currentProcess()?.alive === false) throw new Killed();
  return result;
}

function existing({ disk }: Mounted, file: string): Inode {
  const inode = disk.find(file);
  if (inode === undefined) throw failure('ENOENT', file);
  return inode;
}

function opened(mount: Mounted, file: string, flags: string): Inode {
  const found = mount.disk.find(file);
  if (flags.includes('x') && found !== undefined) throw failure('EEXIST', file);
  if (flags.startsWith('r') || found !== undefined) {
    const inode = existing(mount, file);
    if (flags.startsWith('w')) inode.truncate(0);
    return inode;
  }
  if (mount.disk.find(path.dirname(file)) === undefined) throw failure('ENOENT', file);
  return mount.disk.add(file, false);
}

/** Writes what fits on the disk; fails when that is nothing. */
function write(mount: Mounted, file: string, inode: Inode, bytes: Uint8Array, at: number): number {
  const { disk, hooks } = mount;
  const growth = Math.max(0, at + bytes.length - inode.size);
  const room = disk.capacityBytes === 0 ? growth : Math.max(0, disk.capacityBytes - disk.usedBytes);
  const length = Math.min(bytes.length, hooks.torn(bytes.length), bytes.length - Math.max(0, growth - room));
  if (length > 0) inode.write(bytes.subarray(0, length), at);
  else if (bytes.length > 0) throw failure('ENOSPC', file);
  return length;
}

function sync(mount: Mounted, file: string, inode: Inode): void {
  if (inode.isFolder) mount.disk.syncFolder(file);
  else inode.sync();
}

function stats(inode: Inode): Partial<fs.Stats> {
  return {
    size: inode.size,
    ino: inode.ino,
    mtimeMs: inode.mtimeMs,
    isDirectory: () => inode.isFolder,
    isFile: () => !inode.isFolder,
  };
}

/** The part of a FileHandle that the program uses. */
function handleOf(mount: Mounted, file: string, inode: Inode, flags: string): object {
  const append = flags.startsWith('a');
  let position = 0;
  const syncNow = (): Promise<void> =>
    operate(mount, inode.isFolder ? 'syncFolder' : 'sync', file, () => sync(mount, file, inode), undefined);
  return {
    sync: syncNow,
    datasync: syncNow,
    stat: async () => stats(inode),
    close: async () => undefined,
    truncate: (size: number) => operate(mount, 'truncate', file, () => inode.truncate(size), undefined),
    write: (bytes: Uint8Array, from = 0, length = bytes.length - from, at: number | null = null) =>
      operate(
        mount,
        'write',
        file,
        () => {
          const where = append ? inode.size : mount.hooks.place(file, at ?? position, inode);
          const bytesWritten = write(mount, file, inode, bytes.subarray(from, from + length), where);
          if (at === null) position = where + bytesWritten;
          return { bytesWritten, buffer: bytes };
        },
        { bytesWritten: length, buffer: bytes },
      ),
    read: (target: Uint8Array, from: number, length: number, at: number) =>
      operate(
        mount,
        'read',
        file,
        () => {
          const piece = inode.bytes.subarray(at, at + length);
          target.set(piece, from);
          return { bytesRead: piece.length, buffer: target };
        },
        { bytesRead: 0, buffer: target },
      ),
  };
}

function removeTree({ disk }: Mounted, file: string, options: fs.RmOptions = {}): void {
  if (disk.find(file) === undefined) {
    if (options.force) return;
    throw failure('ENOENT', file);
  }
  for (const name of disk.children(file)) removeTree({ disk } as Mounted, `${file}/${name}`, options);
  disk.remove(file);
}

type Any = (...args: never[]) => unknown;

/** Takes the place of functions of `target`, for paths on a disk; returns how to undo it. */
function replace(target: object, functions: Record<string, (mount: Mounted, ...args: never[]) => unknown>): () => void {
  const table = target as Record<string, Any>;
  const originals = Object.fromEntries(Object.keys(functions).map((name) => [name, table[name]!]));
  for (const [name, mine] of Object.entries(functions)) {
    const original = originals[name]!;
    table[name] = (...args: never[]) => {
      const mount = mountOf(args[0]);
      return mount === null ? original.apply(target, args) : mine(mount, ...args);
    };
  }
  return () => Object.assign(table, originals);
}

function patch(): () => void {
  const undoPromises = replace(fs.promises, {
    open: (mount, file: string, flags = 'r') =>
      operate(mount, 'open', file, () => handleOf(mount, file, opened(mount, file, flags), flags), {}),
    readFile: (mount, file: string, encoding?: BufferEncoding) =>
      operate(mount, 'read', file, () => content(mount, file, encoding), ''),
    writeFile: (mount, file: string, text: string, options?: { flag?: string }) =>
      operate(
        mount,
        'write',
        file,
        () => void opened(mount, file, options?.flag ?? 'w').write(Buffer.from(text), 0),
        undefined,
      ),
    rename: (mount, from: string, to: string) =>
      operate(mount, 'rename', to, () => (existing(mount, from), mount.disk.rename(from, to)), undefined),
    link: (mount, from: string, to: string) =>
      operate(
        mount,
        'link',
        to,
        () => {
          if (mount.disk.find(to) !== undefined) throw failure('EEXIST', to);
          mount.disk.link(from, to);
        },
        undefined,
      ),
    rm: (mount, file: string, options?: fs.RmOptions) =>
      operate(mount, 'remove', file, () => removeTree(mount, file, options), undefined),
    mkdir: (mount, folder: string) =>
      operate(
        mount,
        'mkdir',
        folder,
        () => {
          if (mount.disk.find(folder) !== undefined) throw failure('EEXIST', folder);
          mount.disk.add(folder, true);
        },
        undefined,
      ),
    readdir: (mount, folder: string) =>
      operate(mount, 'read', folder, () => (existing(mount, folder), mount.disk.children(folder)), []),
    stat: (mount, file: string) => operate(mount, 'read', file, () => stats(existing(mount, file)), {}),
    utimes: (mount, file: string, _: Date, modified: Date) =>
      operate(mount, 'write', file, () => void (existing(mount, file).mtimeMs = modified.getTime()), undefined),
  });
  const undoSync = replace(fs, {
    existsSync: (mount, file: string) => mount.disk.find(file) !== undefined,
    readFileSync: (mount, file: string, encoding?: BufferEncoding) => content(mount, file, encoding),
    readdirSync: (mount, folder: string) => mount.disk.children(folder),
    createReadStream: (mount, file: string) => Readable.from([Buffer.from(existing(mount, file).bytes)]),
    linkSync: (mount, from: string, to: string) =>
      now(mount, 'link', to, () => (existing(mount, from), mount.disk.link(from, to)), undefined),
    rmSync: (mount, file: string, options?: fs.RmOptions) =>
      now(mount, 'remove', file, () => removeTree(mount, file, options), undefined),
    openSync: (mount, file: string, flags = 'r') =>
      now(mount, 'open', file, () => descriptor(mount, file, opened(mount, file, flags)), 0),
  });
  const undoDescriptors = patchDescriptors();
  syncBuiltinESMExports();
  return () => {
    undoPromises();
    undoSync();
    undoDescriptors();
    syncBuiltinESMExports();
  };
}

function content(mount: Mounted, file: string, encoding?: BufferEncoding): Buffer | string {
  const bytes = Buffer.from(existing(mount, file).bytes);
  return encoding === undefined ? bytes : bytes.toString(encoding);
}

const FIRST_DESCRIPTOR = 1_000_000_000;
const descriptors = new Map<number, { mount: Mounted; file: string; inode: Inode; at: number }>();
let lastDescriptor = FIRST_DESCRIPTOR;

function descriptor(mount: Mounted, file: string, inode: Inode): number {
  descriptors.set(++lastDescriptor, { mount, file, inode, at: 0 });
  return lastDescriptor;
}

/** Functions that take a number in the place of a path. */
function patchDescriptors(): () => void {
  type Open = { mount: Mounted; file: string; inode: Inode; at: number };
  const mine: Record<string, (open: Open, ...args: never[]) => unknown> = {
    writeSync: (open, bytes: Uint8Array, from = 0, length = bytes.length - from) => {
      const { mount, file, inode } = open;
      const written = now(
        mount,
        'write',
        file,
        () => write(mount, file, inode, bytes.subarray(from, from + length), open.at),
        length,
      );
      open.at += written;
      return written;
    },
    readSync: ({ inode }, target: Uint8Array, from: number, length: number, at: number) => {
      const piece = inode.bytes.subarray(at, at + length);
      target.set(piece, from);
      return piece.length;
    },
    fsyncSync: ({ mount, file, inode }) => now(mount, 'sync', file, () => sync(mount, file, inode), undefined),
    fstatSync: ({ inode }) => stats(inode),
    closeSync: () => undefined,
  };
  const table = fs as unknown as Record<string, Any>;
  const originals = Object.fromEntries(Object.keys(mine).map((name) => [name, table[name]!]));
  for (const [name, replacement] of Object.entries(mine)) {
    const original = originals[name]!;
    table[name] = (...args: never[]) => {
      const open = descriptors.get(args[0]!);
      if (open === undefined) return original.apply(fs, args);
      if (name === 'closeSync') descriptors.delete(args[0]!);
      return replacement(open, ...(args.slice(1) as never[]));
    };
  }
  return () => Object.assign(table, originals);
}
