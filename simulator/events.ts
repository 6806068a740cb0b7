/** What devices tell: calls, packets of sessions, values of meters. Times are UTC milliseconds, on the device's clock. */

/** A call that ended. */
export interface Call {
  kind: 'call';
  id: string;
  caller: string;
  called: string;
  answeredAtMs: number;
  seconds: number;
}

export type PacketStatus = 'Start' | 'Interim-Update' | 'Stop' | 'Accounting-On' | 'Accounting-Off';

/** One accounting packet; counters are those of the session so far. */
export interface SessionPacket {
  kind: 'session';
  id: string;
  status: PacketStatus;
  login: string;
  /** Port of the access server. */
  port: number;
  startedAtMs: number;
  atMs: number;
  inOctets: number;
  outOctets: number;
  /** An orderly restart of the access server ended it. */
  rebooted: boolean;
}

/** Energy of a meter since its reading before, and what its register shows. */
export interface Reading {
  kind: 'reading';
  id: string;
  meter: string;
  startAtMs: number;
  endAtMs: number;
  wattHours: number;
  totalWattHours: number;
}

export type DeviceEvent = Call | SessionPacket | Reading;
export type EventKind = DeviceEvent['kind'];
export const EVENT_KINDS: readonly EventKind[] = ['call', 'session', 'reading'];

/** One sending of an event. */
export interface Delivery {
  /** Milliseconds after the beginning, on the clock of the wall. */
  dueMs: number;
  event: DeviceEvent;
  /** It was sent before and comes again by a fault. */
  again: boolean;
  /** What is lost of the first attempt; senders that wait for an answer try again. */
  lost: 'nothing' | 'request' | 'answer';
}
