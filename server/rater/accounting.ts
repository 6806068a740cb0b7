/** Rows of `batches` and `controls`: what became of each entry's records, and the sums that rating computed. */
import { encodeRows, type LedgerBlock } from '../../ledger/index.ts';
import { Disposition, DISPOSITION_NAMES } from '../../schemas/columns/record-columns.ts';
import type { BatchCounts, ControlSum } from './messages.ts';

/** Column per disposition number; number 0 carries `received`. */
const COLUMNS = [
  'received',
  ...DISPOSITION_NAMES.slice(1).map((name) => (name === 'writtenOff' ? 'written_off' : name)),
];

export function encodeBatches(batches: readonly BatchCounts[], postedEntry: number): LedgerBlock[] {
  return encodeRows(
    'batches',
    batches.map(({ entryNo, fileEntry, source, acceptedAtMs, counts }) => ({
      posted_entry: postedEntry,
      entry_no: entryNo,
      file_entry: fileEntry,
      source,
      accepted_at: acceptedAtMs,
      ...Object.fromEntries(counts.map((count, number) => [COLUMNS[number], count])),
    })),
  );
}

/** All records of a file that was held, and of which nothing was or will be admitted. */
export function neverAdmitted(
  { fileEntry, rows }: { fileEntry: number; rows: number },
  source: string,
  acceptedAtMs: number,
  became: 'rejected' | 'superseded',
): BatchCounts {
  const counts = COLUMNS.map(() => 0);
  counts[0] = counts[Disposition[became]] = rows;
  return { entryNo: fileEntry, fileEntry, source, acceptedAtMs, counts };
}

export function encodeControls(
  controls: readonly (ControlSum & { entryNo: number })[],
  postedEntry: number,
): LedgerBlock[] {
  return encodeRows(
    'controls',
    controls.map(({ entryNo, view, service, kind, currency, rows, quantity, amountMicros }) => ({
      posted_entry: postedEntry,
      entry_no: entryNo,
      view,
      service,
      kind,
      currency,
      rows,
      quantity,
      amount: amountMicros,
    })),
  );
}
