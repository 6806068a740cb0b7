/** Lines or frames over TCP: devices connect to Tollgrid, or Tollgrid connects to a device and again after each loss. */
import net from 'node:net';
import { TollgridError } from '../../platform/errors.ts';
import { makeFrame } from '../../mediation/formats/index.ts';
import { Clients } from '../clients.ts';
import { FrameSplitter, type FrameRule } from '../frames/index.ts';
import { LineSplitter } from '../lines/split-lines.ts';
import type { Collector, CollectorStatus, RecordIntake, Surroundings } from '../port.ts';
import { Connection, type ConnectionLimits } from './connection.ts';

export interface TcpOptions extends ConnectionLimits {
  mode: 'listen' | 'connect';
  host: string;
  port: number;
  clients: readonly string[];
  connectionsMax: number;
  lineBytesMax: number;
  /** Frames instead of lines: each is kept whole, with its sender and the time of receipt around it. */
  frames?: FrameRule | undefined;
}

const CONNECT_MS = 10_000;
const AGAIN_MS = 5_000;

export class TcpCollector implements Collector {
  private readonly options: TcpOptions;
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly clients: Clients;
  private readonly connections = new Set<Connection>();
  private server: net.Server | null = null;
  private again: NodeJS.Timeout | null = null;
  private stopping = false;
  private detail: string | null = null;
  private lastSeenMs: number | null = null;
  private readonly refused = { stranger: 0, connections: 0, slow: 0, malformed: 0 };

  constructor(options: TcpOptions, intake: RecordIntake, surroundings: Surroundings) {
    this.options = options;
    this.intake = intake;
    this.surroundings = surroundings;
    this.clients = new Clients(options.clients);
  }

  async start(): Promise<void> {
    if (this.options.mode === 'connect') return void this.connect();
    const server = net.createServer((socket) => this.accept(socket));
    const { port, address } = await listen(server, this.options);
    server.on('error', (error) => this.surroundings.warn('SOURCE_UNREACHABLE', error.message));
    this.detail = `listens on ${address}:${port}`;
    this.server = server;
  }

  status(): CollectorStatus {
    const taking = this.server !== null || this.connections.size > 0;
    return {
      state: taking ? 'taking' : 'waiting',
      detail: this.detail,
      lastSeenMs: this.lastSeenMs,
      connections: this.connections.size,
      waitingFiles: 0,
      refused: { ...this.refused },
    };
  }

  async test(): Promise<string[]> {
    const { mode, host, port } = this.options;
    if (mode === 'listen') {
      if (this.server !== null) return [this.detail!];
      const server = net.createServer();
      const at = await listen(server, this.options);
      await new Promise((resolve) => server.close(resolve));
      return [`can listen on ${at.address}:${at.port}`];
    }
    if (this.connections.size > 0) return [`is connected to ${host}:${port}`];
    const socket = await connected(this.options);
    socket.destroy();
    return [`${host}:${port} answers`];
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.again !== null) clearTimeout(this.again);
    const closed = new Promise<void>((resolve) =>
      this.server === null ? resolve() : this.server.close(() => resolve()),
    );
    for (const connection of this.connections) connection.end();
    await Promise.all([...this.connections].map(({ done }) => done));
    await closed;
  }

  private accept(socket: net.Socket): void {
    // A sender that vanishes is no failure of Tollgrid's; without a listener it would end the process.
    socket.on('error', () => undefined);
    if (this.stopping) return void socket.destroy();
    const crowded = this.connections.size >= this.options.connectionsMax;
    if (crowded || !this.clients.allows(socket.remoteAddress)) {
      this.refused[crowded ? 'connections' : 'stranger']++;
      return void socket.destroy();
    }
    void this.follow(socket);
  }

  private async follow(socket: net.Socket): Promise<void> {
    const { frames, lineBytesMax } = this.options;
    const records = frames === undefined ? new LineSplitter(lineBytesMax) : new FrameSplitter(frames, lineBytesMax);
    const intake = frames === undefined ? this.intake : this.framing(socket.remoteAddress ?? '');
    const connection = new Connection(socket, intake, this.surroundings, this.options, records, {
      seen: () => (this.lastSeenMs = this.surroundings.now()),
      refused: (reason) => this.refused[reason]++,
    });
    this.connections.add(connection);
    await connection.done;
    this.connections.delete(connection);
  }

  private framing(sender: string): RecordIntake {
    const framed = (records: readonly Uint8Array[]): Uint8Array[] =>
      records.map((record) => makeFrame(sender, this.surroundings.now(), record));
    return {
      take: (records) => this.intake.take(framed(records)),
      takeWhenRoom: (records) => this.intake.takeWhenRoom(framed(records)),
      takePieces: (pieces) => this.intake.takePieces(framed(pieces)),
    };
  }

  private async connect(): Promise<void> {
    try {
      const socket = await connected(this.options);
      if (this.stopping) return void socket.destroy();
      socket.on('error', () => undefined);
      this.detail = `is connected to ${this.options.host}:${this.options.port}`;
      await this.follow(socket);
      this.detail = 'SOURCE_UNREACHABLE: the device closed the connection';
    } catch (error) {
      const { code, message } = error as TollgridError;
      this.detail = `${code}: ${message}`;
      this.surroundings.warn(code, message);
    }
    if (!this.stopping) this.again = setTimeout(() => void this.connect(), AGAIN_MS);
  }
}

/** Error: SOURCE_UNREACHABLE. */
async function listen(server: net.Server, { host, port }: TcpOptions): Promise<net.AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(unreachable(`cannot listen on ${host}:${port}: ${error.message}`)));
    server.listen({ host, port }, resolve);
  });
  return server.address() as net.AddressInfo;
}

/** Error: SOURCE_UNREACHABLE. */
function connected({ host, port }: TcpOptions): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const fail = (reason: string): void => {
      socket.destroy();
      reject(unreachable(`cannot connect to ${host}:${port}: ${reason}`));
    };
    const failed = (error: Error): void => fail(error.message);
    socket.setTimeout(CONNECT_MS, () => fail(`no answer within ${CONNECT_MS / 1000} s`));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}

function unreachable(message: string): TollgridError {
  return new TollgridError('SOURCE_UNREACHABLE', message);
}
