/**
 * The sessions that one thread owns: all of an access server are on one thread. `accept` takes a packet in and says which
 * usage follows from it. State only, as a function of the packets in log order: no clock, no ledger, no rating.
 */
import { addCounters, newChain, type Counters, type Totals } from './counter-chain.ts';
import {
  beganTogether,
  goesOn,
  inOrderOfTrust,
  type CloseReason,
  type Mark,
  type Session,
  type Sighting,
} from './session.ts';

export interface PacketOfSession extends Sighting {
  nas: string;
  counters: Counters;
}

/** Usage between two moments of a session. `before` is null for its first part. */
export interface SessionPart {
  startMs: number;
  before: Mark | null;
  after: Mark;
  /** Totals where a new month or version of a tariff begins, ascending. */
  marks: Mark[];
}

export type PacketVerdict =
  | { verdict: 'part'; session: Session; part: SessionPart }
  /** Nothing new: it came behind a packet that says more. */
  | { verdict: 'absorbed'; session: Session }
  | { verdict: 'repeated' | 'backwards' | 'tooLate' };

/** Whether a session was known once and is not kept any more. */
export interface SettledSessions {
  has(session: Pick<Session, 'nas' | 'sessionId' | 'user' | 'startMs'>): boolean;
  add(session: Session): void;
}

interface AccessServer {
  /** By id and user; newest last, where ids came back. */
  sessions: Map<string, Session[]>;
  /** Open ones by port. */
  ports: Map<string, Set<Session>>;
  /** Closed ones in the order of closing. */
  closed: Set<Session>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** After so long without a packet a session that used to report is taken for lost; one that never did may just be long. */
const SILENT_MS = 3 * DAY_MS;
const SILENT_FROM_START_MS = 60 * DAY_MS;
/** How long a closed one is kept for packets that come late, and how many of an access server. */
const KEPT_MS = 3 * DAY_MS;
const KEPT_MAX = 5000;
const MARKS_MAX = 16;

export class SessionBook {
  private readonly servers = new Map<string, AccessServer>();
  private readonly settled: SettledSessions;
  /** Hours since 1970 at the last look for silent ones: does not go back. */
  private sweptHour = 0;
  private openCount = 0;

  constructor(settled: SettledSessions) {
    this.settled = settled;
  }

  /** Sessions that are not closed. */
  get open(): number {
    return this.openCount;
  }

  /**
   * `bordersOf`: where, between two moments of a session that began at the first one, its usage has to be divided; only
   * asked when there is a part. `seenMs`: when the packet was accepted.
   */
  accept(
    packet: PacketOfSession,
    seenMs: number,
    bordersOf: (startMs: number, endMs: number) => readonly number[] = () => [],
  ): PacketVerdict {
    const { counters } = packet;
    const known = this.find(packet, seenMs);
    if (known === null && this.settled.has(packet)) return { verdict: 'tooLate' };
    const session = known ?? newSession(packet, seenMs);
    const added = addCounters(session.chain, counters);
    if (added.verdict !== 'counted') return { verdict: added.verdict };
    if (known === null) this.add(session);
    this.see(session, packet, seenMs);
    const part = this.partOf(session, counters, added.totals, bordersOf);
    if (counters.last) this.close(session, 'stop', packet.atMs);
    // A session that was taken for lost goes on.
    else if (session.closed !== '' && session.closed !== 'stop' && packet.atMs > session.closedMs) this.reopen(session);
    return part === null ? { verdict: 'absorbed', session } : { verdict: 'part', session, part };
  }

  private partOf(
    session: Session,
    { last }: Counters,
    totals: Totals,
    bordersOf: (startMs: number, endMs: number) => readonly number[],
  ): SessionPart | null {
    const { charged: before, startMs } = session;
    const more = totals.up - (before?.up ?? 0) + (totals.down - (before?.down ?? 0));
    // On the session's own clock: that of the packet may have stepped, or stand for a late packet.
    const endMs = Math.max(startMs + session.durationMs, before?.atMs ?? startMs);
    // A Stop ends the time, also when no byte has come since; a session without any is charged once.
    if (more === 0 && !(last && (before === null || endMs > before.atMs))) return null;
    const after: Mark = { atMs: endMs, ...totals };
    const from: Mark = before ?? { atMs: startMs, up: 0, down: 0 };
    for (const borderMs of bordersOf(startMs, endMs)) {
      const isNew = borderMs >= from.atMs && borderMs < endMs && !session.marks.some(({ atMs: at }) => at === borderMs);
      if (isNew && borderMs > startMs) session.marks.push(markAt(borderMs, from, after));
    }
    session.marks = session.marks.slice(-MARKS_MAX);
    session.charged = after;
    return { startMs, before, after, marks: session.marks.map((mark) => ({ ...mark })) };
  }

  /** A Start: the session is open, and the one that was alone on its port is over. Returns what it closed. */
  start(nas: string, sighting: Sighting, seenMs: number): { session: Session | null; closed: Session[] } {
    const known = this.find({ nas, ...sighting }, seenMs);
    if (known !== null) {
      this.see(known, sighting, seenMs);
      return { session: null, closed: [] };
    }
    if (this.settled.has({ nas, ...sighting })) return { session: null, closed: [] };
    // Where several are open on a port, it is one that they share.
    const onPort = [...(this.servers.get(nas)?.ports.get(sighting.port) ?? [])];
    const closed = sighting.port !== '' && onPort.length === 1 && onPort[0].lastMs <= sighting.startMs ? onPort : [];
    for (const session of closed) this.close(session, 'port', sighting.startMs);
    const session = newSession({ nas, ...sighting }, seenMs);
    this.add(session);
    return { session, closed };
  }

  /** Accounting-On or -Off: everything that an access server had open at that time is over. */
  restart(nas: string, atMs: number): Session[] {
    const over = [...(this.servers.get(nas)?.sessions.values() ?? [])]
      .flat()
      .filter(({ closed, lastMs }) => closed === '' && lastMs <= atMs);
    for (const session of over) this.close(session, 'restart', atMs);
    return over;
  }

  isKnown(packet: PacketOfSession, seenMs: number): boolean {
    return this.find(packet, seenMs) !== null;
  }

  /**
   * Before the packets of an entry that was accepted then: closes those that fell silent, and returns them; lets go of
   * those that have been closed for long.
   */
  sweep(acceptedAtMs: number): Session[] {
    const hour = Math.floor(acceptedAtMs / HOUR_MS);
    if (hour <= this.sweptHour) return [];
    this.sweptHour = hour;
    const silent: Session[] = [];
    for (const { sessions } of this.servers.values()) {
      for (const session of [...sessions.values()].flat()) {
        const idleMs = hour * HOUR_MS - session.seenMs;
        const limitMs = session.durationMs > 0 ? SILENT_MS : SILENT_FROM_START_MS;
        if (session.closed === '' && idleMs > limitMs) {
          this.close(session, 'silence', session.lastMs);
          silent.push(session);
        } else if (session.closed !== '' && idleMs > KEPT_MS + (session.closed === 'silence' ? limitMs : 0)) {
          this.forget(session);
        }
      }
    }
    return silent;
  }

  /** For a checkpoint: the sessions of access servers, closed ones in the order of closing. */
  *dump(): Generator<Session> {
    for (const { sessions, closed } of this.servers.values()) {
      for (const session of [...sessions.values()].flat()) if (session.closed === '') yield session;
      yield* closed;
    }
  }

  get swept(): number {
    return this.sweptHour;
  }

  sweptAt(hour: number): void {
    this.sweptHour = Math.max(this.sweptHour, hour);
  }

  load(session: Session): void {
    this.add(session);
    if (session.closed !== '') {
      this.openCount--;
      this.leavePort(session);
      this.servers.get(session.nas)!.closed.add(session);
    }
  }

  private find(packet: Sighting & { nas: string }, seenMs: number): Session | null {
    const list = this.servers.get(packet.nas)?.sessions.get(keyOf(packet)) ?? [];
    let found: Session | null = null;
    let nearest = Infinity;
    for (const session of list) {
      const apartMs = beganTogether(session, packet);
      if (apartMs === null || apartMs > nearest) continue;
      [found, nearest] = [session, apartMs];
    }
    return found ?? inOrderOfTrust(list, packet).find((session) => goesOn(session, packet, seenMs)) ?? null;
  }

  private see(session: Session, { atMs, port, counters }: Sighting, seenMs: number): void {
    if (counters !== undefined && counters.durationMs > session.durationMs) {
      session.durationMs = counters.durationMs;
      session.lastMs = atMs;
    }
    session.seenMs = Math.max(session.seenMs, seenMs);
    if (session.port === '' && port !== '') {
      session.port = port;
      if (session.closed === '') this.joinPort(session);
    }
  }

  private add(session: Session): void {
    let server = this.servers.get(session.nas);
    if (server === undefined) {
      server = { sessions: new Map(), ports: new Map(), closed: new Set() };
      this.servers.set(session.nas, server);
    }
    const key = keyOf(session);
    const list = [...(server.sessions.get(key) ?? []), session].sort((a, b) => a.startMs - b.startMs);
    server.sessions.set(key, list);
    this.openCount++;
    this.joinPort(session);
  }

  private close(session: Session, reason: CloseReason, atMs: number): void {
    const { closed } = this.servers.get(session.nas)!;
    if (session.closed === '') {
      this.openCount--;
      this.leavePort(session);
      closed.add(session);
    }
    session.closed = reason;
    session.closedMs = atMs;
    if (closed.size <= KEPT_MAX) return;
    const [oldest] = closed;
    this.forget(oldest);
  }

  private reopen(session: Session): void {
    session.closed = '';
    session.closedMs = 0;
    this.openCount++;
    this.servers.get(session.nas)!.closed.delete(session);
    this.joinPort(session);
  }

  /** What was charged of it must not be charged again when a packet comes all the same. */
  private forget(session: Session): void {
    const server = this.servers.get(session.nas)!;
    const key = keyOf(session);
    const list = server.sessions.get(key)!.filter((one) => one !== session);
    if (list.length > 0) server.sessions.set(key, list);
    else server.sessions.delete(key);
    server.closed.delete(session);
    if (server.sessions.size === 0) this.servers.delete(session.nas);
    if (session.charged !== null) this.settled.add(session);
  }

  private joinPort(session: Session): void {
    const { nas, port } = session;
    if (port === '') return;
    const { ports } = this.servers.get(nas)!;
    const there = ports.get(port);
    if (there === undefined) ports.set(port, new Set([session]));
    else there.add(session);
  }

  private leavePort(session: Session): void {
    const { ports } = this.servers.get(session.nas)!;
    const there = ports.get(session.port);
    there?.delete(session);
    if (there?.size === 0) ports.delete(session.port);
  }
}

function keyOf({ sessionId, user }: { sessionId: string; user: string }): string {
  return `${sessionId}\u0000${user}`;
}

function newSession({ nas, sessionId, user, port, startMs }: Sighting & { nas: string }, seenMs: number): Session {
  return {
    nas,
    sessionId,
    user,
    port,
    startMs,
    lastMs: startMs,
    durationMs: 0,
    chain: newChain(),
    charged: null,
    marks: [],
    closed: '',
    closedMs: 0,
    seenMs,
  };
}

/** What had passed by a moment between two others, in proportion to time. */
function markAt(atMs: number, from: Mark, to: Mark): Mark {
  const share = (before: number, after: number): number =>
    before + Number((BigInt(after - before) * BigInt(atMs - from.atMs)) / BigInt(to.atMs - from.atMs));
  return { atMs, up: share(from.up, to.up), down: share(from.down, to.down) };
}
