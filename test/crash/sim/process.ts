/**
 * Simulated processes. Whatever is started inside `run` belongs to one; when it is killed, each of its operations on
 * disk or ledger that is under way or comes later never ends, so that nothing of it happens any more.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export class SimProcess {
  readonly name: string;
  alive = true;
  /** Stopped like by SIGSTOP: operations wait until it goes on. */
  private frozen: Promise<void> | null = null;
  private thaw: () => void = () => undefined;

  constructor(name: string) {
    this.name = name;
  }

  run<T>(work: () => T): T {
    return current.run(this, work);
  }

  kill(): void {
    this.alive = false;
  }

  freeze(): void {
    this.frozen ??= new Promise((resolve) => (this.thaw = resolve));
  }

  goOn(): void {
    this.frozen = null;
    this.thaw();
  }

  /** Waits while frozen, and for ever when killed. */
  async gate(): Promise<void> {
    while (this.frozen !== null) await this.frozen;
    if (!this.alive) await NEVER;
  }
}

const current = new AsyncLocalStorage<SimProcess>();
const NEVER = new Promise<never>(() => undefined);

/** The process whose code runs now; null for the test itself. */
export function currentProcess(): SimProcess | null {
  return current.getStore() ?? null;
}

/** Thrown into synchronous calls of a killed process, which cannot wait for ever. */
export class Killed extends Error {}
