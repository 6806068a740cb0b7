/** One session of a subscriber on an access server, and whether a packet belongs to it. Plain data: it goes into checkpoints. */
import type { Chain, Totals } from './counter-chain.ts';

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
  startMs: number;
  /** Newest event. */
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
  /** When the session began, by this packet: clocks and delays make it differ by a little. */
  startMs: number;
  atMs: number;
}

/** Access servers that do not say how long a packet was on its way put the beginning this much later. */
const JITTER_MS = 60_000;

export function beganTogether(session: Session, { startMs }: Sighting): boolean {
  return Math.abs(session.startMs - startMs) <= JITTER_MS;
}

export type Relation = 'same' | 'later' | 'earlier';

/**
 * Session ids come back after an access server was restarted, and counters begin again then: the packet is of a later
 * session when it began after everything that is known of this one; of an earlier one when it ended before this began.
 */
export function relationOf(session: Session, { startMs, atMs }: Sighting): Relation {
  const durationMs = atMs - startMs;
  // Behind its Stop nothing comes that began later.
  if (startMs > session.lastMs + (session.closed === 'stop' ? 0 : JITTER_MS)) return 'later';
  const beganAnew = durationMs < session.durationMs && startMs > session.lastMs - JITTER_MS;
  if (beganAnew && startMs > session.startMs + JITTER_MS) return 'later';
  return atMs < session.startMs - JITTER_MS ? 'earlier' : 'same';
}
