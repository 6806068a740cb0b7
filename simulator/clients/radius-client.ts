/**
 * An access server on the network: RADIUS accounting over UDP. A packet that is not answered goes out again with the same
 * identifier and authenticator (RFC 5080 section 2.2.1), at growing distances.
 */
import dgram from 'node:dgram';
import { Code, isResponseTo, makePacket, readPacket, signRequest, type Packet } from '../../collectors/radius/index.ts';
import { accountingAttributes } from '../encode.ts';
import type { Delivery, SessionPacket } from '../events.ts';
import { NO_COUNTS, type ClientCounts, type DeviceClient } from './port.ts';

export interface RadiusTarget {
  host: string;
  port: number;
  secret: Uint8Array;
}

const IDENTIFIERS = 256;
const FIRST_WAIT_MS = 1_000;
const WAIT_MS_MAX = 8_000;

interface Outstanding {
  request: Packet;
  answered(acknowledged: boolean): void;
}

/** A source port with its 256 identifiers. */
interface Port {
  socket: dgram.Socket;
  waiting: (Outstanding | undefined)[];
  free: number[];
}

export class RadiusClient implements DeviceClient {
  readonly acknowledges = true;
  readonly counts: ClientCounts = { ...NO_COUNTS };
  private readonly target: RadiusTarget;
  private readonly ports: Port[] = [];
  private closed = false;

  constructor(target: RadiusTarget) {
    this.target = target;
  }

  deliver({ event, lost }: Delivery): Promise<boolean> {
    if (this.closed) return Promise.resolve(false);
    const port = this.ports.find(({ free }) => free.length > 0) ?? this.openPort();
    const identifier = port.free.shift()!;
    const bytes = makePacket(Code.accountingRequest, identifier, accountingAttributes(event as SessionPacket));
    const request = readPacket(signRequest(bytes, this.target.secret))!;
    return new Promise((resolve) => {
      let attempt = 0;
      // The answer to the first attempt gets lost on its way: it is as if it had not come.
      let deaf = lost === 'answer';
      let timer: NodeJS.Timeout;
      const send = (): void => {
        if (attempt > 0) this.counts.retries++;
        if (attempt > 0 || lost !== 'request') port.socket.send(bytes, this.target.port, this.target.host);
        timer = setTimeout(send, Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** Math.min(attempt, 10)));
        attempt++;
      };
      const answered = (acknowledged: boolean): void => {
        if (acknowledged && deaf) return void (deaf = false);
        clearTimeout(timer);
        port.waiting[identifier] = undefined;
        port.free.push(identifier);
        resolve(acknowledged);
      };
      port.waiting[identifier] = { request, answered };
      send();
    });
  }

  async finish(): Promise<void> {
    this.abort();
  }

  abort(): void {
    this.closed = true;
    for (const { socket, waiting } of this.ports) {
      for (const one of waiting) one?.answered(false);
      socket.close();
    }
    this.ports.length = 0;
  }

  private openPort(): Port {
    const socket = dgram.createSocket(this.target.host.includes(':') ? 'udp6' : 'udp4');
    const free = Array.from({ length: IDENTIFIERS }, (_, identifier) => identifier);
    const port: Port = { socket, waiting: Array.from({ length: IDENTIFIERS }), free };
    socket.on('message', (bytes) => {
      const response = readPacket(bytes);
      const one = response === null ? undefined : port.waiting[response.identifier];
      if (one !== undefined && isResponseTo(response!, one.request, this.target.secret)) one.answered(true);
    });
    // Nobody listens there just now: as good as a lost packet.
    socket.on('error', () => undefined);
    this.ports.push(port);
    return port;
  }
}
