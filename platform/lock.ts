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

/** Takes the directory, made when missing. Errors: DATA_DIR_LOCKED, DATA_DIR_UNWRITABLE. */
export async function lockDataDir(dir: string): Promise<DataDirLock> {
  const me = describeMe();
  const release = async () => {
    if ((await readOwner(dir))?.token === me.token) await rm(path.join(dir, LOCK));
  };
  try {
    await makeDirectory(dir);
    await take(dir, me);
    const epoch = (await readEpoch(dir)) + 1;
    await writeFileDurably(path.join(dir, EPOCH), `${epoch}\n`);
    // Two that took over from the same dead owner at once may both have come here; one of them stands in the file.
    const owner = await readOwner(dir);
    if (owner?.token !== me.token) throw locked(dir, owner);
    const beat = keepBeating(path.join(dir, LOCK));
    return {
      epoch,
      release: () => {
        clearInterval(beat);
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

async function take(dir: string, me: Owner): Promise<void> {
  const file = path.join(dir, LOCK);
  // Written aside and linked: a lock file has its whole content from the moment it is there.
  const aside = `${file}.${me.token}`;
  await writeFile(aside, JSON.stringify(me), { flag: 'wx' });
  try {
    for (;;) {
      try {
        return await link(aside, file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = await readOwner(dir);
      if (owner === null) continue;
      if (await isAlive(owner, me, file)) throw locked(dir, owner);
      await removeDead(dir, owner);
    }
  } finally {
    await rm(aside, { force: true });
  }
}

/** Takes the dead owner's file away, by its content: another process may have done the same just before. */
async function removeDead(dir: string, dead: Owner): Promise<void> {
  const file = path.join(dir, LOCK);
  const away = `${file}.${dead.token}.${randomUUID()}`;
  try {
    await rename(file, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = parseOwner(await readFile(away, 'utf8'));
  if (taken.token !== dead.token) await link(away, file).catch(() => {});
  await rm(away);
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

async function isAlive(owner: Owner, me: Owner, file: string): Promise<boolean> {
  if (owner.pid === 0) return false;
  if (owner.host === me.host && owner.bootId !== me.bootId) return false;
  if (owner.bootId === me.bootId && owner.pidSpace === me.pidSpace) {
    return processExists(owner.pid) && startTicks(owner.pid) === owner.startTicks;
  }
  const beat = await stat(file).catch(() => null);
  return beat !== null && Date.now() - beat.mtimeMs < SILENCE_MS;
}

/** Shows those who cannot see this process that it lives. */
function keepBeating(file: string): NodeJS.Timeout {
  const beat = () => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  };
  return setInterval(beat, BEAT_MS).unref();
}

async function readEpoch(dir: string): Promise<number> {
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
