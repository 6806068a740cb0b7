/**
 * Reads a page, sends it, keeps the position; one after the other. A target that is away stops its feed and nothing else:
 * nothing is read for it meanwhile, and nothing waits in memory but the page at hand.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { toTollgridError } from '../platform/errors.ts';
import type { PositionFile } from './position.ts';
import type { OutputStatus, Pages, Target } from './port.ts';

export interface FeedSurroundings {
  now(): number;
  warn(code: string, message: string): void;
}

const LOOK_MS = 250;
const AGAIN_MS = 5_000;
/** So many times as long as a page took to be read the next one waits: the ledger is there for others first. */
const REST = 3;

export class Feed {
  private readonly target: Target;
  private readonly pages: Pages;
  private readonly position: PositionFile;
  private readonly surroundings: FeedSurroundings;
  private readonly againMs: number;
  private readonly ending = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private failure: string | null = 'not connected yet';
  private lastSentMs: number | null = null;

  constructor(
    target: Target,
    pages: Pages,
    position: PositionFile,
    surroundings: FeedSurroundings,
    againMs = AGAIN_MS,
  ) {
    this.target = target;
    this.pages = pages;
    this.position = position;
    this.surroundings = surroundings;
    this.againMs = againMs;
  }

  start(): void {
    this.running = this.run();
  }

  /** Whatever is not acknowledged by now is sent after the next start. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.target.close();
    await this.running;
    await this.position.keep();
  }

  status(): OutputStatus {
    const { entry, after } = this.position.position;
    const { where } = this.target;
    const failure = this.failure ?? this.target.failure;
    return {
      state: failure === null ? 'sending' : 'waiting',
      detail: failure === null ? where : `${where}: ${failure}`,
      entry: after === null ? entry : entry - 1,
      sent: this.position.sent,
      lastSentMs: this.lastSentMs,
    };
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      const pauseMs = await this.round().catch((error: unknown) => this.failed(error));
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
    await this.target.close();
  }

  /** Milliseconds until the next one. */
  private async round(): Promise<number> {
    await this.target.open();
    const startedMs = performance.now();
    const page = await this.pages.after(this.position.position);
    const restMs = REST * (performance.now() - startedMs);
    if (page !== null) {
      const { events, end } = page;
      if (events.length > 0) {
        await this.target.send(events);
        this.lastSentMs = this.surroundings.now();
      }
      await this.position.moved(end, events.length);
    }
    this.failure = null;
    return page === null || page.events.length === 0 ? Math.max(LOOK_MS, restMs) : restMs;
  }

  private async failed(error: unknown): Promise<number> {
    if (this.ending.signal.aborted) return 0;
    const { code, message } = toTollgridError(error);
    const failure = `${code}: ${message}`;
    if (failure !== this.failure) this.surroundings.warn(code, message);
    this.failure = failure;
    await this.target.close();
    return this.againMs;
  }
}
