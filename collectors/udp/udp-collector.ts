/** Lines in datagrams, or datagrams kept whole (syslog, SMDR over UDP). Nobody can be told to wait: what finds no room is counted as refused. */
import type dgram from 'node:dgram';
import { toTollgridError } from '../../platform/errors.ts';
import { makeFrame } from '../../mediation/formats/index.ts';
import { Clients } from '../clients.ts';
import { LineSplitter } from '../lines/split-lines.ts';
import type { Collector, CollectorStatus, RecordIntake, Surroundings } from '../port.ts';
import { bindUdp, closeUdp } from './socket.ts';

export interface UdpOptions {
  host: string;
  port: number;
  clients: readonly string[];
  /** `datagram`: each is one record, with its sender and the time of receipt around it. */
  framing: 'lines' | 'datagram';
}

/** The largest datagram there is. */
const DATAGRAM_BYTES_MAX = 65_535;

export class UdpCollector implements Collector {
  private readonly options: UdpOptions;
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly clients: Clients;
  private readonly taking = new Set<Promise<void>>();
  private socket: dgram.Socket | null = null;
  private detail: string | null = null;
  private lastSeenMs: number | null = null;
  private readonly refused = { stranger: 0, busy: 0 };

  constructor(options: UdpOptions, intake: RecordIntake, surroundings: Surroundings) {
    this.options = options;
    this.intake = intake;
    this.surroundings = surroundings;
    this.clients = new Clients(options.clients);
  }

  async start(): Promise<void> {
    const socket = await bindUdp(this.options);
    socket.on('message', (bytes, { address }) => this.receive(bytes, address));
    this.socket = socket;
    const { address, port } = socket.address();
    this.detail = `listens on ${address}:${port}`;
  }

  status(): CollectorStatus {
    return {
      state: this.socket === null ? 'waiting' : 'taking',
      detail: this.detail,
      lastSeenMs: this.lastSeenMs,
      connections: 0,
      waitingFiles: 0,
      refused: { ...this.refused },
    };
  }

  async test(): Promise<string[]> {
    if (this.socket !== null) return [this.detail!];
    const socket = await bindUdp(this.options);
    const { address, port } = socket.address();
    await closeUdp(socket);
    return [`can listen on ${address}:${port}`];
  }

  async stop(): Promise<void> {
    if (this.socket !== null) await closeUdp(this.socket);
    this.socket = null;
    await Promise.all(this.taking);
  }

  private receive(datagram: Uint8Array, address: string): void {
    if (!this.clients.allows(address)) {
      this.refused.stranger++;
      return;
    }
    this.lastSeenMs = this.surroundings.now();
    const records = this.recordsOf(datagram, address, this.lastSeenMs);
    if (records.length === 0) return;
    const taken: Promise<void> = this.intake
      .take(records)
      .catch((error: unknown) => {
        this.refused.busy++;
        const { code, message } = toTollgridError(error);
        if (code !== 'STOPPING') this.surroundings.warn(code, message);
      })
      .finally(() => this.taking.delete(taken));
    this.taking.add(taken);
  }

  private recordsOf(datagram: Uint8Array, sender: string, nowMs: number): Uint8Array[] {
    if (this.options.framing === 'datagram') return datagram.length === 0 ? [] : [makeFrame(sender, nowMs, datagram)];
    const splitter = new LineSplitter(DATAGRAM_BYTES_MAX);
    // None is longer than a datagram, and nothing is missing behind its end.
    return [...splitter.push(datagram).whole, ...splitter.end(true).whole];
  }
}
