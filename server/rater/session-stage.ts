/**
 * Stage B of records about sessions: what an access server counted becomes parts of usage, each what its session has more
 * than before. A record belongs to the shard of its access server, because that opens, closes and restarts sessions.
 */
import { SHARD_COUNT, type Duplicates } from '../../mediation/duplicates/index.ts';
import {
  packetOfRecord,
  type Session,
  type SessionBook,
  type SessionPart,
  type SettledSessions,
} from '../../mediation/sessions/index.ts';
import type { SessionEvent } from '../../mediation/formats/index.ts';
import { errorNo } from '../../platform/errors.ts';
import { hash128, hash32 } from '../../platform/hash128.ts';
import { Disposition, TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';

const [SESSION_ID, LOGIN, NAS, PORT] = (['sessionId', 'login', 'nas', 'nasPort'] as const).map((name) =>
  TEXT_FIELDS.indexOf(name),
);
const SERVER_SEED = 0x4e415353;
const SESSION_SEED = 0x53455353;
const SETTLED_SEED = 0x444f4e45;
const HOUR_MS = 3_600_000;
/** A packet tells a beginning that is later than the true one by as much as it was late, and a little earlier by clocks. */
const LATE_MS = HOUR_MS;
const EARLY_MS = 60_000;

/** What a record of a slice did to a session. */
export interface SessionStep {
  record: number;
  event: 'start' | 'interim' | 'stop' | 'closed';
  /** 128-bit digest, in hexadecimal. */
  id: string;
  session: Pick<Session, 'nas' | 'sessionId' | 'user' | 'startMs' | 'lastMs' | 'closed'>;
  /** Usage that follows from it; null when it brought nothing new. */
  part: SessionPart | null;
  /** What the record itself counted: bytes up, and both ways. */
  counted: { up: number; total: number };
}

/** Months and versions of tariffs that begin between two moments, for all who are charged for a record. */
export type BordersOf = (startMs: number, endMs: number) => readonly number[];

export function serverShard(records: RecordColumns, record: number): number {
  const { text, textOffset, textLength } = records;
  return hash32(text, textOffset[NAS][record], textLength[NAS][record], SERVER_SEED) & (SHARD_COUNT - 1);
}

export function shardOfServer(nas: string): number {
  const bytes = Buffer.from(nas);
  return hash32(bytes, 0, bytes.length, SERVER_SEED) & (SHARD_COUNT - 1);
}

/** Remembers sessions that are not kept any more where identities of usage are remembered, for as long as those. */
export class SettledInDuplicates implements SettledSessions {
  private readonly duplicates: Duplicates;
  private readonly words = new Uint32Array(4);

  constructor(duplicates: Duplicates) {
    this.duplicates = duplicates;
  }

  has(session: Pick<Session, 'nas' | 'sessionId' | 'user' | 'startMs'>): boolean {
    const { startMs } = session;
    const hours = new Set([startMs - LATE_MS - EARLY_MS, startMs - LATE_MS, startMs, startMs + EARLY_MS].map(hourOf));
    return [...hours].some((hour) => this.duplicates.knows(this.wordsOf(session, hour), hour * HOUR_MS));
  }

  add(session: Session): void {
    const hour = hourOf(session.startMs);
    const shard = shardOfServer(session.nas);
    this.duplicates.see(this.wordsOf(session, hour), 0, 1, hour * HOUR_MS, 0, 'counter', shard);
  }

  private wordsOf(session: Pick<Session, 'nas' | 'sessionId' | 'user'>, hour: number): Uint32Array {
    digest(session, hour, SETTLED_SEED, this.words);
    return this.words;
  }
}

function hourOf(utcMs: number): number {
  return Math.floor(utcMs / HOUR_MS);
}

function digest(
  { nas, sessionId, user }: Pick<Session, 'nas' | 'sessionId' | 'user'>,
  time: number,
  seed: number,
  out: Uint32Array,
): void {
  const bytes = Buffer.from([nas, sessionId, user, time].join('\u001f'));
  hash128(bytes, 0, bytes.length, seed, out, 0);
}

export function sessionIdOf(session: Session): string {
  const words = new Uint32Array(4);
  digest(session, session.startMs, SESSION_SEED, words);
  return Buffer.from(words.buffer).toString('hex');
}

/** Start, or an access server's own On and Off: context that opens and closes sessions. */
export function acceptSessionContext(
  book: SessionBook,
  records: RecordColumns,
  record: number,
  event: SessionEvent,
  acceptedAtMs: number,
): SessionStep[] {
  const nas = records.textOf(NAS, record);
  const atMs = records.startMs[record];
  if (event === 'restart') {
    return nas === '' ? [] : book.restart(nas, atMs).map((session) => stepOf(record, 'closed', session));
  }
  const sighting = {
    sessionId: records.textOf(SESSION_ID, record),
    user: records.textOf(LOGIN, record),
    port: records.textOf(PORT, record),
    startMs: atMs,
    atMs,
  };
  if (sighting.sessionId === '') return [];
  const { session, closed } = book.start(nas, sighting, acceptedAtMs);
  return [
    ...closed.map((one) => stepOf(record, 'closed', one)),
    ...(session === null ? [] : [stepOf(record, 'start', session)]),
  ];
}

export function isKnownSession(
  book: SessionBook,
  records: RecordColumns,
  record: number,
  acceptedAtMs: number,
): boolean {
  return book.isKnown(packetOfRecord(records, record), acceptedAtMs);
}

/** An interim or a Stop. The record stays usable when it brings a part. Null when it says nothing of a session. */
export function acceptCounters(
  book: SessionBook,
  records: RecordColumns,
  record: number,
  acceptedAtMs: number,
  bordersOf: BordersOf,
): SessionStep | null {
  const packet = packetOfRecord(records, record);
  const found = book.accept(packet, acceptedAtMs, bordersOf);
  switch (found.verdict) {
    case 'repeated':
      records.disposition[record] = Disposition.duplicate;
      return null;
    case 'backwards':
    case 'tooLate':
      records.disposition[record] = Disposition.suspended;
      records.code[record] = errorNo(found.verdict === 'tooLate' ? 'SESSION_TOO_LATE' : 'SESSION_BACKWARDS');
      return null;
    default: {
      const part = found.verdict === 'part' ? found.part : null;
      if (part === null) records.disposition[record] = Disposition.absorbed;
      return stepOf(record, packet.counters.last ? 'stop' : 'interim', found.session, part, packet.counters);
    }
  }
}

/** Sessions that nothing has been heard of for long, as of the acceptance of an entry. */
export function closeSilent(book: SessionBook, acceptedAtMs: number): SessionStep[] {
  return book.sweep(acceptedAtMs).map((session) => stepOf(0, 'closed', session));
}

function stepOf(
  record: number,
  event: SessionStep['event'],
  session: Session,
  part: SessionPart | null = null,
  { up, down } = { up: 0, down: 0 },
): SessionStep {
  const { nas, sessionId, user, startMs, lastMs, closed } = session;
  const id = sessionIdOf(session);
  return {
    record,
    event,
    id,
    session: { nas, sessionId, user, startMs, lastMs, closed },
    part,
    counted: { up, total: up + down },
  };
}
