/** What the two sides of the pipeline benchmark give back, so that they can be held against each other. */
import type { LedgerClient } from '../../ledger/index.ts';
import { checkSums, type CheckSums } from './check-sums.ts';

export interface SideResult {
  seconds: number;
  rssBytes: number;
  sums: CheckSums;
}

/** Runs the timed part, then reads what it left in the ledger. */
export async function measured(
  client: LedgerClient,
  peakBytes: () => number,
  work: () => Promise<void>,
): Promise<SideResult> {
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1000;
  return { seconds, rssBytes: peakBytes(), sums: await checkSums(client) };
}
