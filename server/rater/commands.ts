/**
 * Commands of the log. Each sees the ledger as it stood before its entry, and answers with the rows it causes; the
 * command carries its inputs only, so a replay computes the same rows again.
 */
import {
  batchesOf,
  encodeRows,
  openSuspense,
  sessionPackets,
  type LedgerBlock,
  type LedgerClient,
  type LedgerRow,
  type SessionPacket,
  type SuspenseItem,
} from '../../ledger/index.ts';
import type { LogReader } from '../../platform/log/index.ts';
import { Disposition, DISPOSITION_NAMES } from '../../schemas/columns/record-columns.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import type { CommandHead, FileHead } from '../../schemas/log-entries.ts';
import { encodeBatches, encodeControls, neverAdmitted } from './accounting.ts';
import { encodeChargeObjects } from './charge-objects.ts';
import type { BatchCounts, RecycledInput, RecycleResult } from './messages.ts';
import type { ReferenceData, ReferenceEntry } from './reference-data.ts';
import { reverseRows, StandingCharges, supersede } from './reversals.ts';
import { postRerate, undoRerate, type ReratingEvents } from './rerate-command.ts';
import { settlePeriod } from './settle-period.ts';
import { customersOf } from './subscriptions.ts';
import type { WorkerPools } from './worker-pools.ts';

export interface CommandParts {
  ledger: LedgerClient;
  pools: WorkerPools;
  reference: ReferenceData;
  reader: LogReader;
  /** Registry changes and publications before the command. */
  referenceEntries(): AsyncIterable<ReferenceEntry>;
  /** Months that a command before an entry has settled, ascending. */
  settledBefore(entryNo: number): string[];
  /** What a settlement did, and for whom it could not. */
  onSettled(result: SettlementResult): void;
  spoolPath(blob: string): string;
  rerating: ReratingEvents;
  /** Whose turn it is; 0 where raters do not follow each other. */
  turn: number;
}

export interface CommandEntry {
  entryNo: number;
  acceptedAtMs: number;
}

type Waiting = SuspenseItem & { bytes: Buffer };
const NO_BYTES = Buffer.alloc(0);

export async function runCommand(parts: CommandParts, entry: CommandEntry, head: CommandHead): Promise<LedgerBlock[]> {
  switch (head.command) {
    case 'recycle':
      return recycle(parts, entry, head.input);
    case 'writeOff':
      return writeOff(parts, entry, head.input);
    case 'rejectFile':
      return rejectFile(parts, entry, head.input.file);
    // Slices of a released file are entries of their own; incidents and drafts are no matter of the ledger.
    case 'releaseFile':
    case 'closeIncident':
    case 'withdrawDraft':
      return [];
    case 'settle':
      return settleMonth(parts, entry.entryNo, head.input);
    case 'rerate':
      return postRerate(parts, entry.entryNo, head.input);
    case 'undoRerate':
      return undoRerate(parts, entry.entryNo, head.input);
  }
}

async function settleMonth(
  { ledger, reference, referenceEntries, onSettled }: CommandParts,
  entryNo: number,
  { period, postingPeriod = period }: Extract<CommandHead, { command: 'settle' }>['input'],
): Promise<LedgerBlock[]> {
  const customers = await customersOf(referenceEntries());
  const posting = { entryNo, period, postingPeriod };
  const { blocks, result } = await settlePeriod({ ledger, book: reference.tariffBook, customers }, posting);
  onSettled(result);
  return blocks;
}

/** Tries suspended records again with the reference data of now. */
async function recycle(
  parts: CommandParts,
  entry: CommandEntry,
  filter: { code?: string; address?: string },
): Promise<LedgerBlock[]> {
  const { ledger, pools } = parts;
  const { entryNo } = entry;
  const results: RecycleResult[] = [];
  const items = new Map<string, Waiting>();
  for await (const portion of openSuspense(ledger, { ...filter, beforeEntry: entryNo })) {
    // Which of two conflicting records is right is for people to say: trying again cannot.
    const waiting = portion.filter(({ code }) => code !== 'DUPLICATE_CONFLICT');
    const facts = await factsOf(ledger, waiting, entryNo);
    const packets = await packetsOf(parts, waiting);
    const inputs = waiting.map((item): RecycledInput => {
      const { fileEntry, source, acceptedAtMs } = facts.get(Number(item.entryNo))!;
      return {
        place: {
          entryNo: Number(item.entryNo),
          fileEntry,
          source,
          format: item.format,
          acceptedAtMs,
          sourceOffset: Number(item.byteOffset),
          first: false,
          last: false,
        },
        recordNo: item.recordNo,
        holdsIdentity: true,
        ...partOf(packets.get(item.address)),
        bytes: item.bytes,
      };
    });
    results.push(...(await pools.recycle(inputs, entryNo)).flat());
    for (const item of waiting) items.set(item.address, { ...item, bytes: NO_BYTES });
  }
  return finishRecycled(ledger, results, items, entryNo);
}

/** Packets of sessions that were counted when they came, and could not be priced. */
function packetsOf(
  { ledger, reference }: CommandParts,
  waiting: readonly Waiting[],
): Promise<Map<string, SessionPacket>> {
  const joined = waiting.filter(({ format }) => reference.hasFormat(format) && reference.format(format).joinsSessions);
  return sessionPackets(ledger, [...new Set(joined.map((item) => Number(item.entryNo)))]);
}

function partOf(packet: SessionPacket | undefined): Pick<RecycledInput, 'part'> {
  return packet === undefined || packet.part === null ? {} : { part: packet.part };
}

async function finishRecycled(
  ledger: LedgerClient,
  results: readonly RecycleResult[],
  items: ReadonlyMap<string, Waiting>,
  entryNo: number,
): Promise<LedgerBlock[]> {
  const reversals = results.flatMap(({ outcome }) => outcome.reversals);
  const standing = await StandingCharges.before(ledger, reversals, entryNo);
  const blocks: LedgerBlock[] = [];
  const rows: LedgerRow[] = [];
  const superseded: LedgerRow[] = [];
  const batches: BatchCounts[] = [];
  const resolved: LedgerRow[] = [];
  // In order: a record may take back what one before it has just posted.
  for (const { recordNo, place, outcome } of results) {
    const reversed = reverseRows(standing, outcome.reversals, entryNo);
    standing.add(outcome.chargeRows);
    rows.push(...reversed.rows, ...outcome.chargeRows);
    superseded.push(...reversed.superseded);
    blocks.push(...outcome.blocks);
    batches.push(...outcome.batches.slice(1));
    const became = outcome.batches[0].counts.findIndex((count, number) => number > 0 && count === 1);
    if (became === Disposition.suspended) continue;
    batches.push(moved(outcome.batches[0], became));
    resolved.push(resolvedRow(items.get(`${place.entryNo}.${recordNo}`)!, entryNo, DISPOSITION_NAMES[became]));
  }
  const charges = encodeChargeObjects(rows, entryNo);
  return [
    ...blocks,
    ...charges.blocks,
    ...encodeControls(
      charges.controls.map((sum) => ({ ...sum, entryNo })),
      entryNo,
    ),
    ...encodeBatches([...batches, ...(await supersede(ledger, superseded, entryNo))], entryNo),
    ...encodeRows('suspense', resolved),
  ];
}

/** The record leaves suspense for another state; it was received long ago. */
function moved(batch: BatchCounts, became: number): BatchCounts {
  const counts = new Array<number>(Disposition.writtenOff + 1).fill(0);
  counts[Disposition.suspended] = -1;
  counts[became] = counts[became] + 1;
  return { ...batch, counts };
}

async function writeOff(
  { ledger }: CommandParts,
  { entryNo }: CommandEntry,
  { code, address }: { code?: string; address?: string },
): Promise<LedgerBlock[]> {
  const blocks: LedgerBlock[] = [];
  const filter = {
    ...(code !== undefined && { code }),
    ...(address !== undefined && { address }),
    beforeEntry: entryNo,
  };
  for await (const waiting of openSuspense(ledger, filter)) {
    const facts = await factsOf(ledger, waiting, entryNo);
    blocks.push(
      ...encodeRows(
        'suspense',
        waiting.map((item) => resolvedRow(item, entryNo, 'writtenOff')),
      ),
      ...encodeBatches(
        waiting.map((item) => {
          const batch = { ...facts.get(Number(item.entryNo))!, counts: [] };
          return moved(batch, Disposition.writtenOff);
        }),
        entryNo,
      ),
    );
  }
  return blocks;
}

async function rejectFile(
  { reader }: CommandParts,
  { entryNo }: CommandEntry,
  fileEntry: number,
): Promise<LedgerBlock[]> {
  const { head, acceptedAtMs } = await reader.entry(fileEntry);
  const { source, check } = head as FileHead;
  const rejected = neverAdmitted({ fileEntry, rows: check?.rows ?? 0 }, source, acceptedAtMs, 'rejected');
  return encodeBatches([rejected], entryNo);
}

async function factsOf(
  ledger: LedgerClient,
  waiting: readonly Waiting[],
  beforeEntry: number,
): Promise<Map<number, Omit<BatchCounts, 'counts'>>> {
  const entries = [...new Set(waiting.map((item) => Number(item.entryNo)))];
  return new Map((await batchesOf(ledger, entries, beforeEntry)).map((facts) => [facts.entryNo, facts]));
}

function resolvedRow(item: Waiting, entryNo: number, resolution: string): Record<string, string | number> {
  return {
    posted_entry: entryNo,
    entry_no: item.entryNo,
    record_no: item.recordNo,
    state: 'resolved',
    resolution,
    code: item.code,
    field: item.field,
    source: item.source,
    format: item.format,
    accepted_at: item.acceptedAtMs,
    byte_offset: item.byteOffset,
    identity: item.identity,
    bytes: '',
  };
}
