/** Takes back what stands in the ledger for usages that a later record has replaced. */
import {
  batchesOf,
  reversalOf,
  standingCharges,
  type LedgerBlock,
  type LedgerClient,
  type LedgerRow,
} from '../../ledger/index.ts';
import { Disposition } from '../../schemas/columns/record-columns.ts';
import { encodeChargeObjects } from './charge-objects.ts';
import type { BatchCounts, ControlSum } from './messages.ts';
import type { Reversal } from './stage-b.ts';

export interface Reversed {
  blocks: LedgerBlock[];
  batches: BatchCounts[];
  controls: (ControlSum & { entryNo: number })[];
}

const NOTHING: Reversed = { blocks: [], batches: [], controls: [] };

/** Everything before `entryNo` stands in the ledger when this is called. */
export async function reverse(
  ledger: LedgerClient,
  reversals: readonly Reversal[],
  entryNo: number,
): Promise<Reversed> {
  if (reversals.length === 0) return NOTHING;
  const byIdentity = new Map(reversals.map((reversal) => [hexOf(reversal.identity), reversal]));
  const standing = await standingCharges(ledger, [...byIdentity.keys()], entryNo);
  const rows = standing.filter((row) => !isKept(row, byIdentity.get(String(row['identity']))!));
  if (rows.length === 0) return NOTHING;

  // Posted in the period of the charge: every period is open until periods can be closed.
  const reversedRows = rows.map((row) => reversalOf(row, entryNo, Number(row['posting_period'])));
  const { blocks, controls } = encodeChargeObjects(reversedRows, entryNo);
  const superseded = rows.filter((row) => byIdentity.get(String(row['identity']))!.supersede);
  return {
    blocks,
    controls: controls.map((sum) => ({ ...sum, entryNo })),
    batches: await supersede(ledger, superseded, entryNo),
  };
}

/** The row belongs to the very charge that now holds the identity. */
function isKept(row: LedgerRow, { keepEntry, keepRecord, keepChargeFrom }: Reversal): boolean {
  return (
    Number(row['entry_no']) === keepEntry &&
    Number(row['record_no']) === keepRecord &&
    Number(row['charge_no']) >= keepChargeFrom
  );
}

/** The records behind the reversed charges were rated and are superseded now. */
async function supersede(ledger: LedgerClient, rows: readonly LedgerRow[], entryNo: number): Promise<BatchCounts[]> {
  const records = new Map<number, Set<number>>();
  for (const row of rows) {
    const entry = Number(row['entry_no']);
    records.set(entry, (records.get(entry) ?? new Set<number>()).add(Number(row['record_no'])));
  }
  const facts = await batchesOf(ledger, [...records.keys()], entryNo);
  return facts.map((batch) => {
    const count = records.get(batch.entryNo)!.size;
    const counts = new Array<number>(Disposition.writtenOff + 1).fill(0);
    counts[Disposition.rated] = -count;
    counts[Disposition.superseded] = count;
    return { ...batch, counts };
  });
}

function hexOf(identity: readonly number[]): string {
  return Buffer.from(Uint32Array.from(identity).buffer).toString('hex');
}
