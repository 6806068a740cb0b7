/** One session of a subscriber on an access server, and whether a packet belongs to it. Plain data: it goes into checkpoints. */
import { isBelow, type Chain, type Counters, type Totals } from './counter-chain.ts';

export const CLOSE_REASONS = ['', 'stop', 'restart', 'port', 'silence'] as const;
/** Why a session is closed; '' while it is open. `restart`: the access server said that it begins or ends its work. */
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** Total at a moment: where a new month or version of a tariff begins inside the session. */
export interface Mark extends Totals {
  atMs: number;
}

export interface Session {
  nas: string;
  sessionId: string;
  user: string;
  /** '' when the access server names none. */
  port: string;
  /** By the packet that was known first. It stays, because parts are charged from here on. */
  startMs: number;
  /** When the packet that tells the longest duration was sent, by its clock. */
  lastMs: number;
  /** Longest duration that a packet told. */
  durationMs: number;
  chain: Chain;
  /** Up to where usage was charged; null before the first part. */
  charged: Mark | null;
  marks: Mark[];
  closed: CloseReason;
  /** When that was, by the event that closed it. */
  closedMs: number;
  /** When its newest packet was accepted: a pin of the log. */
  seenMs: number;
}

/** A packet about a session, as far as it says which one it is. */
export interface Sighting {
  sessionId: string;
  user: string;
  port: string;
  /** When the session began, by this packet: wrong by as much as the clock, and by its time on the way where that is not told. */
  startMs: number;
  atMs: number;
  /** Of an interim or a Stop. */
  counters?: Counters;
}

const HOUR_MS = 3_600_000;
/** Beginnings that differ by no more are the same. */
const JITTER_MS = 60_000;
/** A packet that is this late, and does not say so, is one of another session when that fits as well. */
const LATE_MS = HOUR_MS;
/** Packets wait no longer than this where nothing says how long. */
const WAIT_MS = 24 * HOUR_MS;

/** When the session began, by the packet that tells most of it: clocks step. */
function toldStartMs({ lastMs, durationMs }: Session): number {
  return lastMs - durationMs;
}

/** How far apart the beginnings are; null when they are not the same. */
export function beganTogether(session: Session, { startMs }: Sighting): number | null {
  const apartMs = Math.min(Math.abs(startMs - session.startMs), Math.abs(startMs - toldStartMs(session)));
  if (apartMs > JITTER_MS) return null;
  const isOver = session.closed !== '' && session.closed !== 'silence';
  // What begins in the very second of a restart began behind it.
  const isBehind = startMs > session.closedMs || (session.closed === 'restart' && startMs === session.closedMs);
  return isOver && isBehind ? null : apartMs;
}

/** Those with the id of the packet, oldest first, in the order in which it may be theirs: packets come late, never early. */
export function inOrderOfTrust(sessions: readonly Session[], { startMs }: Sighting): Session[] {
  const isBefore = (session: Session): boolean => session.startMs <= startMs + JITTER_MS;
  return [...sessions.filter(isBefore).reverse(), ...sessions.filter((session) => !isBefore(session))];
}

/**
 * Whether a packet that tells another beginning is of the session all the same: then it was late, or a clock has stepped.
 * What the access server counts says more than any clock: the session goes on while its time and its counters grow. An
 * access server gives ids anew after a restart, so it is not when there is a sign of one: the restart itself, a Start, a
 * Stop, another port; less time, or less counted, and a beginning behind all that is known. `seenMs`: when it was accepted.
 */
export function goesOn(session: Session, sighting: Sighting, seenMs: number): boolean {
  const { startMs, atMs, port, counters } = sighting;
  const aheadMs = startMs - session.startMs;
  // A Start that comes again: only of a session of which nothing else is known.
  if (counters === undefined) return session.durationMs === 0 && session.closed === '' && Math.abs(aheadMs) <= LATE_MS;
  const { durationMs, last } = counters;
  if (port !== '' && session.port !== '' && port !== session.port) return false;
  const moreMs = durationMs - session.durationMs;
  const isBehind = startMs > session.lastMs;
  if (session.closed === 'stop' && (moreMs > JITTER_MS || (last && moreMs !== 0))) return false;
  if ((session.closed === 'restart' || session.closed === 'port') && isBehind) return false;
  if (moreMs < 0) return !isBehind || aheadMs <= LATE_MS;
  if (isBehind && isBelow(session.chain, counters)) return false;
  const isNear = Math.abs(startMs - toldStartMs(session)) <= WAIT_MS;
  const passedMs = seenMs - session.seenMs;
  const waitedMs = passedMs - moreMs;
  if (waitedMs >= -JITTER_MS) return isNear || waitedMs <= WAIT_MS;
  // By our clock less time has passed than in the session: packets that came together, or the clock was set back. It may also
  // be one from before a session of which nothing but its Start is known.
  const isKnown = session.durationMs > 0 || passedMs < 0;
  return isNear && (isKnown || atMs >= session.startMs - JITTER_MS);
}
