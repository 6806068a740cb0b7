/**
 * A branch exchange that writes a line per call over TCP, as SMDR does. There is no answer: a line counts as delivered when
 * the system has taken it. When the connection breaks it connects again and goes on; what it had written and what was
 * not read by the other side is then lost, and told as uncertain.
 */
import net from 'node:net';
import { callLine } from '../encode.ts';
import type { Call, Delivery } from '../events.ts';
import { NO_COUNTS, pause, type ClientCounts, type DeviceClient } from './port.ts';

const CONNECT_AGAIN_MS = 500;

export class LineClient implements DeviceClient {
  readonly acknowledges = false;
  readonly counts: ClientCounts = { ...NO_COUNTS };
  private readonly host: string;
  private readonly port: number;
  private readonly closing = new AbortController();
  private socket: net.Socket | null = null;
  private linesWritten = 0;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  deliver(delivery: Delivery): Promise<boolean> {
    const done = this.turn.then(() => this.write(delivery));
    this.turn = done;
    return done;
  }

  async finish(): Promise<void> {
    await this.turn;
    await this.hangUp();
  }

  abort(): void {
    this.closing.abort();
    this.socket?.destroy();
  }

  /** A connection that is lost in between: it ends after its last whole line, and the next line takes a new one. */
  private async write({ event, lost }: Delivery): Promise<boolean> {
    if (lost !== 'nothing') await this.hangUp();
    const line = callLine(event as Call);
    while (!this.closing.signal.aborted) {
      this.socket ??= await this.connect();
      if (this.socket !== null && (await this.written(this.socket, line))) return true;
      this.counts.retries++;
      await pause(CONNECT_AGAIN_MS, this.closing.signal);
    }
    return false;
  }

  private written(socket: net.Socket, line: string): Promise<boolean> {
    return new Promise((resolve) => {
      const broken = (): void => resolve(false);
      socket.once('close', broken);
      // Called when the system has the bytes: a full window of the other side makes this wait.
      socket.write(line, (error) => {
        socket.off('close', broken);
        if (!error) this.linesWritten++;
        resolve(!error);
      });
    });
  }

  private connect(): Promise<net.Socket | null> {
    return new Promise((resolve) => {
      const socket = net.connect(this.port, this.host);
      socket.once('connect', () => resolve(socket));
      socket.on('error', () => undefined);
      socket.on('close', (failed) => {
        if (this.socket === socket) this.socket = null;
        if (failed) this.counts.uncertain += this.linesWritten;
        this.linesWritten = 0;
        resolve(null);
      });
      socket.resume();
    });
  }

  /** Resolves when the other side has read everything. */
  private async hangUp(): Promise<void> {
    const { socket } = this;
    this.socket = null;
    if (socket === null || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.end();
    });
  }
}
