/** RADIUS accounting over UDP (RFC 2866), and over TLS where it is configured (RFC 6614). */
import type dgram from 'node:dgram';
import type { Collector, CollectorStatus, RecordIntake, Surroundings } from '../port.ts';
import { bindUdp, closeUdp } from '../udp/socket.ts';
import { Accounting } from './accounting.ts';
import { RadiusClients, type RadiusClient } from './clients.ts';
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

  constructor(options: RadiusOptions, intake: RecordIntake, surroundings: Surroundings) {
    this.options = options;
    this.accounting = new Accounting(intake, surroundings);
    this.clients = new RadiusClients(options.clients);
  }

  async start(): Promise<void> {
    const socket = await bindUdp(this.options);
    try {
      if (this.options.tls !== undefined) this.radsec = await RadsecServer.open(this.options.tls, this.accounting);
    } catch (error) {
      await closeUdp(socket);
      throw error;
    }
    socket.on('message', (bytes, { address, port }) => this.receive(socket, bytes, address, port));
    this.socket = socket;
  }

  status(): CollectorStatus {
    return {
      state: this.socket === null ? 'waiting' : 'taking',
      detail: this.detail(),
      lastSeenMs: this.accounting.lastSeenMs,
      connections: this.radsec?.connections ?? 0,
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
    const { socket, radsec } = this;
    this.socket = this.radsec = null;
    socket?.removeAllListeners('message');
    await Promise.all(this.underway);
    await radsec?.stop();
    if (socket !== null) await closeUdp(socket);
  }

  private detail(): string | null {
    if (this.socket === null) return null;
    const { address, port } = this.socket.address();
    const overTls = this.radsec === null ? '' : `, RadSec on ${this.radsec.address}`;
    return `listens on ${address}:${port}${overTls}`;
  }

  private receive(socket: dgram.Socket, bytes: Uint8Array, address: string, port: number): void {
    const secret = this.clients.secretOf(address);
    if (secret === null) return void this.accounting.drop('stranger');
    const handled: Promise<void> = this.accounting
      .handle(bytes, { address, port, secret })
      .then((answer) => {
        if (answer !== null) socket.send(answer, port, address, () => undefined);
      })
      .finally(() => this.underway.delete(handled));
    this.underway.add(handled);
  }
}
