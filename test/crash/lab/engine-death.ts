/**
 * Death of the engine at the n-th change that one of its threads makes to a file: strace sends the signal before the
 * system call is done. The engine is a library of C++; nothing else sees its single operations.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pause } from './installation.ts';

const CHANGES = [
  ...['openat', 'write', 'writev', 'pwrite64', 'pwritev', 'ftruncate', 'fallocate', 'fsync', 'fdatasync'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir'],
].join(',');
const ATTACH_MS = 10_000;

/** Why engines cannot be ended at their operations here; null when they can. */
export function whyNoEngineDeath(): string | null {
  try {
    execFileSync('strace', ['-e', 'trace=none', 'true'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'strace, or the right to trace, is not to be had';
  }
}

export interface Tracer {
  /** True when the engine has died of it within the time. */
  died(withinMs: number): Promise<boolean>;
  /** Lets go of an engine that lives. */
  stop(): void;
}

/** Resolves when the tracer has hold of all threads. */
export async function dieAtChange(pid: number, at: number): Promise<Tracer> {
  const inject = `inject=${CHANGES}:signal=SIGKILL:when=${at}`;
  const args = ['-f', '-p', String(pid), '-o', '/dev/null', '-e', `trace=${CHANGES}`, '-e', inject];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  tracer.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const until = performance.now() + ATTACH_MS;
  while (!said.includes('attached') && tracer.exitCode === null && performance.now() < until) await pause(2);
  return {
    died: async (withinMs) => {
      const endMs = performance.now() + withinMs;
      while (isThere(pid) && performance.now() < endMs) await pause(2);
      return !isThere(pid);
    },
    // Not asked to end: it would wait for threads that are gone, and the engine's parent with it.
    stop: () => void tracer.kill('SIGKILL'),
  };
}

/** A dead process of another parent may go on as a zombie for a moment. */
function isThere(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/exe`)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
