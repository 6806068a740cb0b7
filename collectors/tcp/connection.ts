/** One sender's connection: reads no faster than the log takes, and ends when its sender is slow or silent. */
import type { Socket } from 'node:net';
import { toTollgridError } from '../../platform/errors.ts';
import type { RecordSplitter, Split } from '../lines/split-lines.ts';
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
  /** Tollgrid ends it, whatever the sender answers to that. */
  private ending = false;
  /** What had arrived and was not looked at when Tollgrid ended it. */
  private left: Uint8Array | null = null;
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
    socket.on('timeout', () => {
      this.ending = true;
      socket.end();
    });
    this.done = this.read().catch((error: unknown) => {
      const { code, message } = toTollgridError(error);
      if (code !== 'STOPPING') surroundings.warn(code, message);
      socket.destroy();
    });
  }

  /** No more is read; `done` resolves when what has arrived is in the log. */
  end(): void {
    if (this.socket.destroyed) return;
    this.ending = true;
    this.left = this.socket.read() as Uint8Array | null;
    this.socket.destroy();
  }

  /** The next chunk is read when the last one is durable: TCP makes the sender wait meanwhile. */
  private async read(): Promise<void> {
    this.waitForSender();
    try {
      for await (const chunk of this.socket as AsyncIterable<Uint8Array>) {
        this.events.seen();
        await this.takeChunk(chunk);
        if (this.records.broken) {
          this.refuse('malformed', 'FRAME_BROKEN', 'what a sender sent is no frame of the kind that is expected');
          break;
        }
      }
    } catch (error) {
      // A sender that vanishes is the end of its connection; a log that refuses is not.
      if (toTollgridError(error).code !== 'INTERNAL') throw error;
    } finally {
      this.stopWaiting();
    }
    if (this.left !== null && !this.records.broken) await this.take(this.records.push(this.left));
    await this.take(this.records.end(this.socket.readableEnded && !this.ending));
  }

  private async takeChunk(chunk: Uint8Array): Promise<void> {
    const split = this.records.push(chunk);
    if (split.whole.length + split.pieces.length === 0) return this.waitForSender();
    // While Tollgrid keeps the sender waiting, nobody can say that the sender is slow.
    this.stopWaiting();
    await this.take(split);
    this.waitForSender();
  }

  private async take({ whole, pieces }: Split): Promise<void> {
    if (whole.length > 0) await this.intake.takeWhenRoom(whole);
    if (pieces.length > 0) await this.intake.takePieces(pieces);
  }

  private stopWaiting(): void {
    this.stopLineTimer();
    this.socket.setTimeout(0);
  }

  private stopLineTimer(): void {
    if (this.lineTimer !== null) clearTimeout(this.lineTimer);
    this.lineTimer = null;
  }

  /** The time of a record runs from where it began: a byte now and then does not make it longer. */
  private waitForSender(): void {
    const { lineSeconds, idleSeconds } = this.limits;
    this.socket.setTimeout(idleSeconds * 1000);
    if (this.records.openBytes === 0) this.stopLineTimer();
    else
      this.lineTimer ??= setTimeout(
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
