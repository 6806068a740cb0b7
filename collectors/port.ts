/**
 * What every collector is, and what it may ask of the intake. Bytes go in, one promise comes back, and it resolves
 * when they are durable: only then may a sender be told that they arrived.
 */

export type CollectorState = 'starting' | 'taking' | 'waiting' | 'pausing' | 'paused';

export interface CollectorStatus {
  /**
   * `starting`: its turn comes. `waiting`: nothing comes for now and it tries again by itself; `detail` says why. `pausing`: takes
   * nothing more, and what it took waits for the log.
   */
  state: CollectorState;
  /** Code and reason, or where it listens; without customers' data. */
  detail: string | null;
  /** When anything arrived last (UTC, milliseconds); null: nothing since the start. */
  lastSeenMs: number | null;
  /** Open connections, where there are any. */
  connections: number;
  /** Files that are not taken yet. */
  waitingFiles: number;
  /** How far it is behind, where it can tell; otherwise the age of what waits for the log is told (`ms`). */
  lag?: Lag | null;
  /** What senders were refused, by reason: `stranger`, `connections`, `busy`, `forged`, `malformed`... */
  refused: Readonly<Record<string, number>>;
  /** Files that were refused and still lie somewhere: in the quarantine folder, or where they came from. */
  refusedFiles?: RefusedFiles;
}

/**
 * `messages`: that brokers hold, or that they are not acknowledged yet. `files`: that are there and not taken yet. `ms`: age of the
 * oldest records that arrived and are not durable; 0 when there are none.
 */
export interface Lag {
  amount: number;
  unit: 'messages' | 'files' | 'ms';
}

export interface RefusedFiles {
  count: number;
  /** The first ones, each with a stable code and what is wrong in words. */
  first: readonly { name: string; code: string; detail: string }[];
}

export interface Collector {
  /** Resolves when it has begun to take. When it throws, it is made anew and started again a little later. */
  start(): Promise<void>;
  /** Takes nothing more; resolves when what it had taken is durable or its sender knows that it is not. */
  stop(): Promise<void>;
  status(): CollectorStatus;
  /** Tries the way in once and takes nothing. A line each for people; throws when usage could not arrive. */
  test(): Promise<string[]>;
}

/** The log, as a collector of single records sees it. */
export interface RecordIntake {
  /**
   * Whole records as they came. Resolves when they are durable. Errors: INTAKE_BUSY (more waits than the source may
   * hold: nothing was taken), STOPPING, LOG_BROKEN.
   */
  take(records: readonly Uint8Array[]): Promise<void>;
  /**
   * The same for senders that can be made to wait: never busy. `positions` become durable with the records, in the same
   * entry: where to go on, by stream.
   */
  takeWhenRoom(records: readonly Uint8Array[], positions?: Positions): Promise<void>;
  /** What will never be a whole record: kept with its bytes, never charged. Waits for room like `takeWhenRoom`. */
  takePieces(pieces: readonly Uint8Array[]): Promise<void>;
  /** The source's last batches in the log, the newest first: what its senders may send again. */
  recent?(): AsyncIterable<Uint8Array>;
  /** All positions of the source that are in the log. */
  positions?(): Positions;
}

/** Stream → the number of its next message. */
export type Positions = Readonly<Record<string, number>>;

/** What a collector needs of its surroundings; tests hold the time. */
export interface Surroundings {
  now(): number;
  /** Told once per reason, however often it comes back. */
  warn(code: string, message: string): void;
}
