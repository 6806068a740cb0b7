/** A file system on a disk with a volatile cache (volatile-disk.mjs) whose power can be cut. Needs root, FUSE and loop devices. */
import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../../platform/paths.ts';
import { pause } from './installation.ts';

export interface Cut {
  /** Writes that were not flushed, and how many of them survived, whole or torn. */
  pending: number;
  kept: number;
}

type FromDisk = { type: 'ready' } | { type: 'on' } | ({ type: 'cut' } & Cut);

const SERVER = path.join(projectRoot, 'test', 'crash', 'lab', 'volatile-disk.mjs');
const ANSWER_MS = 60_000;
/** Processes that were killed may need so long to end on a machine that does a dozen other things. */
const GONE_MS = 300_000;

/** Whoever runs a laboratory may end early: nothing stays mounted. */
const mounted = new Set<LoopDisk>();
process.on('exit', () => mounted.forEach((disk) => disk.release()));

export class LoopDisk {
  readonly mountPoint: string;
  private readonly device: string;
  private readonly server: ChildProcess;
  private loop: string | null = null;
  private heard: FromDisk[] = [];

  private constructor(folder: string, server: ChildProcess) {
    this.mountPoint = path.join(folder, 'data');
    this.device = path.join(folder, 'disk');
    this.server = server;
    server.on('message', (message) => this.heard.push(message as FromDisk));
  }

  static async make(folder: string, sizeBytes: number): Promise<LoopDisk> {
    const image = path.join(folder, 'disk.img');
    fs.writeFileSync(image, '');
    fs.truncateSync(image, sizeBytes);
    fs.writeFileSync(path.join(folder, 'disk'), '');
    fs.mkdirSync(path.join(folder, 'data'));
    // Nothing is left to be done behind one's back: the writes that come are those of the programs.
    run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image);
    const server = fork(SERVER, [image, path.join(folder, 'disk')], { execArgv: [], stdio: 'inherit' });
    const disk = new LoopDisk(folder, server);
    mounted.add(disk);
    await disk.hear('ready');
    await disk.mount();
    return disk;
  }

  async mount(): Promise<void> {
    this.server.send({ type: 'power' });
    await this.hear('on');
    // Not in this process: it answers the disk's requests only as long as it does not wait for them itself.
    this.loop = run('losetup', '--find', '--show', this.device).trim();
    run('mount', '-t', 'ext4', this.loop, this.mountPoint);
  }

  /** Now; resolves when it has happened. */
  async cut(seed: number): Promise<Cut> {
    this.server.send({ type: 'cut', seed });
    return this.hear('cut');
  }

  /** At the n-th write or flush from now. */
  cutAt(at: number, seed: number): void {
    this.server.send({ type: 'cutAt', at, seed });
  }

  /** What became of a cut that was planned; null when it has not come within the time. */
  async wasCut(withinMs: number): Promise<Cut | null> {
    return this.hear('cut', withinMs).catch(() => null);
  }

  /** Writes back what waits, as a machine does now and then; the power may go in the middle of it. */
  async writeBack(): Promise<void> {
    const syncing = spawn('sync', ['-f', this.mountPoint], { stdio: 'ignore' });
    await new Promise((resolve) => syncing.once('close', resolve));
  }

  /**
   * Resolves when the file system is gone. A process in a mount namespace of its own keeps it alive after the unmounting
   * here until it has ended itself. With the power on again it would go on writing beside the next life, and mark the
   * journal as empty at its end: the cut after that would lose what was synced.
   */
  async unmount(): Promise<void> {
    await insist(() => run('umount', this.mountPoint));
    const { loop } = this;
    if (loop === null) return;
    await insist(() => run('losetup', '--detach', loop));
    for (const endMs = performance.now() + GONE_MS; this.isAttached(loop);) {
      if (performance.now() > endMs) throw new Error(`processes hold the disk ${GONE_MS} ms after its unmounting`);
      await pause(5);
    }
    this.loop = null;
  }

  /** A device that is in use stays until its last user is gone, although detaching it succeeds. */
  private isAttached(loop: string): boolean {
    try {
      const file = `/sys/block/${path.basename(loop)}/loop/backing_file`;
      return fs.readFileSync(file, 'utf8').trim() === this.device;
    } catch {
      return false;
    }
  }

  async remove(): Promise<void> {
    this.release();
    mounted.delete(this);
    while (this.server.exitCode === null && this.server.signalCode === null) await pause(5);
  }

  release(): void {
    const { loop, mountPoint, device } = this;
    const steps = [
      ['umount', '-l', mountPoint],
      ...(loop === null ? [] : [['losetup', '--detach', loop]]),
      ['umount', '-l', device],
    ];
    for (const [command, ...args] of steps) {
      try {
        run(command!, ...args);
      } catch {
        // It was not mounted.
      }
    }
    this.server.kill('SIGKILL');
  }

  private async hear<T extends FromDisk['type']>(
    type: T,
    withinMs = ANSWER_MS,
  ): Promise<Extract<FromDisk, { type: T }>> {
    for (const endMs = performance.now() + withinMs; ;) {
      const index = this.heard.findIndex((message) => message.type === type);
      if (index >= 0) return this.heard.splice(index, 1)[0] as Extract<FromDisk, { type: T }>;
      if (this.server.exitCode !== null) throw new Error('the disk has ended');
      if (performance.now() > endMs) throw new Error(`the disk does not say "${type}"`);
      await pause(2);
    }
  }
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { stdio: 'pipe', encoding: 'utf8' });
}

async function insist(attempt: () => unknown): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      attempt();
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await pause(20);
    }
  }
}
