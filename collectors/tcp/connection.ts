/** One sender's connection: reads no faster than the log takes, and ends when its sender is slow or silent. */
import type { Socket } from 'node:net';
import { toTollgridError } from '../../platform/errors.ts';
import { LineSplitter } from '../lines/split-lines.ts';
import type { RecordIntake, Surroundings } from '../port.ts';

export interface ConnectionLimits {
  lineBytesMax: number;
  lineSeconds: number;
  idleSeconds: number;
}

export class Connection {
  private readonly socket: Socket;
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly limits: ConnectionLimits;
  private readonly lines: LineSplitter;
  private lineTimer: NodeJS.Timeout | null = null;
  /** Resolves when the connection is over and everything read from it is in the log, or cannot be. */
  readonly done: Promise<void>;

  constructor(
    socket: Socket,
    intake: RecordIntake,
    surroundings: Surroundings,
    limits: ConnectionLimits,
    seen: () => void,
  ) {
    this.socket = socket;
    this.intake = intake;
    this.surroundings = surroundings;
    this.limits = limits;
    this.lines = new LineSplitter(limits.lineBytesMax);
    socket.setKeepAlive(true, 60_000);
    socket.setTimeout(limits.idleSeconds * 1000, () => socket.end());
    this.done = this.read(seen).catch((error: unknown) => {
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
  private async read(seen: () => void): Promise<void> {
    try {
      for await (const chunk of this.socket as AsyncIterable<Uint8Array>) {
        seen();
        await this.take(this.lines.push(chunk));
        this.watchOpenLine();
      }
    } catch (error) {
      // A sender that vanishes is the end of its connection; a log that refuses is not.
      if (toTollgridError(error).code !== 'INTERNAL') throw error;
    } finally {
      if (this.lineTimer !== null) clearTimeout(this.lineTimer);
    }
    await this.take(this.lines.end());
  }

  private async take(lines: readonly Uint8Array[]): Promise<void> {
    if (lines.length > 0) await this.intake.takeWhenRoom(lines);
  }

  private watchOpenLine(): void {
    if (this.lineTimer !== null) clearTimeout(this.lineTimer);
    this.lineTimer = null;
    if (this.lines.openBytes === 0) return;
    this.lineTimer = setTimeout(() => {
      this.surroundings.warn('SENDER_SLOW', `a line was not finished within ${this.limits.lineSeconds} s`);
      this.end();
    }, this.limits.lineSeconds * 1000);
  }
}
