/** A mediator for each collector's order, as they appear; one that can go no further is opened again. */
import { setTimeout as delay } from 'node:timers/promises';

export interface OneMediator {
  /** It takes nothing any more. */
  readonly hasEnded: boolean;
  stop(): Promise<void>;
}

export interface MediatorsParts {
  orders(): Promise<readonly string[]>;
  open(order: string): Promise<OneMediator>;
  /** Of an order, or of the look for them. It is tried again. */
  failed(error: unknown, order?: string): void;
  lookMs: number;
}

export class Mediators {
  private readonly parts: MediatorsParts;
  private readonly byOrder = new Map<string, OneMediator>();
  private readonly ending = new AbortController();
  private readonly running: Promise<void>;

  constructor(parts: MediatorsParts) {
    this.parts = parts;
    this.running = this.run();
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await this.look().catch((error: unknown) => this.parts.failed(error));
      await delay(this.parts.lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    for (const order of await this.parts.orders()) {
      if (this.ending.signal.aborted) return;
      const known = this.byOrder.get(order);
      if (known?.hasEnded === false) continue;
      // One order that cannot be read keeps nobody else waiting.
      await this.openAgain(order, known).catch((error: unknown) => this.parts.failed(error, order));
    }
  }

  private async openAgain(order: string, ended: OneMediator | undefined): Promise<void> {
    this.byOrder.delete(order);
    await ended?.stop();
    this.byOrder.set(order, await this.parts.open(order));
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
    await Promise.all([...this.byOrder.values()].map((mediator) => mediator.stop()));
  }
}
