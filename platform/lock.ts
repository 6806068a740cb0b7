/**
 * One owner for a data directory. The lock file names its process so exactly that a dead owner is known as dead:
 * pid, start of that process and boot of the machine. Each owner gets a higher epoch, kept beside it.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { makeDirectory, writeFileDurably } from './durable-file.ts';
import { TollgridError } from './errors.ts';

export interface DataDirLock {
  /** Higher with each owner; whoever holds a lower one is out of date. */
  epoch: number;
  /** The owner before was silent, not known to be dead: it may wake, with files of this directory open. */
  tookFromSilent: boolean;
  /**
   * Throws DATA_DIR_LOCKED when somebody else has the directory: this process was frozen for so long that it was taken
   * for dead. Asks the disk only when the last sign of life is old enough for that.
   */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

interface Owner {
  pid: number;
  /** Start of the process in clock ticks since boot; empty where the machine does not tell. */
  startTicks: string;
  bootId: string;
  /** Two containers on one machine share the boot but not the process numbers. */
  pidSpace: string;
  host: string;
  /** Tells this taking from every other. */
  token: string;
}

const NOBODY: Owner = { pid: 0, startTicks: '', bootId: '', pidSpace: '', host: '', token: 'none' };
const LOCK = 'lock';
const EPOCH = 'epoch';
const BEAT_MS = 5_000;
/** An owner on another machine or in another container is dead when it has been silent for so long. */
const SILENCE_MS = 30_000;
/** After a sign of life nobody takes the directory over for at least so long. */
const SURE_MS = 20_000;

/** Takes the directory, made when missing. Errors: DATA_DIR_LOCKED, DATA_DIR_UNWRITABLE. */
export async function lockDataDir(dir: string): Promise<DataDirLock> {
  const me = describeMe();
  const release = async () => {
    if ((await readOwner(dir))?.token === me.token) await rm(path.join(dir, LOCK));
  };
  try {
    await makeDirectory(dir);
    const tookFromSilent = await take(dir, me);
    const epoch = (await readEpoch(dir)) + 1;
    await writeFileDurably(path.join(dir, EPOCH), `${epoch}\n`);
    // Two that took over from the same dead owner at once may both have come here; one of them stands in the file.
    const owner = await readOwner(dir);
    if (owner?.token !== me.token) throw locked(dir, owner);
    const life = new SignsOfLife(dir, me);
    return {
      epoch,
      tookFromSilent,
      confirm: () => life.confirm(),
      release: () => {
        life.end();
        return release();
      },
    };
  } catch (cause) {
    if (cause instanceof TollgridError) throw cause;
    await release().catch(() => {});
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TollgridError(
      'DATA_DIR_UNWRITABLE',
      `cannot write in the data directory ${dir}: ${reason}`,
      { dir },
      { cause },
    );
  }
}

/** True when the owner before was only silent. */
async function take(dir: string, me: Owner): Promise<boolean> {
  const file = path.join(dir, LOCK);
  // Written aside and linked: a lock file has its whole content from the moment it is there.
  const aside = `${file}.${me.token}`;
  await writeFile(aside, JSON.stringify(me), { flag: 'wx' });
  let fromSilent = false;
  try {
    for (;;) {
      try {
        await link(aside, file);
        return fromSilent;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = await readOwner(dir);
      if (owner === null) continue;
      if (await isAlive(owner, me, file)) throw locked(dir, owner);
      if (await removeDead(dir, owner, me)) fromSilent = !isKnownAsDead(owner, me);
    }
  } finally {
    await rm(aside, { force: true });
  }
}

/** Takes the dead owner's file away, by its content: another process may have done the same just before. */
async function removeDead(dir: string, dead: Owner, me: Owner): Promise<boolean> {
  const file = path.join(dir, LOCK);
  const away = `${file}.${dead.token}.${randomUUID()}`;
  try {
    await rename(file, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const taken = parseOwner(await readFile(away, 'utf8'));
  // Looked at once more: it may have woken, and then it has touched the file before asking whose it is.
  const wrong = taken.token !== dead.token || (await isAlive(taken, me, away));
  if (wrong) await link(away, file).catch(() => {});
  await rm(away);
  return !wrong;
}

/** Null when there is no lock file. A power cut can leave one without content: its owner is gone, so nobody's. */
async function readOwner(dir: string): Promise<Owner | null> {
  try {
    return parseOwner(await readFile(path.join(dir, LOCK), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseOwner(text: string): Owner {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return NOBODY;
  }
}

/** Its process is gone for certain: it can do nothing any more. */
function isKnownAsDead(owner: Owner, me: Owner): boolean {
  if (owner.pid === 0) return true;
  if (owner.host === me.host && owner.bootId !== me.bootId) return true;
  return isVisible(owner, me) && !(processExists(owner.pid) && startTicks(owner.pid) === owner.startTicks);
}

function isVisible(owner: Owner, me: Owner): boolean {
  return owner.bootId === me.bootId && owner.pidSpace === me.pidSpace;
}

async function isAlive(owner: Owner, me: Owner, file: string): Promise<boolean> {
  if (isKnownAsDead(owner, me)) return false;
  if (isVisible(owner, me)) return true;
  const beat = await stat(file).catch(() => null);
  return beat !== null && Date.now() - beat.mtimeMs < SILENCE_MS;
}

/** Shows those who cannot see this process that it lives, and notices when they thought otherwise. */
class SignsOfLife {
  private readonly dir: string;
  private readonly me: Owner;
  private readonly timer: NodeJS.Timeout;
  private given = now();
  /** Why this process is the owner no more: that does not change again. */
  private lost: TollgridError | null = null;

  constructor(dir: string, me: Owner) {
    this.dir = dir;
    this.me = me;
    this.timer = setInterval(() => this.give().catch(() => undefined), BEAT_MS).unref();
  }

  async confirm(): Promise<void> {
    if (this.lost !== null) throw this.lost;
    const { steadyMs, wallMs } = now();
    // Both clocks: one stands still while a machine sleeps, the other may be set.
    const silentMs = Math.max(steadyMs - this.given.steadyMs, Math.abs(wallMs - this.given.wallMs));
    if (silentMs > SURE_MS) await this.give();
  }

  /** First the sign, then the look at the name: whoever takes over does it the other way round. */
  private async give(): Promise<void> {
    const at = now();
    const time = new Date(at.wallMs);
    await utimes(path.join(this.dir, LOCK), time, time).catch(() => undefined);
    const owner = await readOwner(this.dir);
    if (owner?.token !== this.me.token) throw (this.lost = locked(this.dir, owner));
    this.given = at;
  }

  end(): void {
    clearInterval(this.timer);
  }
}

function now(): { steadyMs: number; wallMs: number } {
  return { steadyMs: performance.now(), wallMs: Date.now() };
}

/** Number of the last owner; 0 when there was none. For processes that belong to an owner and must end with its time. */
export async function readEpoch(dir: string): Promise<number> {
  const text = await readFile(path.join(dir, EPOCH), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '0';
    throw error;
  });
  return Number.parseInt(text, 10) || 0;
}

function locked(dir: string, owner: Owner | null): TollgridError {
  const who = owner ? `process ${owner.pid} on ${owner.host}` : 'another process';
  return new TollgridError('DATA_DIR_LOCKED', `the data directory ${dir} is in use by ${who}`, {
    dir,
    ...(owner && { pid: owner.pid, host: owner.host }),
  });
}

function describeMe(): Owner {
  return {
    pid: process.pid,
    startTicks: startTicks(process.pid),
    bootId: readText('/proc/sys/kernel/random/boot_id'),
    pidSpace: readLinkText('/proc/self/ns/pid'),
    host: hostname(),
    token: randomUUID(),
  };
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat; the name in field 2 may hold spaces and brackets, so counting starts behind it. */
function startTicks(pid: number): string {
  const text = readText(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function readLinkText(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
