/** A folder as a collector: looked at again and again; a look that fails is tried again. */
import { access, constants } from 'node:fs/promises';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { Pause } from '../../platform/pause.ts';
import type { Collector, CollectorStatus, Surroundings } from '../port.ts';
import { ClosedFiles } from './closed-files.ts';
import { listFiles, Unreadable } from './folder.ts';
import { GrowingFiles } from './growing-files.ts';
import { matches } from './pattern.ts';
import { Patience } from './patience.ts';
import type { FileIntake, FileSource } from './port.ts';

const FAILURE_WAIT_MS = 5_000;

export class FolderCollector implements Collector {
  private readonly source: FileSource;
  private readonly intake: FileIntake;
  private readonly surroundings: Surroundings;
  private stopping = false;
  private readonly pause = new Pause();
  private readonly patience: Patience;
  private readonly failureWaitMs: number;
  private loop: Promise<void> = Promise.resolve();
  private looked: () => void = () => undefined;
  private failure: string | null = null;
  private lastSeenMs: number | null = null;
  private readonly closed: ClosedFiles;
  /** Resolves when what stood in the folder at the start has been taken in. */
  readonly firstLook = new Promise<void>((resolve) => (this.looked = resolve));

  constructor(
    source: FileSource,
    intake: FileIntake,
    surroundings: Surroundings,
    patience = new Patience(source.directory),
    failureWaitMs = FAILURE_WAIT_MS,
  ) {
    this.source = source;
    this.intake = intake;
    this.surroundings = surroundings;
    this.patience = patience;
    this.failureWaitMs = failureWaitMs;
    this.closed = new ClosedFiles(source, intake, patience);
  }

  start(): Promise<void> {
    this.loop = this.follow();
    return Promise.resolve();
  }

  status(): CollectorStatus {
    return {
      state: this.failure === null ? 'taking' : 'waiting',
      detail: this.failure ?? `watches ${this.source.directory}`,
      lastSeenMs: this.lastSeenMs,
      connections: 0,
      waitingFiles: this.closed.untaken,
      refused: this.closed.refused,
      refusedFiles: { count: this.closed.quarantine.count, first: this.closed.quarantine.list() },
    };
  }

  async test(): Promise<string[]> {
    const { directory, pattern } = this.source;
    try {
      await this.patience.of(() => access(directory, constants.R_OK | constants.X_OK));
    } catch (error) {
      throw new TollgridError('SOURCE_UNREACHABLE', `${directory} cannot be read: ${(error as Error).message}`);
    }
    const files = await this.patience.of((alive) => listFiles(directory, new Unreadable(), alive));
    const wanted = files.filter(({ name }) => matches(pattern, name));
    return [`${directory} can be read`, `${wanted.length} of ${files.length} files have a name like ${pattern}`];
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.pause.stop();
    this.patience.stop();
    await this.loop;
  }

  private async follow(): Promise<void> {
    const growing = new GrowingFiles(this.source, this.intake, this.patience);
    while (!this.stopping) {
      let waitMs = this.source.pollMs;
      // A file is taken at the second look: until then the start is not over.
      let waiting = 0;
      try {
        const nowMs = this.surroundings.now();
        if (this.source.mode === 'closed') waiting = await this.closed.poll(performance.now());
        else await growing.poll(nowMs);
        this.lastSeenMs = nowMs;
        this.failure = null;
      } catch (error) {
        this.report(error);
        waitMs = this.failureWaitMs;
      }
      if (waiting === 0) this.looked();
      await this.pause.wait(waitMs);
    }
    this.looked();
  }

  private report(error: unknown): void {
    const { code, message } = toTollgridError(error);
    if (code === 'STOPPING' || this.stopping) return;
    this.failure = `${code}: ${message}`;
    this.surroundings.warn(code, message);
  }
}
