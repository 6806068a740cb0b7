/** Stage C: rates what is left, and encodes the slice's rows for the ledger. No state, so it runs on any thread. */
import { encodeRows, type LedgerBlock } from '../../ledger/index.ts';
import { registerDifference, type Rework } from '../../mediation/readings/index.ts';
import { divideUsage, rateUsage } from '../../rating/index.ts';
import { Disposition } from '../../schemas/columns/record-columns.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { encodeChargeObjects } from './charge-objects.ts';
import { chargeRowsOf } from './charge-rows.ts';
import { sumControls } from './control-sums.ts';
import type { BatchCounts, SliceOutcome } from './messages.ts';
import { refuseOversized } from './oversized.ts';
import type { ReferenceData } from './reference-data.ts';
import { CHARGES_PER_VERSION, makeAgain } from './rework.ts';
import type { SessionPart } from '../../mediation/sessions/index.ts';
import { closeSpans, ownersOf, rateParts, sessionRows, spreadParts, type PartsByRecord } from './session-rows.ts';
import { subscriptionsOf, type SliceEncoder } from './slice-encoder.ts';
import type { SliceWork } from './slice-work.ts';
import type { RecycledRecord, Reversal, StageBResult } from './stage-b.ts';

export function runStageC(
  reference: ReferenceData,
  encoder: SliceEncoder,
  work: SliceWork,
  state: StageBResult,
  postedEntry = work.place.entryNo,
  recycled: RecycledRecord | null = null,
): SliceOutcome {
  const { records, usage, place } = work;
  const format = reference.format(place.format);
  // A recycled record is a slice of its own, under the address it had: nothing of its entry stands here beside it.
  const rest =
    recycled === null ? settleWithinSlice(reference, work, state) : { ...state, rework: lastOfEach(state.rework) };

  const subscriptions = subscriptionsOf(work, format);
  const owners = ownersOf(usage, state.sessions);
  const drop = new Uint8Array(usage.count);
  let dropped = 0;
  for (let row = 0; row < usage.count; row++) {
    if (records.disposition[usage.record[row]] === Disposition.usable) continue;
    drop[row] = 1;
    dropped++;
  }
  if (dropped > 0) usage.compact(drop);

  const parts = partsOf(state, recycled);
  closeSpans(usage, parts);
  divideUsage(reference.tariffBook, reference.binding, usage);
  const totals = spreadParts(reference, usage, parts);
  const facts = reference.factsFor(format);
  rateUsage(reference.tariffBook, reference.binding, usage, records, 0, usage.count, facts);
  rateParts(reference, usage, records, totals, facts);
  refuseOversized(usage);
  suspendUnrated(work);
  const chosen = encoder.choose(work);

  const address = { entryNo: recycled?.entryNo ?? place.entryNo, source: place.source };
  const blocks: LedgerBlock[] = [
    ...(recycled === null ? encoder.charges(reference, work, chosen, postedEntry) : []),
    ...encoder.readings(work, format, subscriptions, postedEntry, recycled),
    ...encoder.suspense(work, format, postedEntry, recycled),
    ...encodeRows('sessions', sessionRows(state.sessions, owners, address, postedEntry, recycled?.recordNo)),
  ];
  const controls = recycled === null ? sumControls(reference.names, usage, chosen.rows, chosen.count) : [];
  const chargeRows = recycled === null ? [] : chargeRowsOf(reference, work, chosen, recycled, postedEntry);
  const batches = [countDispositions(work)];

  for (const node of rest.supersededContext) {
    batches.push(move(node, Disposition.absorbed, Disposition.superseded));
  }
  const again = makeAgain(reference, encoder, rest.rework, postedEntry);
  for (const { to, firstUsage } of again.done) {
    if (firstUsage) batches.push(move(to, Disposition.absorbed, Disposition.rated));
  }
  if (recycled !== null) chargeRows.push(...again.rows);
  else if (again.rows.length > 0) {
    const encoded = encodeChargeObjects(again.rows, postedEntry);
    blocks.push(...encoded.blocks);
    controls.push(...encoded.controls);
  }
  return {
    blocks,
    batches,
    controls: controls.map((sum) => ({ ...sum, entryNo: place.entryNo })),
    chargeRows,
    reversals: [...rest.reversals, ...again.done.filter((one) => one.reverse).map(reversalOfRework)],
    suspendedByCode: countCodes(encoder.suspendedByCode(work), again.failed),
    openSessions: state.openSessions,
    newestEventMs: newestEvent(usage),
  };
}

/** A packet that comes back from suspense has the part that it brought when it was counted. */
function partsOf({ sessions }: StageBResult, recycled: RecycledRecord | null): PartsByRecord {
  const parts = new Map<number, SessionPart>();
  for (const { record, part } of sessions) if (part !== null) parts.set(record, part);
  if (recycled?.part !== undefined) parts.set(0, recycled.part);
  return parts;
}

/** What replaces something of this very slice is put right here; what is left concerns earlier entries. */
function settleWithinSlice(reference: ReferenceData, work: SliceWork, state: StageBResult): StageBResult {
  const { records, place } = work;
  const rest: StageBResult = { ...state, reversals: [], rework: [], supersededContext: [] };
  const inSlice = (entryNo: number): boolean => entryNo === place.entryNo;

  for (const node of state.supersededContext) {
    if (inSlice(node.entryNo)) records.disposition[node.recordNo] = Disposition.superseded;
    else rest.supersededContext.push(node);
  }
  for (const rework of state.rework) if (inSlice(rework.to.entryNo)) reworkInPlace(reference, work, rework);
  const replaced = new Set(state.reversals.map(({ identity }) => identity.join('.')));
  for (const rework of lastOfEach(state.rework.filter(({ to }) => !inSlice(to.entryNo)))) {
    // This slice replaced the reading after its usage was to be made again: nothing is left to make. Its charges are
    // taken back with the reading, and where it was context until now there are none.
    if (!replaced.has(rework.to.identity.join('.'))) rest.rework.push(rework);
    else if (rework.firstUsage) rest.supersededContext.push(rework.to);
  }
  if (state.reversals.length > 0) supersedeInSlice(work, state.reversals, rest.reversals);
  return rest;
}

/** Made again twice by one slice: the last one counts, and what the first one found decides what to reverse. */
function lastOfEach(reworks: readonly Rework[]): Rework[] {
  const latest = new Map<string, Rework>();
  for (const rework of reworks) {
    const key = rework.to.identity.join('.');
    const earlier = latest.get(key);
    latest.set(key, earlier ? { ...rework, reverse: earlier.reverse, firstUsage: earlier.firstUsage } : rework);
  }
  return [...latest.values()];
}

function countCodes(counts: Record<string, number>, codes: readonly string[]): Record<string, number> {
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** The usage that ends at a reading of this slice starts elsewhere now. */
function reworkInPlace(reference: ReferenceData, work: SliceWork, rework: Rework): void {
  const { records, usage } = work;
  const record = rework.to.recordNo;
  records.disposition[record] = Disposition.usable;
  for (let row = 0; row < usage.count; row++) {
    if (usage.record[row] !== record) continue;
    const assignment = usage.assignment[row];
    usage.startMs[row] = rework.from.readAtMs;
    usage.quantity[row] = registerDifference(rework.from, rework.to, {
      digits: reference.lookup.digits(assignment),
      multiplier: reference.lookup.multiplier(assignment),
    });
  }
}

/** Earlier versions of an identity inside the slice are superseded before they are rated. */
function supersedeInSlice({ records, place }: SliceWork, reversals: readonly Reversal[], rest: Reversal[]): void {
  const wanted = new Map(reversals.map((reversal) => [reversal.identity.join('.'), reversal]));
  const holder = new Map<string, number>();
  for (let i = records.count - 1; i >= 0; i--) {
    const at = i * 4;
    const { identity } = records;
    const key = `${identity[at]}.${identity[at + 1]}.${identity[at + 2]}.${identity[at + 3]}`;
    if (!wanted.has(key) || records.disposition[i] !== Disposition.usable) continue;
    if (holder.has(key)) records.disposition[i] = Disposition.superseded;
    else holder.set(key, i);
  }
  for (const [key, reversal] of wanted) {
    const last = holder.get(key);
    rest.push(
      last !== undefined && reversal.keepEntry === place.entryNo ? { ...reversal, keepRecord: last } : reversal,
    );
  }
}

/** A record whose views could not all be rated is suspended as a whole: neighbours go on. */
function suspendUnrated({ records, usage }: SliceWork): void {
  for (let row = 0; row < usage.count; row++) {
    if (usage.code[row] === 0) continue;
    const record = usage.record[row];
    records.disposition[record] = Disposition.suspended;
    records.code[record] = usage.code[row]!;
  }
}

function countDispositions({ records, place }: SliceWork): BatchCounts {
  const counts = new Array<number>(Disposition.writtenOff + 1).fill(0);
  for (let i = 0; i < records.count; i++) counts[records.disposition[i]]++;
  // Index 0 (`usable`) is empty once every record has its state: it carries the total.
  counts[0] = records.count;
  return {
    entryNo: place.entryNo,
    fileEntry: place.fileEntry,
    source: place.source,
    acceptedAtMs: place.acceptedAtMs,
    counts,
  };
}

function move(
  node: { entryNo: number; fileEntry: number; source: string; acceptedAtMs: number },
  from: number,
  to: number,
): BatchCounts {
  const counts = new Array<number>(Disposition.writtenOff + 1).fill(0);
  counts[from] = -1;
  counts[to] = 1;
  return {
    entryNo: node.entryNo,
    fileEntry: node.fileEntry,
    source: node.source,
    acceptedAtMs: node.acceptedAtMs,
    counts,
  };
}

function reversalOfRework({ to }: Rework): Reversal {
  return {
    identity: to.identity,
    keepEntry: to.entryNo,
    keepRecord: to.recordNo,
    keepChargeFrom: to.version * CHARGES_PER_VERSION,
    supersede: false,
  };
}

function newestEvent(usage: UsageColumns): number {
  let newest = 0;
  for (let row = 0; row < usage.count; row++) if (usage.endMs[row] > newest) newest = usage.endMs[row]!;
  return newest;
}
