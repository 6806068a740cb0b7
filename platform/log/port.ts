/** What the writer of a log is to those who append: the same in files and on Kafka. */
import type { Pins } from './frame.ts';
import type { LogPosition } from './segments.ts';

export interface Appended {
  entryNo: number;
  /** In the segment files of this process. */
  position: LogPosition;
}

export interface LogPort {
  /** Number of the last durable entry, 0 in an empty log. */
  readonly headNo: number;
  /** Number that the next call of `append` will give. */
  readonly nextNo: number;
  /** Bytes that were appended and are not durable yet. */
  readonly waitingBytes: number;
  /**
   * Numbers the entry at once, in the order of calls, and resolves when it is durable. Until then `body` must not change.
   * Errors: LOG_BROKEN, LOG_CLOSED, LOG_BUSY, LOG_ENTRY_TOO_LARGE, LOG_FENCED.
   */
  append(type: number, head: object, body: Uint8Array | undefined, pins: Pins): Promise<Appended>;
  /** Makes durable what waits, then closes. */
  close(): Promise<void>;
}
