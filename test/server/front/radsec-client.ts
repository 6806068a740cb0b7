/** An access server that sends over TLS (RFC 6614): when its connection breaks, it connects again and sends what has no answer. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import {
  Code,
  isResponseTo,
  makePacket,
  readPacket,
  signRequest,
  type Packet,
} from '../../../collectors/radius/index.ts';
import { accountingAttributes } from '../../../simulator/encode.ts';
import type { PacketStatus } from '../../../simulator/events.ts';

const SECRET = Buffer.from('radsec');
const OUTSTANDING_MAX = 10;
const AGAIN_MS = 200;

/** `authority.pem`, and of both sides a certificate of it with its key: `localhost.pem`, `bras.pem`. */
export function makeCertificates(folder: string): void {
  const make = (name: string, ...by: string[]): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
    const args = ['req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, '-out', `${name}.pem`, ...by];
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  };
  make('authority');
  for (const name of ['localhost', 'bras']) make(name, '-CA', 'authority.pem', '-CAkey', 'authority.key');
}

export interface Told {
  status: PacketStatus;
  id: string;
  login: string;
  port: number;
  startedAtMs: number;
  seconds: number;
  bytes: number;
}

function requestOf({ status, id, login, port, startedAtMs, seconds, bytes }: Told, identifier: number): Packet {
  const atMs = startedAtMs + seconds * 1000;
  const counters = { inOctets: 0, outOctets: bytes, rebooted: false };
  const packet = { kind: 'session' as const, status, id, login, port, startedAtMs, atMs, ...counters };
  return readPacket(signRequest(makePacket(Code.accountingRequest, identifier, accountingAttributes(packet)), SECRET))!;
}

/** Sends up to 256 packets until each is answered; resolves with how many were. */
export function sendOverTls(folder: string, port: number, packets: readonly Told[]): Promise<number> {
  const queue = packets.map((one, index) => requestOf(one, index));
  const outstanding = new Map<number, Packet>();
  const read = (name: string): Buffer => fs.readFileSync(path.join(folder, name));
  const identity = { ca: read('authority.pem'), cert: read('bras.pem'), key: read('bras.key') };
  return new Promise((resolve) => {
    const connect = (): void => {
      const socket = tls.connect({ host: '127.0.0.1', port, servername: 'localhost', ...identity });
      let rest = Buffer.alloc(0);
      const fill = (): void => {
        while (queue.length > 0 && outstanding.size < OUTSTANDING_MAX) {
          const request = queue.shift()!;
          outstanding.set(request.identifier, request);
          socket.write(request.bytes);
        }
        if (outstanding.size === 0) socket.end();
      };
      socket.on('secureConnect', () => {
        for (const { bytes } of outstanding.values()) socket.write(bytes);
        fill();
      });
      socket.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        while (rest.length >= 4 && rest.length >= rest.readUInt16BE(2)) {
          const response = readPacket(rest)!;
          rest = rest.subarray(response.bytes.length);
          const request = outstanding.get(response.identifier);
          if (request !== undefined && isResponseTo(response, request, SECRET)) outstanding.delete(request.identifier);
        }
        fill();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (queue.length + outstanding.size === 0) resolve(packets.length);
        else setTimeout(connect, AGAIN_MS);
      });
    };
    connect();
  });
}
