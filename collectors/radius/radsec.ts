/** RADIUS over TLS (RFC 6614): the certificate tells who sends, the shared secret is the word `radsec`. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { TollgridError } from '../../platform/errors.ts';
import type { Accounting } from './accounting.ts';

export interface RadsecOptions {
  host: string;
  port: number;
  certificateFile: string;
  keyFile: string;
  /** Whoever shows a certificate of this authority may send. */
  clientsCaFile: string;
  connectionsMax: number;
}

const SECRET = Buffer.from('radsec');
const HEADER_BYTES = 4;
const PACKET_BYTES_MAX = 4096;
const IDLE_MS = 3_600_000;

export class RadsecServer {
  private readonly server: tls.Server;
  private readonly accounting: Accounting;
  private readonly sockets = new Set<tls.TLSSocket>();
  private readonly reading = new Set<Promise<void>>();

  private constructor(server: tls.Server, accounting: Accounting, connectionsMax: number) {
    this.server = server;
    this.accounting = accounting;
    server.maxConnections = connectionsMax;
    server.on('secureConnection', (socket) => this.follow(socket));
    // A handshake that fails is a stranger's.
    server.on('tlsClientError', () => void accounting.drop('stranger'));
  }

  /** Error: SOURCE_UNREACHABLE. */
  static async open(options: RadsecOptions, accounting: Accounting): Promise<RadsecServer> {
    const { host, port } = options;
    try {
      const server = tls.createServer({
        cert: readFileSync(options.certificateFile),
        key: readFileSync(options.keyFile),
        ca: readFileSync(options.clientsCaFile),
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
      });
      const opened = new RadsecServer(server, accounting, options.connectionsMax);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, resolve);
      });
      return opened;
    } catch (error) {
      throw new TollgridError('SOURCE_UNREACHABLE', `RadSec on ${host}:${port}: ${(error as Error).message}`);
    }
  }

  get connections(): number {
    return this.sockets.size;
  }

  get address(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.reading);
    await closed;
  }

  private follow(socket: tls.TLSSocket): void {
    this.sockets.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    const read: Promise<void> = this.read(socket)
      .catch(() => void socket.destroy())
      .finally(() => {
        this.sockets.delete(socket);
        this.reading.delete(read);
      });
    this.reading.add(read);
  }

  /** The next bytes are read when those before are answered: TLS makes the sender wait. */
  private async read(socket: tls.TLSSocket): Promise<void> {
    const { remoteAddress: address = '', remotePort: port = 0 } = socket;
    const sender = { address, port, secret: SECRET, canWait: true };
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const packets: Buffer[] = [];
      while (rest.length >= HEADER_BYTES) {
        const length = rest.readUInt16BE(2);
        if (length < 20 || length > PACKET_BYTES_MAX) {
          // Where the next packet starts is unknown from here on.
          this.accounting.drop('malformed');
          socket.destroy();
          return;
        }
        if (rest.length < length) break;
        packets.push(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
      const answers = await Promise.all(packets.map(async (packet) => this.accounting.handle(packet, sender)));
      for (const answer of answers) if (answer !== null && !socket.destroyed) socket.write(answer);
    }
  }
}
