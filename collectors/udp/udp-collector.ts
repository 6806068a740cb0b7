/** Lines in datagrams (syslog, SMDR over UDP). Nobody can be told to wait: what finds no room is counted as refused. */
import dgram from 'node:dgram';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { Clients } from '../clients.ts';
import { LineSplitter } from '../lines/split-lines.ts';
import type { Collector, CollectorStatus, RecordIntake, Surroundings } from '../port.ts';

export interface UdpOptions {
  host: string;
  port: number;
  clients: readonly string[];
}

/** The largest datagram there is. */
const DATAGRAM_BYTES_MAX = 65_535;
/** Room in the system for a burst; the system may grant less. */
const SYSTEM_BUFFER_BYTES = 8 * 1024 * 1024;

export class UdpCollector implements Collector {
  private readonly options: UdpOptions;
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly clients: Clients;
  private readonly taking = new Set<Promise<void>>();
  private socket: dgram.Socket | null = null;
  private detail: string | null = null;
  private lastSeenMs: number | null = null;
  private refused = 0;

  constructor(options: UdpOptions, intake: RecordIntake, surroundings: Surroundings) {
    this.options = options;
    this.intake = intake;
    this.surroundings = surroundings;
    this.clients = new Clients(options.clients);
  }

  async start(): Promise<void> {
    const socket = await bound(this.options);
    socket.on('message', (bytes, { address }) => this.receive(bytes, address));
    socket.on('error', (error) => this.surroundings.warn('SOURCE_UNREACHABLE', error.message));
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
      refused: this.refused,
    };
  }

  async test(): Promise<string[]> {
    if (this.socket !== null) return [this.detail!];
    const socket = await bound(this.options);
    const { address, port } = socket.address();
    await closed(socket);
    return [`can listen on ${address}:${port}`];
  }

  async stop(): Promise<void> {
    if (this.socket !== null) await closed(this.socket);
    this.socket = null;
    await Promise.all(this.taking);
  }

  private receive(datagram: Uint8Array, address: string): void {
    if (!this.clients.allows(address)) {
      this.refused++;
      return;
    }
    this.lastSeenMs = this.surroundings.now();
    const splitter = new LineSplitter(DATAGRAM_BYTES_MAX);
    const lines = [...splitter.push(datagram), ...splitter.end()];
    if (lines.length === 0) return;
    const taken: Promise<void> = this.intake
      .take(lines)
      .catch((error: unknown) => {
        this.refused++;
        const { code, message } = toTollgridError(error);
        if (code !== 'STOPPING') this.surroundings.warn(code, message);
      })
      .finally(() => this.taking.delete(taken));
    this.taking.add(taken);
  }
}

/** Error: SOURCE_UNREACHABLE. */
async function bound({ host, port }: UdpOptions): Promise<dgram.Socket> {
  const socket = dgram.createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: SYSTEM_BUFFER_BYTES,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      reject(new TollgridError('SOURCE_UNREACHABLE', `cannot listen on ${host}:${port}: ${error.message}`));
    });
    socket.bind({ address: host, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  return socket;
}

function closed(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
