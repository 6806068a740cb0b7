/** The `tollgrid` command as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { connect, findFront, type Api } from '../../../cli/client.ts';
import { projectRoot } from '../../../platform/paths.ts';

/** Compiled before the suites from the sources as they are. */
export const MAIN = path.join(projectRoot, 'dist', 'cli', 'main.js');

/** In a process group of its own, together with the processes it starts. */
export function runTollgrid(...args: string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: projectRoot,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** Resolves when the process has ended; after `timeoutMs` its group is killed. */
export function ended(child: ChildProcess, timeoutMs = 150_000): Promise<Ended> {
  const texts = { out: '', err: '' };
  child.stdout!.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
  const late = setTimeout(() => killGroup(child), timeoutMs);
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(late);
      resolve({ code, signal, ...texts });
    });
  });
}

export function killGroup(child: ChildProcess): void {
  process.kill(-child.pid!, 'SIGKILL');
}

/** The API of the front that this process runs on the data directory, once it answers. */
export async function apiOf(child: ChildProcess, dataDir: string): Promise<Api> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended before it answered');
    const address = findFront(dataDir);
    if (address?.pid === child.pid) return connect(address!.url, address!.token);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
