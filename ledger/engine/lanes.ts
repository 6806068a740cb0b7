/**
 * The engine's sessions. A session works on one query at a time, so each one is a lane: one for everything that writes
 * (inserts never run side by side: two gain nothing and cost memory), a few for reading.
 */
import { Session } from 'chdb';
import { quoteName } from './parameters.ts';
import { StatementError } from './sql-text.ts';

export interface Lane {
  readonly session: Session;
  database: string;
}

const DEFAULT_DATABASE = 'default';
const TOO_MANY_SIMULTANEOUS_QUERIES = 202;

class LanePool {
  private readonly lanes: Lane[];
  private readonly idle: Lane[];
  private readonly waiting: ((lane: Lane) => void)[] = [];
  private readonly maxWaiting: number;

  constructor(sessions: Session[], maxWaiting: number) {
    this.lanes = sessions.map((session) => ({ session, database: DEFAULT_DATABASE }));
    this.idle = [...this.lanes];
    this.maxWaiting = maxWaiting;
  }

  /** Runs `work` on a lane that has `database` as its current one. */
  async use<T>(database: string, work: (lane: Lane) => Promise<T>): Promise<T> {
    const lane = await this.take();
    try {
      if (lane.database !== database) {
        await lane.session.queryAsync(`USE ${quoteName(database)}`);
        lane.database = database;
      }
      return await work(lane);
    } finally {
      const next = this.waiting.shift();
      if (next) next(lane);
      else this.idle.push(lane);
    }
  }

  private take(): Promise<Lane> {
    const lane = this.idle.pop();
    if (lane) return Promise.resolve(lane);
    if (this.waiting.length >= this.maxWaiting) {
      return Promise.reject(
        new StatementError(TOO_MANY_SIMULTANEOUS_QUERIES, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'Too many queries wait'),
      );
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Resolves when no lane works any more. Callers stop sending work first. */
  async drained(): Promise<void> {
    const held = await Promise.all(this.lanes.map(() => this.take()));
    this.idle.push(...held);
  }

  close(): void {
    for (const lane of this.lanes) lane.session.close();
  }
}

export class Lanes {
  readonly reads: LanePool;
  readonly writes: LanePool;

  constructor(path: string, connectionArgs: readonly string[], readers: number) {
    const open = (): Session => new Session(path, { connectionArgs });
    this.writes = new LanePool([open()], 256);
    this.reads = new LanePool(Array.from({ length: readers }, open), 256);
  }

  async close(): Promise<void> {
    await Promise.all([this.reads.drained(), this.writes.drained()]);
    this.reads.close();
    this.writes.close();
  }
}
