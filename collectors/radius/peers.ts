/**
 * Sockets of senders that have proved who they are. The system puts a datagram of such a sender into the buffer of its own
 * socket, so what floods the open one from elsewhere takes no room there, and both are read in turns.
 */
import type dgram from 'node:dgram';
import { closeUdp, joinUdp } from '../udp/socket.ts';

/** Senders beyond so many share the open socket again, those first that have not sent for longest. */
const PEERS_MAX = 256;
/** Some access servers take another port for each request: a socket is only made for one that comes back. */
const PROOFS = 3;
const CANDIDATES_MAX = 10_000;

export type Receive = (bytes: Uint8Array, sender: dgram.RemoteInfo) => void;

export class Peers {
  private readonly open: dgram.Socket;
  private readonly receive: Receive;
  private readonly failed: (error: Error) => void;
  /** By address and port; null while its socket is made. Those that have sent last stand last. */
  private readonly sockets = new Map<string, dgram.Socket | null>();
  /** Genuine packets of senders that have no socket yet. */
  private readonly candidates = new Map<string, number>();
  private stopped = false;

  constructor(open: dgram.Socket, receive: Receive, failed: (error: Error) => void) {
    this.open = open;
    this.receive = receive;
    this.failed = failed;
  }

  get count(): number {
    return this.sockets.size;
  }

  /** A packet of that sender came through the open socket and was genuine. */
  proved(address: string, port: number): void {
    const key = `${address}/${port}`;
    if (this.stopped || this.sockets.has(key) || !this.hasComeBack(key)) return;
    if (this.sockets.size >= PEERS_MAX) this.dropOldest();
    this.sockets.set(key, null);
    joinUdp(this.open, { address, port }, (socket) => {
      socket.on('message', (bytes, from) => {
        this.sockets.delete(key);
        this.sockets.set(key, socket);
        this.receive(bytes, from);
      });
    }).then(
      (socket) => {
        if (this.stopped || !this.sockets.has(key)) void closeUdp(socket);
        else this.sockets.set(key, socket);
      },
      (error: Error) => {
        // It stays with the open socket.
        this.sockets.delete(key);
        this.failed(error);
      },
    );
  }

  private hasComeBack(key: string): boolean {
    const { candidates } = this;
    const proofs = (candidates.get(key) ?? 0) + 1;
    if (proofs >= PROOFS) return candidates.delete(key);
    if (candidates.size >= CANDIDATES_MAX) candidates.clear();
    candidates.set(key, proofs);
    return false;
  }

  /** Packets on their way are still answered. */
  stopReading(): void {
    this.stopped = true;
    for (const socket of this.sockets.values()) socket?.removeAllListeners('message');
  }

  async stop(): Promise<void> {
    this.stopReading();
    const sockets = [...this.sockets.values()].filter((socket) => socket !== null);
    this.sockets.clear();
    await Promise.all(sockets.map(closeUdp));
  }

  private dropOldest(): void {
    const [key, socket] = this.sockets.entries().next().value!;
    this.sockets.delete(key);
    if (socket !== null) void closeUdp(socket);
  }
}
