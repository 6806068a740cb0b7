/** RADIUS accounting over UDP (RFC 2866), and over TLS where it is configured (RFC 6614). */
import type dgram from 'node:dgram';
import type { Collector, CollectorStatus, RecordIntake, Surroundings } from '../port.ts';
import { bindUdp, closeUdp } from '../udp/socket.ts';
import { Accounting } from './accounting.ts';
import { RadiusClients, type RadiusClient } from './clients.ts';
import { Peers } from './peers.ts';
import { RadsecServer, type RadsecOptions } from './radsec.ts';

export interface RadiusOptions {
  host: string;
  port: number;
  clients: readonly RadiusClient[];
  tls?: RadsecOptions | undefined;
}

export class RadiusCollector implements Collector {
  private readonly options: RadiusOptions;
  private readonly accounting: Accounting;
  private readonly clients: RadiusClients;
  private readonly underway = new Set<Promise<void>>();
  private socket: dgram.Socket | null = null;
  private radsec: RadsecServer | null = null;
  private peers: Peers | null = null;
  private readonly surroundings: Surroundings;

  constructor(options: RadiusOptions, intake: RecordIntake, surroundings: Surroundings) {
    this.options = options;
    this.accounting = new Accounting(intake, surroundings);
    this.clients = new RadiusClients(options.clients);
    this.surroundings = surroundings;
  }

  async start(): Promise<void> {
    const socket = await bindUdp(this.options, { shared: true });
    try {
      if (this.options.tls !== undefined) this.radsec = await RadsecServer.open(this.options.tls, this.accounting);
    } catch (error) {
      await closeUdp(socket);
      throw error;
    }
    this.peers = new Peers(
      socket,
      (bytes, { address, port }) => this.receive(socket, bytes, address, port),
      ({ message }) => this.surroundings.warn('SOURCE_UNREACHABLE', `a sender gets no socket of its own: ${message}`),
    );
    socket.on('message', (bytes, { address, port }) => {
      if (this.receive(socket, bytes, address, port)) this.peers?.proved(address, port);
    });
    this.socket = socket;
  }

  status(): CollectorStatus {
    return {
      state: this.socket === null ? 'waiting' : 'taking',
      detail: this.detail(),
      lastSeenMs: this.accounting.lastSeenMs,
      connections: (this.radsec?.connections ?? 0) + (this.peers?.count ?? 0),
      waitingFiles: 0,
      refused: { ...this.accounting.dropped },
    };
  }

  async test(): Promise<string[]> {
    if (this.socket !== null) return [this.detail()!];
    const socket = await bindUdp(this.options);
    const { address, port } = socket.address();
    await closeUdp(socket);
    return [`can listen on ${address}:${port}`];
  }

  async stop(): Promise<void> {
    const { socket, radsec, peers } = this;
    this.socket = this.radsec = this.peers = null;
    socket?.removeAllListeners('message');
    peers?.stopReading();
    await Promise.all(this.underway);
    await peers?.stop();
    await radsec?.stop();
    if (socket !== null) await closeUdp(socket);
  }

  private detail(): string | null {
    if (this.socket === null) return null;
    const { address, port } = this.socket.address();
    const overTls = this.radsec === null ? '' : `, RadSec on ${this.radsec.address}`;
    return `listens on ${address}:${port}${overTls}`;
  }

  /** Answers through the open socket, when it is time to. True for a genuine request. */
  private receive(socket: dgram.Socket, bytes: Uint8Array, address: string, port: number): boolean {
    const client = this.clients.at(address);
    if (client === null) {
      this.accounting.drop('stranger');
      return false;
    }
    const { secret, requireMessageAuthenticator } = client;
    const send = (made: Uint8Array | null): void => {
      if (made !== null) socket.send(made, port, address, () => undefined);
    };
    const answer = this.accounting.handle(bytes, { address, port, secret, requireMessageAuthenticator });
    if (!(answer instanceof Promise)) {
      send(answer);
      return false;
    }
    const handled: Promise<void> = answer.then(send).finally(() => this.underway.delete(handled));
    this.underway.add(handled);
    return true;
  }
}
