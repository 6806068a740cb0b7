/**
 * An access server in a process of its own: accounting requests with a window or at a rate, each sent again when its answer
 * is late. Prints one line of JSON. Arguments: port, secret, requests, sockets, window (0: none), rate a second (0: none).
 */
import dgram from 'node:dgram';
import { isResponseTo, signRequest } from '../../collectors/radius/authenticators.ts';
import { attribute, makePacket, readPacket, type Packet } from '../../collectors/radius/packet.ts';

const [port, secretText, total, socketCount, window, rate] = process.argv
  .slice(2)
  .map((text, i) => (i === 1 ? text : Number(text))) as [number, string, number, number, number, number];
const secret = Buffer.from(secretText);
const RESEND_MS = 1000;
const TRIES_MAX = 20;
const PACKETS_PER_SESSION = 10;
const STARTED_SECONDS = Math.floor(Date.now() / 1000) - 3600;

interface Sent {
  request: Packet;
  firstMs: number;
  lastMs: number;
  tries: number;
}

function whole(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** Interims of sessions, and a Stop as the last of each; counters grow by a megabyte a minute. */
function requestOf(no: number, identifier: number): Uint8Array {
  const step = (no % PACKETS_PER_SESSION) + 1;
  const session = Math.floor(no / PACKETS_PER_SESSION);
  const text = (type: number, value: string): Uint8Array => attribute(type, Buffer.from(value));
  const bytes = makePacket(4, identifier, [
    attribute(40, whole(step === PACKETS_PER_SESSION ? 2 : 3)),
    text(44, `b-${process.pid}-${session}`),
    text(1, `login${session % 5000}@town`),
    text(32, 'bras-1'),
    attribute(46, whole(step * 60)),
    attribute(42, whole(step * 1000)),
    attribute(43, whole(step * 1_000_000)),
    attribute(52, whole(0)),
    attribute(53, whole(0)),
    attribute(55, whole(STARTED_SECONDS + step * 60)),
    text(31, '02:00:5e:10:00:17'),
    attribute(5, whole(session)),
  ]);
  return signRequest(bytes, secret);
}

const latencies = new Float64Array(total);
let [begun, done, resent, lost] = [0, 0, 0, 0];
const inFlight = socketsOf();

interface Lane {
  socket: dgram.Socket;
  waiting: Map<number, Sent>;
  next: number;
}

function socketsOf(): Lane[] {
  return Array.from({ length: socketCount }, () => {
    const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
    const lane: Lane = { socket, waiting: new Map(), next: 0 };
    socket.on('message', (bytes) => answered(lane, bytes));
    return lane;
  });
}

function answered(lane: Lane, bytes: Uint8Array): void {
  const response = readPacket(bytes);
  const sent = response === null ? undefined : lane.waiting.get(response.identifier);
  if (sent === undefined || !isResponseTo(response!, sent.request, secret)) return;
  lane.waiting.delete(response!.identifier);
  latencies[done++] = performance.now() - sent.firstMs;
  if (window > 0) fill();
  if (done + lost === total) finish();
}

function sendOne(): boolean {
  for (let tries = 0; tries < inFlight.length; tries++) {
    const lane = inFlight[(begun + tries) % inFlight.length];
    if (lane.waiting.size >= 250) continue;
    while (lane.waiting.has(lane.next)) lane.next = (lane.next + 1) % 256;
    const identifier = lane.next;
    lane.next = (lane.next + 1) % 256;
    const bytes = requestOf(begun++, identifier);
    const nowMs = performance.now();
    lane.waiting.set(identifier, { request: readPacket(bytes)!, firstMs: nowMs, lastMs: nowMs, tries: 1 });
    lane.socket.send(bytes);
    return true;
  }
  return false;
}

function fill(): void {
  const waiting = (): number => inFlight.reduce((sum, lane) => sum + lane.waiting.size, 0);
  while (begun < total && waiting() < window && sendOne());
}

function resend(): void {
  const nowMs = performance.now();
  for (const { socket, waiting } of inFlight) {
    for (const [identifier, sent] of waiting) {
      if (nowMs - sent.lastMs < RESEND_MS) continue;
      if (sent.tries >= TRIES_MAX) {
        waiting.delete(identifier);
        lost++;
        continue;
      }
      if (sent.tries === 1) resent++;
      sent.tries++;
      sent.lastMs = nowMs;
      socket.send(sent.request.bytes);
    }
  }
  if (done + lost === total) finish();
}

function finish(): void {
  const seconds = (performance.now() - startedMs) / 1000;
  const sorted = latencies.subarray(0, done).sort();
  const at = (share: number): number => Number((sorted[Math.min(done - 1, Math.floor(done * share))] ?? 0).toFixed(2));
  const figures = {
    requests: total,
    answered: done,
    lost,
    resent,
    perSecond: Math.round(done / seconds),
    milliseconds: { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) },
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(0);
}

for (const { socket } of inFlight) await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
const startedMs = performance.now();
setInterval(resend, 20);
if (window > 0) fill();
else {
  setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * rate));
    while (begun < due && sendOne());
  }, 1);
}
