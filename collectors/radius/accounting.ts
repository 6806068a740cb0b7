/**
 * What becomes of a datagram or of a packet from a TLS stream: an answer, or none. An accounting request is answered when
 * it is durable (RFC 2866 section 2), its repetitions with the same answer; Status-Server at once (RFC 5997). All that is
 * forged, broken or meant for somebody else is counted and hears nothing.
 */
import { makeFrame } from '../../mediation/formats/index.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { RecordIntake, Surroundings } from '../port.ts';
import { hasMessageAuthenticator, requestFault, respond } from './authenticators.ts';
import { authenticatorOf, Code, readPacket, type Packet } from './packet.ts';
import { Repeats } from './repeats.ts';

export interface Sender {
  address: string;
  port: number;
  secret: Uint8Array;
  /** Its requests count only with Message-Authenticator. */
  requireMessageAuthenticator?: boolean | undefined;
  /** It sends over a stream, which is read no further while there is no room; a datagram finds room or is dropped. */
  canWait?: boolean;
}

export type Dropped = 'stranger' | 'malformed' | 'forged' | 'noMessageAuthenticator' | 'other' | 'busy';

export class Accounting {
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly repeats = new Repeats();
  readonly dropped: Record<Dropped, number> = {
    stranger: 0,
    malformed: 0,
    forged: 0,
    noMessageAuthenticator: 0,
    other: 0,
    busy: 0,
  };
  repeated = 0;
  lastSeenMs: number | null = null;

  constructor(intake: RecordIntake, surroundings: Surroundings) {
    this.intake = intake;
    this.surroundings = surroundings;
  }

  /**
   * The answer, or null when there is none (yet): then the access server tries again. A promise only where something has to
   * be made durable: what a flood brings is judged at once, the cheapest question first.
   */
  handle(datagram: Uint8Array, sender: Sender): Uint8Array | null | Promise<Uint8Array | null> {
    const packet = readPacket(datagram);
    if (packet === null) return this.drop('malformed');
    if (packet.code !== Code.accountingRequest && packet.code !== Code.statusServer) return this.drop('other');
    if (requestFault(packet, sender.secret) !== null) return this.drop('forged');
    if (sender.requireMessageAuthenticator && !hasMessageAuthenticator(packet)) {
      return this.drop('noMessageAuthenticator');
    }
    const nowMs = this.surroundings.now();
    this.lastSeenMs = nowMs;
    if (packet.code === Code.statusServer) return respond(Code.accountingResponse, packet, sender.secret);
    const key = keyOf(packet, sender);
    const seen = this.repeats.see(key, nowMs);
    if (seen === 'new') return this.take(packet, sender, key, nowMs);
    this.repeated++;
    return seen === 'underway' ? null : seen;
  }

  drop(reason: Dropped): null {
    this.dropped[reason]++;
    return null;
  }

  private async take(packet: Packet, sender: Sender, key: string, nowMs: number): Promise<Uint8Array | null> {
    try {
      const frames = [makeFrame(sender.address, nowMs, packet.bytes)];
      await (sender.canWait ? this.intake.takeWhenRoom(frames) : this.intake.take(frames));
    } catch (error) {
      this.repeats.forget(key);
      const { code, message } = toTollgridError(error);
      if (code !== 'STOPPING') this.surroundings.warn(code, message);
      return this.drop('busy');
    }
    const response = respond(Code.accountingResponse, packet, sender.secret);
    this.repeats.answered(key, response);
    return response;
  }
}

function keyOf(packet: Packet, { address, port }: Sender): string {
  const authenticator = Buffer.from(authenticatorOf(packet)).toString('latin1');
  return `${address}/${port}/${packet.identifier}/${authenticator}`;
}
