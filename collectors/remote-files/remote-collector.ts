/** A folder on another machine as a collector: a connection for each look; one that fails is tried again, ever more slowly. */
import { toTollgridError, TollgridError } from '../../platform/errors.ts';
import { Pause } from '../../platform/pause.ts';
import { matches } from '../files/pattern.ts';
import type { ClosedFileIntake } from '../files/port.ts';
import type { Collector, CollectorStatus, Surroundings } from '../port.ts';
import type { Incoming } from './incoming.ts';
import { RemoteLook, type RemoteSource } from './look.ts';
import type { RemoteServer, RemoteSession } from './port.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;

export class RemoteCollector implements Collector {
  private readonly source: RemoteSource;
  private readonly server: RemoteServer;
  private readonly incoming: Incoming;
  private readonly surroundings: Surroundings;
  private readonly look: RemoteLook;
  private stopping = false;
  private session: RemoteSession | null = null;
  private readonly pause = new Pause();
  private loop: Promise<void> = Promise.resolve();
  private failures = 0;
  private failure: string | null = null;
  private trouble: string | null = null;
  private lastSeenMs: number | null = null;
  private waiting = 0;

  constructor(
    source: RemoteSource,
    server: RemoteServer,
    intake: ClosedFileIntake,
    incoming: Incoming,
    surroundings: Surroundings,
  ) {
    this.source = source;
    this.server = server;
    this.incoming = incoming;
    this.surroundings = surroundings;
    this.look = new RemoteLook(source, intake, incoming, surroundings);
  }

  async start(): Promise<void> {
    await this.incoming.open();
    this.loop = this.follow();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    // A transfer is broken off: what came of it is gone on with.
    this.session?.close();
    this.pause.stop();
    await this.loop;
  }

  status(): CollectorStatus {
    return {
      state: this.failure === null ? 'taking' : 'waiting',
      detail: this.failure ?? this.trouble ?? `looks at ${this.server.where}${this.source.directory}`,
      lastSeenMs: this.lastSeenMs,
      connections: this.session === null ? 0 : 1,
      waitingFiles: this.waiting,
      refused: this.look.refused,
    };
  }

  async test(): Promise<string[]> {
    const { directory, pattern, namesMax, taken, movedTo } = this.source;
    const session = await this.server.connect();
    try {
      let all = 0;
      let wanted = 0;
      for await (const portion of session.list(directory)) {
        const files = portion.filter(({ kind }) => kind === 'file');
        all += files.length;
        wanted += files.filter(({ name }) => matches(pattern, name)).length;
        if (all > namesMax) break;
      }
      const lines = [`${this.server.where}: logged in`, `${directory} can be read`];
      lines.push(`${wanted} of ${all} files have a name like ${pattern}`);
      if (taken === 'move') {
        for await (const _ of session.list(movedTo!)) break;
        lines.push(`${movedTo} is there`);
      }
      return lines;
    } finally {
      session.close();
    }
  }

  private async follow(): Promise<void> {
    while (!this.stopping) {
      let waitMs = this.source.everySeconds * 1000;
      try {
        await this.lookOnce();
        this.failures = 0;
        this.failure = null;
      } catch (error) {
        this.report(error);
        waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.failures++, Math.max(LONGEST_WAIT_MS, waitMs));
      }
      await this.pause.wait(waitMs);
    }
  }

  private async lookOnce(): Promise<void> {
    const session = await this.server.connect();
    this.session = session;
    try {
      if (this.stopping) return;
      const { waiting, trouble } = await this.look.look(session, performance.now());
      this.waiting = waiting;
      this.trouble = trouble === null ? null : `${trouble.code}: ${trouble.message}`;
      this.lastSeenMs = this.surroundings.now();
    } finally {
      this.session = null;
      session.close();
    }
  }

  private report(error: unknown): void {
    const { code, message } = toTollgridError(error);
    if (code === 'STOPPING' || this.stopping) return;
    this.failure = `${code}: ${message}`;
    this.surroundings.warn(code, message);
  }
}

/** Errors of a protocol's library, told in our words. */
export function unreachable(where: string, cause: unknown): TollgridError {
  if (cause instanceof TollgridError) return cause;
  return new TollgridError('SOURCE_UNREACHABLE', `${where}: ${(cause as Error).message}`, {}, { cause });
}
