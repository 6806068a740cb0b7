/**
 * A process that is kept running: started, waited for, started again when it dies, stopped in good order.
 * Both sides speak over the IPC channel: `ready` up, `stop` down, and whatever messages their owners agree on.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { TollgridError } from './errors.ts';
import { entryFlags } from './paths.ts';

export interface ChildMessage {
  type: string;
}

export interface SuperviseOptions {
  name: string;
  /** Module to run, from `entryPoint`. */
  entry: URL;
  args?: string[];
  /** On top of this process's environment. */
  env?: NodeJS.ProcessEnv;
  nodeFlags?: string[];
  /** 0 as this process, 19 last. */
  niceLevel?: number;
  /** How long the process may take to become ready. */
  readyMsMax?: number;
  /** Wait before a new start; doubles each time until the process has been ready for 30 s. */
  backoffMs?: number;
  backoffMsMax?: number;
}

const STEADY_MS = 30_000;
/** Killed so often before it was ready: the system does not want it. */
const KILLED_STARTS_MAX = 4;

interface SupervisorEvents {
  /** The process is ready: with its `ready` message, also after a new start. */
  ready: [ChildMessage];
  /** It ended though it should run; it is started again after `delayMs`. */
  restart: [{ code: number | null; signal: NodeJS.Signals | null; delayMs: number }];
  message: [ChildMessage];
}

export class Supervisor extends EventEmitter<SupervisorEvents> {
  readonly name: string;
  readonly #options: Required<SuperviseOptions>;
  #child: ChildProcess | null = null;
  #failures = 0;
  #stopping = false;
  /** It ended by a signal that did not come from here. */
  #killedByOthers = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SuperviseOptions) {
    super();
    this.name = options.name;
    this.#options = {
      args: [],
      env: {},
      nodeFlags: [],
      niceLevel: 0,
      readyMsMax: 60_000,
      backoffMs: 200,
      backoffMsMax: 10_000,
      ...options,
    };
  }

  /** Ends the process as a crash would, so that it is started again; nothing when it has just ended by itself. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts it and resolves with its `ready` message. A first start that fails is not tried again, unless somebody killed the
   * process. Error: CHILD_NOT_READY.
   */
  async start(): Promise<ChildMessage> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#spawn();
      } catch (error) {
        if (!this.#killedByOthers || this.#stopping || tries === KILLED_STARTS_MAX) throw error;
      }
    }
  }

  /** False when it does not run just now. */
  send(message: ChildMessage): boolean {
    return this.#child?.connected === true && this.#child.send(message, () => {});
  }

  /** Asks it to end; insists with SIGTERM after `graceMs` and with SIGKILL after the same time again. */
  async stop(graceMs = 10_000): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.send({ type: 'stop' });
    const insist = [
      setTimeout(() => child.kill('SIGTERM'), graceMs),
      setTimeout(() => child.kill('SIGKILL'), 2 * graceMs),
    ];
    await gone;
    insist.forEach(clearTimeout);
  }

  #spawn(): Promise<ChildMessage> {
    const { name, entry, args, env, nodeFlags, niceLevel, readyMsMax } = this.#options;
    const child = fork(fileURLToPath(entry), args, {
      execArgv: [...entryFlags, ...nodeFlags],
      env: { ...process.env, ...env },
      serialization: 'advanced',
    });
    this.#child = child;
    lowerPriority(child, niceLevel);
    return new Promise((resolve, reject) => {
      let ready = false;
      let readyAtMs = 0;
      let isLate = false;
      const late = setTimeout(() => (isLate = child.kill('SIGKILL')), readyMsMax);
      child.on('message', (message) => {
        const received = message as ChildMessage;
        if (received.type === 'ready' && !ready) {
          ready = true;
          clearTimeout(late);
          readyAtMs = performance.now();
          lowerPriority(child, niceLevel);
          resolve(received);
          this.emit('ready', received);
        } else {
          this.emit('message', received);
        }
      });
      const ended = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(late);
        this.#child = null;
        this.#killedByOthers = signal !== null && !isLate && !this.#stopping;
        const how = signal ?? `exit code ${code}`;
        reject(
          new TollgridError('CHILD_NOT_READY', `the ${name} process ended (${how}) before it was ready`, { name }),
        );
        if (ready && performance.now() - readyAtMs > STEADY_MS) this.#failures = 0;
        if (ready) this.#restart(code, signal);
      };
      child.once('exit', ended);
      // Without a pid it was never started, and there will be no exit.
      child.on('error', () => child.pid === undefined && ended(null, null));
    });
  }

  #restart(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#stopping) return;
    const { backoffMs, backoffMsMax } = this.#options;
    const delayMs = Math.min(backoffMsMax, backoffMs * 2 ** this.#failures++);
    this.emit('restart', { code, signal, delayMs });
    this.#timer = setTimeout(() => {
      this.#spawn().catch(() => this.#restart(null, null));
    }, delayMs);
  }
}

/** On Linux a priority belongs to a thread; those that exist already do not follow the first one. */
export function lowerPriority({ pid }: ChildProcess, niceLevel: number): void {
  if (pid === undefined || niceLevel === 0) return;
  try {
    setPriority(pid, niceLevel);
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), niceLevel);
  } catch {
    // It ended meanwhile, or this system shows no threads: priority is a courtesy.
  }
}

/** The child's side. Call once, when everything is in place. */
export function reportReady(ready: Record<string, unknown>, on: ChildHandlers): void {
  process.send?.({ ...ready, type: 'ready' });
  process.on('message', (message) => {
    if ((message as ChildMessage).type === 'stop') void on.stop().then(() => process.exit(0));
    else on.message?.(message as ChildMessage);
  });
}

export interface ChildHandlers {
  /** Finish and close; the process ends afterwards. */
  stop: () => Promise<void>;
  message?: (message: ChildMessage) => void;
}

/** The child's side, first of all: it ends with its parent, and leaves Ctrl-C (which all get) to it. */
export function followParent(): void {
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(1));
}
