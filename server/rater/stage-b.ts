/**
 * Stage B: what needs memory of earlier records: duplicates, register chains and sessions. A record belongs to the shard of its
 * state key, a shard to one thread, and each thread takes slices in log order.
 */
import type { Duplicates } from '../../mediation/duplicates/index.ts';
import { SHARD_COUNT, shardOf, Sight, type SightNo } from '../../mediation/duplicates/index.ts';
import type { CompiledFormat } from '../../mediation/formats/index.ts';
import { RegisterBook, type RegisterReading, type Rework } from '../../mediation/readings/index.ts';
import { SessionBook, type SessionPart } from '../../mediation/sessions/index.ts';
import { errorNo } from '../../platform/errors.ts';
import { hash32 } from '../../platform/hash128.ts';
import type { RegistryLookup } from '../../registry/index.ts';
import { Disposition, TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import {
  acceptCounters,
  acceptSessionContext,
  closeSilent,
  isKnownSession,
  serverShard,
  SettledInDuplicates,
  type BordersOf,
  type SessionStep,
} from './session-stage.ts';
import type { SliceWork } from './slice-work.ts';
import { bordersBetween, type TariffBook } from '../../rating/index.ts';

const METER = TEXT_FIELDS.indexOf('meter');
const REGISTER = TEXT_FIELDS.indexOf('register');
/** Records whose places in the duplicate tables are brought near before they are looked at. */
const TOUCH_AHEAD = 64;
const SERIES_SEED = 0x53455249;

/** The state of the shards that one thread owns. */
export interface ShardState {
  duplicates: Duplicates;
  registers: RegisterBook;
  sessions: SessionBook;
}

export function newState(duplicates: Duplicates): ShardState {
  const sessions = new SessionBook(new SettledInDuplicates(duplicates));
  return { duplicates, registers: new RegisterBook(), sessions };
}

/** A standing usage that a later record replaces. */
export interface Reversal {
  /** Identity of the usage, four words. */
  identity: [number, number, number, number];
  /** Address of the record that now holds the identity: its own rows stay. */
  keepEntry: number;
  keepRecord: number;
  keepChargeFrom: number;
  /** The replaced record becomes superseded (false: it stays rated, only its usage was made again). */
  supersede: boolean;
}

export interface StageBResult {
  reversals: Reversal[];
  rework: Rework[];
  /** Readings that were context and have been revised: their records become superseded. */
  supersededContext: RegisterReading[];
  sessions: SessionStep[];
  /** Sessions that go on after the slice. */
  openSessions: number;
}

/** What stage B asks of the reference data. */
export interface StageBReference {
  lookup: RegistryLookup;
  windowMonths: number;
  tariffBook: TariffBook;
  binding: Int32Array;
}

export interface Ownership {
  thread: number;
  threads: number;
}

/** A record that comes back from suspense holds its identity already: it is not its own duplicate. */
export interface RecycledRecord {
  entryNo: number;
  recordNo: number;
  holdsIdentity: boolean;
  /** Of a packet of a session that was counted when it came: the usage it brought. */
  part?: SessionPart;
}

/** `of`: what the record is a part of, when it is more than itself. */
export function stateShard(records: RecordColumns, record: number, of: 'register' | 'session' | null): number {
  if (of === null) return shardOf(records.identity[record * 4]);
  if (of === 'session') return serverShard(records, record);
  const { text, textOffset, textLength } = records;
  const meter = hash32(text, textOffset[METER][record], textLength[METER][record], SERIES_SEED);
  return seriesShard(meter, text, textOffset[REGISTER][record], textLength[REGISTER][record]);
}

/** Shard of a register chain: by meter (`meterHash`), then register. */
export function seriesShard(meterHash: number, text: Uint8Array, offset: number, length: number): number {
  return hash32(text, offset, length, meterHash) & (SHARD_COUNT - 1);
}

export function meterHash(meter: Uint8Array): number {
  return hash32(meter, 0, meter.length, SERIES_SEED);
}

export function runStageB(
  state: ShardState,
  work: SliceWork,
  format: CompiledFormat,
  reference: StageBReference,
  owner: Ownership,
  recycled: RecycledRecord | null = null,
): StageBResult {
  const { records, usage, place } = work;
  const { lookup } = reference;
  const sessions = recycled === null ? closeSilent(state.sessions, place.acceptedAtMs) : [];
  const result: StageBResult = { reversals: [], rework: [], supersededContext: [], sessions, openSessions: 0 };
  const session = format.classes.map((one) => one.session);
  const isRegister = format.classes.map((one) => one.kind === 'registerReading');
  const isInterval = format.classes.map((one) => one.kind === 'intervalReading');
  state.duplicates.setWindow(place.acceptedAtMs, reference.windowMonths, recycled !== null);
  const single = owner.threads === 1;
  let row = 0;
  for (let i = 0; i < records.count; i++) {
    if (i % TOUCH_AHEAD === 0) state.duplicates.touch(records.identity, i, Math.min(i + TOUCH_AHEAD, records.count));
    const rowFrom = row;
    while (row < usage.count && usage.record[row] === i) row++;
    const disposition = records.disposition[i];
    const about = work.rawIdentity[i] === 0 ? session[records.classNo[i]] : undefined;
    if (disposition === Disposition.absorbed && about !== undefined) {
      if (!single && serverShard(records, i) % owner.threads !== owner.thread) continue;
      result.sessions.push(...acceptSessionContext(state.sessions, records, i, about, place.acceptedAtMs));
      continue;
    }
    if (disposition !== Disposition.usable && disposition !== Disposition.suspended) continue;
    const register = isRegister[records.classNo[i]] && work.rawIdentity[i] === 0;
    const shard = stateShard(records, i, register ? 'register' : about === undefined ? null : 'session');
    if (!single && shard % owner.threads !== owner.thread) continue;
    const tooOld = disposition === Disposition.usable && state.duplicates.isTooOld(records.startMs[i]);
    if (tooOld && (about === undefined || !isKnownSession(state.sessions, records, i, place.acceptedAtMs))) {
      suspend(records, i, errorNo('USAGE_TOO_OLD'));
      work.rawIdentity[i] = 1;
    }
    const sight = see(state.duplicates, work, format, i, shard, recycled?.holdsIdentity === true);
    if (sight === Sight.duplicate) {
      records.disposition[i] = Disposition.duplicate;
      continue;
    }
    if (sight === Sight.superseded) {
      records.disposition[i] = Disposition.superseded;
      continue;
    }
    if (about !== undefined && records.disposition[i] === Disposition.usable) {
      if (recycled?.part !== undefined) continue;
      const borders = bordersFor(reference, usage, rowFrom, row);
      const step = acceptCounters(state.sessions, records, i, place.acceptedAtMs, borders);
      if (step !== null) result.sessions.push(step);
      continue;
    }
    if (sight === Sight.conflict) {
      suspend(records, i, errorNo('DUPLICATE_CONFLICT'));
      continue;
    }
    if (records.disposition[i] === Disposition.suspended) continue;
    if (register) {
      acceptRegister(state, work, lookup, i, rowFrom, row, result, recycled);
    } else {
      if (isInterval[records.classNo[i]]) {
        for (let r = rowFrom; r < row; r++)
          usage.quantity[r] = usage.quantity[r] * lookup.multiplier(usage.assignment[r]);
      }
      if (sight === Sight.revision) result.reversals.push(reversalOf(records, i, place.entryNo, recycled, 0, true));
    }
  }
  if (place.last) state.duplicates.endFile(place.fileEntry);
  result.openSessions = state.sessions.open;
  return result;
}

function see(
  duplicates: Duplicates,
  work: SliceWork,
  format: CompiledFormat,
  record: number,
  shard: number,
  holdsIdentity: boolean,
): SightNo {
  const { records, place } = work;
  if (work.rawIdentity[record] === 1 || format.identity === 'occurrence') {
    if (holdsIdentity) return Sight.first;
    const atMs = work.rawIdentity[record] === 1 ? place.acceptedAtMs : records.startMs[record];
    return duplicates.seeOccurrence(records.identity, record, place.fileEntry, atMs);
  }
  const { identity } = records;
  // What a packet counted is in its identity; times differ each time it is sent.
  const content = format.classes[records.classNo[record]].session === undefined ? records.content[record] : 0;
  const startMs = records.startMs[record];
  const quality = records.quality[record];
  const { secondSight } = format;
  if (holdsIdentity) return duplicates.seeAgain(identity, record, content, startMs, quality, secondSight, shard);
  return duplicates.see(identity, record, content, startMs, quality, secondSight, shard);
}

/** Of everybody who is charged for the record in the rows [from, to). */
function bordersFor(
  { tariffBook, binding }: StageBReference,
  usage: UsageColumns,
  from: number,
  to: number,
): BordersOf {
  return (startMs, endMs) => {
    if (!tariffBook.divides) return [];
    const found = new Set<number>();
    for (let row = from; row < to; row++) {
      for (const border of bordersBetween(tariffBook, binding, usage.tariffNo[row], startMs, endMs)) found.add(border);
    }
    return [...found].sort((a, b) => a - b);
  };
}

function suspend(records: RecordColumns, record: number, code: number): void {
  records.disposition[record] = Disposition.suspended;
  records.code[record] = code;
}

function identityOf(records: RecordColumns, record: number): [number, number, number, number] {
  const at = record * 4;
  const { identity } = records;
  return [identity[at], identity[at + 1], identity[at + 2], identity[at + 3]];
}

function reversalOf(
  records: RecordColumns,
  record: number,
  entryNo: number,
  recycled: RecycledRecord | null,
  keepChargeFrom: number,
  supersede: boolean,
): Reversal {
  return {
    identity: identityOf(records, record),
    keepEntry: recycled?.entryNo ?? entryNo,
    keepRecord: recycled?.recordNo ?? record,
    keepChargeFrom,
    supersede,
  };
}

function acceptRegister(
  state: ShardState,
  work: SliceWork,
  lookup: RegistryLookup,
  record: number,
  rowFrom: number,
  rowTo: number,
  result: StageBResult,
  recycled: RecycledRecord | null,
): void {
  const { records, usage, place } = work;
  const assignment = usage.assignment[rowFrom];
  const reading: RegisterReading = {
    readAtMs: records.startMs[record],
    digits: records.quantity[record],
    scale: records.scale[record],
    quality: records.quality[record],
    entryNo: recycled?.entryNo ?? place.entryNo,
    recordNo: recycled?.recordNo ?? record,
    fileEntry: place.fileEntry,
    source: place.source,
    format: place.format,
    classNo: records.classNo[record],
    acceptedAtMs: place.acceptedAtMs,
    identity: identityOf(records, record),
    version: 0,
    posted: false,
  };
  const accepted = state.registers.accept(records.textOf(METER, record), records.textOf(REGISTER, record), reading, {
    digits: lookup.digits(assignment),
    multiplier: lookup.multiplier(assignment),
  });
  if (accepted.verdict === 'backwards') {
    suspend(records, record, errorNo('READING_BACKWARDS'));
    return;
  }
  if (accepted.rework !== undefined) result.rework.push(accepted.rework);
  if (accepted.replaced !== undefined) {
    if (accepted.replaced.posted) {
      result.reversals.push(reversalOf(records, record, place.entryNo, recycled, 0, true));
    } else {
      result.supersededContext.push(accepted.replaced);
    }
  }
  if (accepted.verdict === 'context') {
    records.disposition[record] = Disposition.absorbed;
    return;
  }
  for (let r = rowFrom; r < rowTo; r++) {
    usage.startMs[r] = accepted.fromMs;
    usage.quantity[r] = accepted.quantity;
  }
}
