/** The configured folders, polled one after the other per source; a source that fails is tried again and says why. */
import { ClosedFiles, GrowingFiles, type FileIntake } from '../../collectors/files/index.ts';
import type { SourceConfig } from '../../platform/config.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';

const FAILURE_WAIT_MS = 5_000;

export class Sources {
  private readonly configs: readonly SourceConfig[];
  private readonly intake: FileIntake;
  private readonly clock: Clock;
  private readonly log: Logger;
  private stopping = false;
  private readonly reported = new Map<string, string>();
  private readonly timers = new Set<() => void>();
  private loops: Promise<void>[] = [];
  private firstLooks: Promise<void>[] = [];

  constructor(configs: readonly SourceConfig[], intake: FileIntake, clock: Clock, log: Logger) {
    this.configs = configs;
    this.intake = intake;
    this.clock = clock;
    this.log = log;
  }

  start(): void {
    for (const source of this.configs) {
      if (source.paused) continue;
      let looked: () => void = () => undefined;
      this.firstLooks.push(new Promise((resolve) => (looked = resolve)));
      this.loops.push(this.follow(source, looked));
    }
  }

  /** Resolves when what stood in the folders at the start has been taken in. */
  async taken(): Promise<void> {
    await Promise.all(this.firstLooks);
  }

  private async follow(source: SourceConfig, looked: () => void): Promise<void> {
    const closed = new ClosedFiles(source, this.intake);
    const growing = new GrowingFiles(source, this.intake);
    while (!this.stopping) {
      let waitMs = source.pollMs;
      // A fresh file is taken at the second look: until then the start is not over.
      let waiting = 0;
      try {
        if (source.mode === 'closed') waiting = await closed.poll(this.clock.now());
        else await growing.poll(this.clock.now());
        this.reported.delete(source.name);
      } catch (error) {
        this.report(source, error);
        waitMs = FAILURE_WAIT_MS;
      }
      if (waiting === 0) looked();
      await this.pause(waitMs);
    }
    looked();
  }

  /** Each reason once: a folder that is missing stays so for a while. */
  private report({ name }: SourceConfig, error: unknown): void {
    const { code, message } = toTollgridError(error);
    const reason = `${code}: ${message}`;
    if (code === 'STOPPING' || this.stopping || this.reported.get(name) === reason) return;
    this.reported.set(name, reason);
    this.log.warn({ source: name, code }, `source cannot be read: ${message}`);
  }

  private pause(ms: number): Promise<void> {
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.timers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.timers.add(done);
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const done of this.timers) done();
    await Promise.all(this.loops);
  }
}
