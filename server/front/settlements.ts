/** Results of settlements: those the rater told of, and older ones worked out again. */
import type { LedgerClient } from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { LogReader } from '../../platform/log/index.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import { EntryType, type CommandHead } from '../../schemas/log-entries.ts';
import { customersOf, settlePeriod } from '../rater/index.ts';
import type { ReferenceData } from '../rater/index.ts';
import type { ReferenceHistory } from './reference-history.ts';

export interface SettlementSources {
  ledger: LedgerClient;
  reader: LogReader;
  history: ReferenceHistory;
  /** Last entry whose effect is in the ledger. */
  processedNo: number;
}

export class Settlements {
  private told: readonly SettlementResult[] = [];

  follow(results: readonly SettlementResult[]): void {
    // A rater that was started again begins with none.
    const again = new Set(results.map(({ entry }) => entry));
    this.told = [...this.told.filter(({ entry }) => !again.has(entry)), ...results].slice(-100);
  }

  /** Null when the entry settles nothing, or is not processed yet. */
  async of(entryNo: number, sources: () => SettlementSources): Promise<SettlementResult | null> {
    const known = this.told.find(({ entry }) => entry === entryNo);
    return known ?? workOut(entryNo, sources());
  }
}

/** The same computation as of the same entry gives the same result. */
async function workOut(
  entryNo: number,
  { ledger, reader, history, processedNo }: SettlementSources,
): Promise<SettlementResult | null> {
  if (entryNo < 1 || entryNo > processedNo) return null;
  const entry = await reader.entry(entryNo).catch((error: unknown) => {
    if (error instanceof TollgridError) return null;
    throw error;
  });
  const head = entry?.type === EntryType.command ? (entry.head as CommandHead) : null;
  if (entry === null || head?.command !== 'settle') return null;
  const { period, postingPeriod = period } = head.input;
  const reference: ReferenceData = await history.asOf(entry.registryNo);
  const parts = { ledger, book: reference.tariffBook, customers: await customersOf(history.entries(entryNo)) };
  return (await settlePeriod(parts, { entryNo, period, postingPeriod })).result;
}
