/**
 * Lets go of the oldest entries: chooses the pin that takes their place, sees that the ledger has their rows and that these
 * outlive a power cut, makes the pin the base, marks where the log begins from now on, and only then removes segments and
 * spool files. Done again after any interruption: the mark tells what is left.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import {
  firstRecordEntry,
  sealRows,
  type LedgerClient,
  type SealedRows,
  type VerifyResult,
} from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import {
  archivedSegmentPath,
  headsOf,
  leftOverSegments,
  listSegments,
  LogReader,
  readHolds,
  readRetained,
  removeBlob,
  removeDurably,
  segmentPath,
  writeRetained,
  type Confirm,
  type Segment,
  type Spool,
} from '../../platform/log/index.ts';
import { EntryType, type CommandHead } from '../../schemas/log-entries.ts';
import { blobsIn, noteBlobs } from './archive-pass.ts';
import { frontIsBehind, makeBase, removeOtherBases } from './base.ts';
import type { Pin, PinStore } from './pins.ts';
import { yyyymm } from './settle-rows.ts';

export interface RetentionRule {
  /** Entries accepted longer ago are let go; 0: none for their age. */
  days: number;
  /** So many bytes of log and spool are kept at least, and what is behind them let go; 0: none for their size. */
  bytes: number;
}

export interface RetentionParts {
  dataDir: string;
  spool: Spool;
  pins: PinStore;
  ledger: LedgerClient;
  withLedger<T>(work: () => Promise<T>): Promise<T>;
  /** Every journalled total held against the ledger. */
  verifyLedger(): Promise<VerifyResult>;
  /** All rows outlive a power cut then. Error: LEDGER_NOT_SYNCED. */
  syncLedger(): Promise<void>;
  confirm: Confirm;
  headNo(): number;
  /** Last entry in the ledger. */
  processedNo(): number;
  nowMs: number;
}

export interface RetentionResult {
  /** Last entry that was sealed and removed; null when nothing was. */
  sealedNo: number | null;
  segments: number;
  blobs: number;
  /** Copies and backups without which more would have been removed. */
  heldBy: string[];
}

const DAY_MS = 86_400_000;

/** How far apart pins have to be: about four of them over what is kept. */
export function pinIsDue(
  rule: RetentionRule,
  last: Pin | undefined,
  acceptedAtMs: number,
  bytesSince: number,
): boolean {
  if (rule.days === 0 && rule.bytes === 0) return false;
  if (last === undefined) return true;
  const old = rule.days > 0 && acceptedAtMs - last.acceptedAtMs >= Math.max(1, rule.days / 4) * DAY_MS;
  return old || (rule.bytes > 0 && bytesSince >= rule.bytes / 4);
}

/** The newest pin that everything behind which the rule wants kept is still behind. */
export function pinFor(
  rule: RetentionRule,
  pins: readonly Pin[],
  bytesBehind: (pin: Pin) => number,
  nowMs: number,
): Pin | null {
  const fits = (pin: Pin): boolean =>
    (rule.days > 0 && nowMs - pin.acceptedAtMs >= rule.days * DAY_MS) ||
    (rule.bytes > 0 && bytesBehind(pin) >= rule.bytes);
  return pins.findLast(fits) ?? null;
}

/** The segment in which the pin's entry stands is kept: checkpoints of that entry count only while the log has it. */
export function firstKept(segments: readonly Pick<Segment, 'firstNo'>[], pinNo: number): number {
  return segments.findLast(({ firstNo }) => firstNo <= pinNo)?.firstNo ?? 0;
}

export async function retentionPass(parts: RetentionParts, rule: RetentionRule): Promise<RetentionResult> {
  const { dataDir, pins, confirm, nowMs } = parts;
  const logDir = path.join(dataDir, 'log');
  const segments = await listSegments(logDir);
  const sizes = await sizesOf(segments, parts.spool, rule);
  const bytesBehind = (pin: Pin): number =>
    segments.reduce((sum, { firstNo }, i) => (firstNo > pin.entryNo ? sum + sizes[i] : sum), 0);
  const pin = pinFor(rule, await pins.list(), bytesBehind, nowMs);
  const heldBy = pin === null ? [] : await holding(logDir, pin.entryNo);
  if (pin !== null && heldBy.length === 0) {
    const firstNo = firstKept(segments, pin.entryNo);
    const free =
      firstNo > segments[0].firstNo &&
      pin.entryNo <= parts.processedNo() &&
      (await frontIsBehind(dataDir, pin.entryNo, firstNo)) &&
      firstNo <= (await firstNeeded(parts, logDir, pin.entryNo));
    if (free) await seal(parts, logDir, pin, firstNo);
  }
  return { ...(await removeLeftOver(parts, logDir, confirm)), heldBy };
}

/**
 * The first entry that commands behind the pin read of the log: they are run again when the ledger is computed from it.
 * What a re-rating reads is known when everything before it is in the ledger; until then it may be anything.
 */
async function firstNeeded(parts: RetentionParts, logDir: string, pinNo: number): Promise<number> {
  const reader = new LogReader(logDir);
  let first = Infinity;
  try {
    for await (const { entryNo, type, head } of reader.readHeads(pinNo + 1, parts.headNo())) {
      if (type !== EntryType.command) continue;
      const { command, input } = head as CommandHead;
      if (command === 'rejectFile') first = Math.min(first, input.file);
      if (command !== 'rerate') continue;
      if (entryNo > parts.processedNo()) return 0;
      const months = { from: yyyymm(input.from), to: yyyymm(input.to) };
      const needed = await parts.withLedger(() => firstRecordEntry(parts.ledger, months, entryNo));
      first = Math.min(first, needed ?? Infinity);
    }
    return first;
  } finally {
    await reader.close();
  }
}

/**
 * Rows up to the entry, whole and durable. They were written long before, and nothing changes them: what is read before the
 * sync is what is synced. Parts that are merged or mutated later stay on disk until the engine takes the new ones for safe.
 * Errors: LEDGER_NOT_WHOLE, LEDGER_NOT_SYNCED.
 */
async function durableRows(
  { ledger, withLedger, verifyLedger, syncLedger }: RetentionParts,
  upTo: number,
): Promise<SealedRows[]> {
  const rows = await withLedger(async () => {
    const { differences } = await verifyLedger();
    const wrong = differences.filter(({ fromEntry }) => fromEntry <= upTo);
    if (wrong.length > 0) {
      const names = wrong.slice(0, 5).map(({ table, month, fromEntry }) => `${table} ${month} from entry ${fromEntry}`);
      throw new TollgridError('LEDGER_NOT_WHOLE', `not what was written: ${names.join('; ')}`, { upTo });
    }
    return sealRows(ledger, upTo);
  });
  await syncLedger();
  return rows;
}

async function seal(parts: RetentionParts, logDir: string, pin: Pin, firstNo: number): Promise<void> {
  const { dataDir, confirm, nowMs } = parts;
  const reader = new LogReader(logDir);
  try {
    const hex = async (entryNo: number): Promise<string> =>
      Buffer.from((await reader.entry(entryNo)).chain).toString('hex');
    const rows = await durableRows(parts, pin.entryNo);
    const base = await makeBase(dataDir, pin, { sealedNo: pin.entryNo, chain: await hex(pin.entryNo), rows }, firstNo);
    await confirm();
    // A backup may have begun while the ledger was compared.
    if ((await holding(logDir, pin.entryNo)).length > 0) return;
    await writeRetained(logDir, {
      firstNo,
      chain: await hex(firstNo - 1),
      sealedNo: pin.entryNo,
      base,
      removedAtMs: nowMs,
      sealedAcceptedMs: pin.acceptedAtMs,
    });
  } finally {
    await reader.close();
  }
}

/** Spool files first: which they are is told by the heads of the segments. */
async function removeLeftOver(
  parts: RetentionParts,
  logDir: string,
  confirm: Confirm,
): Promise<Omit<RetentionResult, 'heldBy'>> {
  const retained = await readRetained(logDir);
  const left = await leftOverSegments(logDir);
  const result: Omit<RetentionResult, 'heldBy'> = { sealedNo: null, segments: 0, blobs: 0 };
  if (retained === null) return result;
  await confirm();
  if (left.length > 0) {
    result.sealedNo = retained.sealedNo;
    result.blobs = await removeBlobs(parts, logDir, left, retained.firstNo);
    for (const { firstNo } of left) {
      for (const file of [archivedSegmentPath(logDir, firstNo), segmentPath(logDir, firstNo)]) {
        if ((await fs.stat(file).catch(() => null)) !== null) await removeDurably(file);
      }
      result.segments++;
    }
  }
  await parts.pins.removeUpTo(retained.sealedNo);
  await removeOtherBases(parts.dataDir, retained.base);
  return result;
}

async function removeBlobs(
  parts: RetentionParts,
  logDir: string,
  left: readonly Segment[],
  firstNo: number,
): Promise<number> {
  const gone = new Set<string>();
  for (const segment of left) for await (const entry of headsOf(segment)) noteBlobs(entry, gone);
  const reader = new LogReader(logDir);
  try {
    for (const blob of await blobsIn(reader, firstNo, parts.headNo())) gone.delete(blob);
  } finally {
    await reader.close();
  }
  for (const blob of gone) await removeBlob(parts.spool, blob, parts.nowMs - DAY_MS);
  return gone.size;
}

/** Who has not everything up to the entry yet. */
async function holding(logDir: string, pinNo: number): Promise<string[]> {
  return (await readHolds(logDir)).filter(({ entryNo }) => entryNo < pinNo).map(({ name, of }) => of || name);
}

/** Bytes of each segment with the received files that its entries point to; asked for only when the rule is about bytes. */
async function sizesOf(segments: readonly Segment[], spool: Spool, { bytes }: RetentionRule): Promise<number[]> {
  const sizes: number[] = [];
  for (const segment of segments) {
    let size = 0;
    if (bytes > 0) {
      const blobs = new Set<string>();
      for await (const entry of headsOf(segment)) noteBlobs(entry, blobs);
      size = (await fs.stat(segment.path)).size;
      for (const blob of blobs) size += (await fs.stat(spool.locate(blob)).catch(() => ({ size: 0 }))).size;
    }
    sizes.push(size);
  }
  return sizes;
}
