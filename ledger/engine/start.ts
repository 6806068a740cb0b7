/** Starts the engine process and speaks its IPC. Who restarts it when it dies is the caller's affair. */
import { fork, type ChildProcess } from 'node:child_process';
import { entryFlags, entryPoint } from '../../platform/paths.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { EngineOptions } from './config.ts';

export const ENGINE_DEFAULTS = { memoryBytes: 1 << 30, maxInsertBytes: 512 << 20, nice: 10 };

export interface EngineHandle {
  url: string;
  token: string;
  handoverFolder: string;
  pid: number;
  /** Resolves with the exit code, or the signal's name, when the process ends for whatever reason. */
  exited: Promise<number | string>;
  stop(): Promise<void>;
}

/** What a supervisor needs to start the engine by itself; `env` goes on top of its own. */
export function engineProcess(options: EngineOptions): { module: URL; args: string[]; env: Record<string, string> } {
  return {
    module: entryPoint(import.meta.url, 'main'),
    args: [JSON.stringify(options)],
    // Each lane blocks one libuv thread while it works, and files need some beside them.
    env: { UV_THREADPOOL_SIZE: '12' },
  };
}

export async function startEngine(given: Partial<EngineOptions> & { path: string }): Promise<EngineHandle> {
  const { module, args, env } = engineProcess({ ...ENGINE_DEFAULTS, ...given });
  const child = fork(module, args, {
    execArgv: entryFlags,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  const address = await ready(child, exited);
  return {
    ...address,
    pid: child.pid!,
    exited,
    stop: async () => {
      if (child.connected) child.send({ type: 'stop' });
      await exited;
    },
  };
}

/** What the engine's own words mean. LEDGER_LOCKED, LEDGER_UNAVAILABLE. */
export function engineFailure(reason: string): TollgridError {
  const code = /Failed to create connection|Cannot lock file/.test(reason) ? 'LEDGER_LOCKED' : 'LEDGER_UNAVAILABLE';
  return new TollgridError(code, `The ledger engine did not start: ${reason}`);
}

interface EngineMessage {
  type: 'ready' | 'failed';
  url: string;
  token: string;
  handoverFolder: string;
  message: string;
}

function ready(
  child: ChildProcess,
  exited: Promise<number | string>,
): Promise<Pick<EngineHandle, 'url' | 'token' | 'handoverFolder'>> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(engineFailure(reason));
    child.once('message', (message) => {
      const { type, url, token, handoverFolder, message: reason } = message as EngineMessage;
      if (type === 'ready') resolve({ url, token, handoverFolder });
      else fail(reason);
    });
    child.once('error', (error) => fail(error.message));
    void exited.then((how) => fail(`it ended with ${how}`));
  });
}
