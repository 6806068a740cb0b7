/**
 * Looks at stored bytes while Tollgrid runs. A quick look at fixed times; and rounds, in which everything that is stored
 * is read again, step by step, in so small a share of the time that nobody notices. Steps rest while entries wait for
 * the ledger. What is found stays until the same look finds it gone. Time comes in from outside.
 */
import type { WatchOptions, WatchState } from './messages.ts';

export interface WatchStep {
  /** What is looked at: names the step over rounds. */
  subject: string;
  /** What is wrong; empty when nothing is. */
  run(): Promise<string[]>;
}

export interface WatchParts {
  /** The quick look. */
  quick(): Promise<string[]>;
  /** Everything that is stored now, one step each. */
  steps(): Promise<WatchStep[]>;
  /** Entries wait for the ledger. */
  busy(): boolean;
  /** UTC milliseconds. */
  now(): number;
  tell(state: WatchState): void;
  /** A finding that was not there before, or one that is gone. */
  found(finding: string): void;
  gone(finding: string): void;
}

const QUICK = '';
const ROUND = 'what is stored';
const MINUTE_MS = 60_000;
/** How often a step that waits for quiet looks whether it has come. */
const QUIET_LOOK_MS = 1_000;
const STEP_APART_MS = 50;

export class Watch {
  private readonly parts: WatchParts;
  private readonly options: WatchOptions;
  private readonly findings = new Map<string, string[]>();
  private queue: WatchStep[] = [];
  private state: WatchState = {
    findings: [],
    checkedAtMs: null,
    stepsDone: 0,
    steps: 0,
    roundStartedAtMs: null,
    lastRoundMs: null,
    lastRoundAtMs: null,
  };
  private nextQuickMs: number;
  private nextStepMs: number;
  private stopped = false;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(parts: WatchParts, options: WatchOptions) {
    this.parts = parts;
    this.options = options;
    this.nextQuickMs = parts.now();
    this.nextStepMs = parts.now() + options.everySeconds * 1000;
  }

  start(): void {
    this.running = this.turn().then((waitMs) => this.sleep(waitMs));
  }

  private sleep(waitMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => this.start(), waitMs);
    this.timer.unref();
  }

  /** Nothing is looked at any more when this resolves. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  /** Does what is due and returns after how many milliseconds to come again. */
  async turn(): Promise<number> {
    const { parts, options } = this;
    if (parts.now() >= this.nextQuickMs) {
      this.note(QUICK, await attempt('quick look', () => parts.quick()));
      this.state.checkedAtMs = parts.now();
      this.nextQuickMs = parts.now() + options.everySeconds * 1000;
      this.tell();
    }
    if (!this.stopped && parts.now() >= this.nextStepMs) {
      const late = parts.now() - this.nextStepMs >= options.pauseMinutesMax * MINUTE_MS;
      if (parts.busy() && !late) return Math.min(QUIET_LOOK_MS, Math.max(0, this.nextQuickMs - parts.now()));
      await this.step();
    }
    return Math.max(0, Math.min(this.nextQuickMs, this.nextStepMs) - parts.now());
  }

  private async step(): Promise<void> {
    const { parts, options } = this;
    if (this.queue.length === 0 && !(await this.roundBegins())) return;
    const startedMs = parts.now();
    const step = this.queue.shift();
    if (step !== undefined) {
      this.note(step.subject, await attempt(step.subject, () => step.run()));
      this.state.stepsDone++;
    }
    const endedMs = parts.now();
    if (this.queue.length === 0) {
      this.state.lastRoundMs = endedMs - this.state.roundStartedAtMs!;
      this.state.lastRoundAtMs = endedMs;
    }
    // Evenly over what is left of the round, but never more than the share of time that was given.
    const roundEndMs = this.state.roundStartedAtMs! + options.roundMinutes * MINUTE_MS;
    const evenlyMs = Math.max(0, roundEndMs - endedMs) / (this.queue.length + 1);
    const restMs = (endedMs - startedMs) * (100 / options.dutyPercentMax - 1);
    this.nextStepMs = endedMs + Math.max(evenlyMs, restMs, STEP_APART_MS);
    this.tell();
  }

  /** False: what there is to look at cannot be told; it is tried again with the next quick look. */
  private async roundBegins(): Promise<boolean> {
    const startedAtMs = this.parts.now();
    const failed = await attempt(ROUND, async () => {
      this.queue = await this.parts.steps();
      return [];
    });
    this.note(ROUND, failed);
    if (failed.length > 0) {
      this.nextStepMs = this.parts.now() + this.options.everySeconds * 1000;
      this.tell();
      return false;
    }
    this.state.roundStartedAtMs = startedAtMs;
    this.state.stepsDone = 0;
    this.state.steps = this.queue.length;
    // What is no longer stored cannot be wrong: a part that was merged, a segment that was archived.
    const subjects = new Set(this.queue.map(({ subject }) => subject));
    for (const subject of this.findings.keys()) {
      if (subject !== QUICK && !subjects.has(subject)) this.note(subject, []);
    }
    return true;
  }

  private note(subject: string, found: string[]): void {
    const before = this.findings.get(subject) ?? [];
    if (found.length > 0) this.findings.set(subject, found);
    else this.findings.delete(subject);
    for (const finding of found) if (!before.includes(finding)) this.parts.found(finding);
    for (const finding of before) if (!found.includes(finding)) this.parts.gone(finding);
  }

  private tell(): void {
    this.parts.tell({ ...this.state, findings: [...new Set([...this.findings.values()].flat())] });
  }
}

/** A look that cannot be done is a finding too: what cannot be read is not known to be whole. */
async function attempt(what: string, look: () => Promise<string[]>): Promise<string[]> {
  try {
    return await look();
  } catch (error) {
    return [`${what} could not be looked at: ${error instanceof Error ? error.message : String(error)}`];
  }
}
