/** One sender's connection: reads no faster than the log takes, and ends when its sender is slow or silent. */
import type { Socket } from 'node:net';
import { toTollgridError } from '../../platform/errors.ts';
import type { RecordSplitter } from '../lines/split-lines.ts';
import type { RecordIntake, Surroundings } from '../port.ts';

export interface ConnectionLimits {
  lineSeconds: number;
  idleSeconds: number;
}

/** What a connection says of its sender; reasons are counted. */
export interface ConnectionEvents {
  seen(): void;
  refused(reason: 'slow' | 'malformed'): void;
}

export class Connection {
  private readonly socket: Socket;
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly limits: ConnectionLimits;
  private readonly records: RecordSplitter;
  private readonly events: ConnectionEvents;
  private lineTimer: NodeJS.Timeout | null = null;
  /** Resolves when the connection is over and everything read from it is in the log, or cannot be. */
  readonly done: Promise<void>;

  constructor(
    socket: Socket,
    intake: RecordIntake,
    surroundings: Surroundings,
    limits: ConnectionLimits,
    records: RecordSplitter,
    events: ConnectionEvents,
  ) {
    this.socket = socket;
    this.intake = intake;
    this.surroundings = surroundings;
    this.limits = limits;
    this.records = records;
    this.events = events;
    socket.setKeepAlive(true, 60_000);
    socket.setTimeout(limits.idleSeconds * 1000, () => socket.end());
    this.done = this.read().catch((error: unknown) => {
      const { code, message } = toTollgridError(error);
      if (code !== 'STOPPING') surroundings.warn(code, message);
      socket.destroy();
    });
  }

  /** No more is read; `done` resolves when the rest is in the log. */
  end(): void {
    this.socket.destroy();
  }

  /** The next chunk is read when the last one is durable: TCP makes the sender wait meanwhile. */
  private async read(): Promise<void> {
    try {
      for await (const chunk of this.socket as AsyncIterable<Uint8Array>) {
        this.events.seen();
        const records = this.records.push(chunk);
        await this.take(records);
        if (this.records.broken) {
          this.refuse('malformed', 'FRAME_BROKEN', 'what a sender sent is no frame of the kind that is expected');
          break;
        }
        this.watchOpenRecord(records.length > 0);
      }
    } catch (error) {
      // A sender that vanishes is the end of its connection; a log that refuses is not.
      if (toTollgridError(error).code !== 'INTERNAL') throw error;
    } finally {
      if (this.lineTimer !== null) clearTimeout(this.lineTimer);
    }
    await this.take(this.records.end());
  }

  private async take(records: readonly Uint8Array[]): Promise<void> {
    if (records.length > 0) await this.intake.takeWhenRoom(records);
  }

  /** The time runs from where a record began: a byte now and then does not make it longer. */
  private watchOpenRecord(isNew: boolean): void {
    const isOpen = this.records.openBytes > 0;
    if (this.lineTimer !== null && isOpen && !isNew) return;
    if (this.lineTimer !== null) clearTimeout(this.lineTimer);
    this.lineTimer = null;
    if (!isOpen) return;
    const { lineSeconds } = this.limits;
    this.lineTimer = setTimeout(
      () => this.refuse('slow', 'SENDER_SLOW', `a record was not finished within ${lineSeconds} s`),
      lineSeconds * 1000,
    );
  }

  private refuse(reason: 'slow' | 'malformed', code: string, message: string): void {
    this.events.refused(reason);
    this.surroundings.warn(code, message);
    this.end();
  }
}
