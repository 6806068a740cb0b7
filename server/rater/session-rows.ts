/** Usage rows of session parts: divided where a month or version begins, priced on the running total; and their ledger rows. */
import type { LedgerRow } from '../../ledger/index.ts';
import type { SessionPart } from '../../mediation/sessions/index.ts';
import { bordersBetween, bytesOf, piecesOf, rateRunning, type Piece, type RunningTotal } from '../../rating/index.ts';
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { RatingFacts } from '../../schemas/rating-facts.ts';
import type { ReferenceData } from './reference-data.ts';
import type { SessionStep } from './session-stage.ts';

/** Record → its part. */
export type PartsByRecord = ReadonlyMap<number, SessionPart>;

/** Keeps the rows of parts from being divided as others are: they have borders of their own. */
export function closeSpans(usage: UsageColumns, parts: PartsByRecord): void {
  if (parts.size === 0) return;
  for (let row = 0; row < usage.count; row++) {
    const part = parts.get(usage.record[row]);
    if (part !== undefined) usage.startMs[row] = usage.endMs[row] = part.after.atMs;
  }
}

/** Puts the pieces of parts in the place of their records' rows. Returns what each row is priced on; by row. */
export function spreadParts(
  reference: ReferenceData,
  usage: UsageColumns,
  parts: PartsByRecord,
): ReadonlyMap<number, RunningTotal> {
  const totals = new Map<number, RunningTotal>();
  if (parts.size === 0) return totals;
  const { tariffBook, binding } = reference;
  const found = new Map<number, Piece[]>();
  const more = new Uint16Array(usage.count);
  for (let row = 0; row < usage.count; row++) {
    const part = parts.get(usage.record[row]);
    if (part === undefined) continue;
    const borders = bordersBetween(tariffBook, binding, usage.tariffNo[row], part.startMs, part.after.atMs);
    const pieces = piecesOf(part, borders);
    found.set(row, pieces);
    more[row] = pieces.length - 1;
  }
  if (more.some((count) => count > 0)) usage.repeat(more);
  let to = 0;
  for (const [row, count] of more.entries()) {
    for (const [index, piece] of (found.get(row) ?? []).entries()) put(usage, to + index, piece, totals);
    to += 1 + count;
  }
  return totals;
}

function put(usage: UsageColumns, row: number, { from, to, total }: Piece, totals: Map<number, RunningTotal>): void {
  usage.startMs[row] = from.atMs;
  usage.endMs[row] = to.atMs;
  usage.quantity[row] = bytesOf(to) - bytesOf(from);
  usage.quantityUp[row] = to.up - from.up;
  usage.part[row] = total.later ? 1 : 0;
  totals.set(row, total);
}

/** Behind `rateUsage`, which has priced the parts as if they were whole. */
export function rateParts(
  reference: ReferenceData,
  usage: UsageColumns,
  records: RecordColumns,
  totals: ReadonlyMap<number, RunningTotal>,
  facts: RatingFacts,
): void {
  const { tariffBook, binding } = reference;
  for (const [row, total] of totals) rateRunning(tariffBook, binding, usage, records, row, total, facts);
}

/** Who a record is charged to first: account and subscription. */
export type OwnersByRecord = ReadonlyMap<number, { accountNo: number; subscriptionNo: number }>;

export function ownersOf(usage: UsageColumns, steps: readonly SessionStep[]): OwnersByRecord {
  const owners = new Map<number, { accountNo: number; subscriptionNo: number }>();
  if (steps.length === 0) return owners;
  for (let row = usage.count - 1; row >= 0; row--) {
    owners.set(usage.record[row], { accountNo: usage.accountNo[row], subscriptionNo: usage.subscriptionNo[row] });
  }
  return owners;
}

/** The same rows however many threads have made the steps. */
export function sessionRows(
  steps: readonly SessionStep[],
  owners: OwnersByRecord,
  place: { entryNo: number; source: string },
  postedEntry: number,
  recordNo?: number,
): LedgerRow[] {
  const sorted = steps.toSorted((a, b) => a.record - b.record || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return sorted.map(({ record, event, id, session, part, counted }) => {
    const owner = event === 'closed' ? undefined : owners.get(record);
    const from = part?.before ?? { atMs: session.startMs, up: 0, down: 0 };
    return {
      posted_entry: postedEntry,
      entry_no: place.entryNo,
      record_no: recordNo ?? record,
      session: id,
      event,
      account_no: owner?.accountNo ?? 0,
      subscription_no: owner?.subscriptionNo ?? 0,
      source: place.source,
      nas: session.nas,
      session_id: session.sessionId,
      login: session.user,
      start_at: session.startMs,
      last_at: session.lastMs,
      counted: counted.total,
      counted_up: counted.up,
      has_part: part === null ? 0 : part.before === null ? 1 : 2,
      before_at: part === null ? session.startMs : from.atMs,
      before_quantity: part === null ? 0 : bytesOf(from),
      before_up: part === null ? 0 : from.up,
      after_at: part === null ? session.startMs : part.after.atMs,
      quantity: part === null ? 0 : bytesOf(part.after),
      quantity_up: part === null ? 0 : part.after.up,
      marks: part === null ? '' : part.marks.map(({ atMs, up, down }) => `${atMs}:${up}:${down}`).join(' '),
      closed: session.closed,
    };
  });
}
