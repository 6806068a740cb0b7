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

/**
 * Charges that stand for some identities: those of the ledger before an entry, and those the entry itself has posted so
 * far, which the ledger does not have yet.
 */
export class StandingCharges {
  private readonly rows = new Map<string, LedgerRow[]>();

  static async before(ledger: LedgerClient, reversals: readonly Reversal[], entryNo: number): Promise<StandingCharges> {
    const standing = new StandingCharges();
    const identities = [...new Set(reversals.map(({ identity }) => identityHex(identity)))];
    if (identities.length > 0) standing.add(await standingCharges(ledger, identities, entryNo));
    return standing;
  }

  add(rows: readonly LedgerRow[]): void {
    for (const row of rows) {
      const identity = String(row['identity']);
      const list = this.rows.get(identity);
      if (list === undefined) this.rows.set(identity, [row]);
      else list.push(row);
    }
  }

  /** Removes what a reversal takes back, and returns it. */
  take(reversal: Reversal): LedgerRow[] {
    const identity = identityHex(reversal.identity);
    const rows = this.rows.get(identity) ?? [];
    const taken = rows.filter((row) => !isKept(row, reversal));
    this.rows.set(
      identity,
      rows.filter((row) => isKept(row, reversal)),
    );
    return taken;
  }
}

/** The row belongs to the very charge that now holds the identity. */
function isKept(row: LedgerRow, { keepEntry, keepRecord, keepChargeFrom }: Reversal): boolean {
  return (
    Number(row['entry_no']) === keepEntry &&
    Number(row['record_no']) === keepRecord &&
    Number(row['charge_no']) >= keepChargeFrom
  );
}

export function identityHex(identity: readonly number[]): string {
  return Buffer.from(Uint32Array.from(identity).buffer).toString('hex');
}

export interface ReversedRows {
  /** The reversals. */
  rows: LedgerRow[];
  /** Charges whose records are superseded now. */
  superseded: LedgerRow[];
}

/** Posted in the period of the charge: every period is open until periods can be closed. */
export function reverseRows(standing: StandingCharges, reversals: readonly Reversal[], entryNo: number): ReversedRows {
  const result: ReversedRows = { rows: [], superseded: [] };
  for (const reversal of reversals) {
    const taken = standing.take(reversal);
    result.rows.push(...taken.map((row) => reversalOf(row, entryNo, Number(row['posting_period']))));
    if (reversal.supersede) result.superseded.push(...taken);
  }
  return result;
}

export interface Reversed {
  blocks: LedgerBlock[];
  batches: BatchCounts[];
  controls: (ControlSum & { entryNo: number })[];
}

/** Everything before `entryNo` stands in the ledger when this is called. */
export async function reverse(
  ledger: LedgerClient,
  reversals: readonly Reversal[],
  entryNo: number,
): Promise<Reversed> {
  if (reversals.length === 0) return { blocks: [], batches: [], controls: [] };
  const standing = await StandingCharges.before(ledger, reversals, entryNo);
  const { rows, superseded } = reverseRows(standing, reversals, entryNo);
  const { blocks, controls } = encodeChargeObjects(rows, entryNo);
  return {
    blocks,
    controls: controls.map((sum) => ({ ...sum, entryNo })),
    batches: await supersede(ledger, superseded, entryNo),
  };
}

/** The records behind the reversed charges were rated and are superseded now. */
export async function supersede(
  ledger: LedgerClient,
  rows: readonly LedgerRow[],
  entryNo: number,
): Promise<BatchCounts[]> {
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
