/** What a rater reaches outside of itself. */
import { connectLedger, type JournalLine, type LedgerAddress, type LedgerClient } from '../../ledger/index.ts';
import type { RaterOptions, RaterToFront } from './messages.ts';
import { syncLedger } from './sync-ledger.ts';
import { WorkerPools } from './worker-pools.ts';

export interface RaterEvents {
  tell(message: RaterToFront): void;
  /** The rater cannot go on. */
  fail(error: unknown): void;
  /** With `ledgerEpoch`: see `LedgerFence`. */
  announce?(line: JournalLine): Promise<void>;
}

/** What a rater reaches outside of itself; a simulation gives its own. */
export interface RaterPorts {
  ledger(address: LedgerAddress): LedgerClient;
  pools(threads: number): WorkerPools;
  /** What the ledger holds outlives a power cut then; false where that is a server's own affair. */
  syncLedger(options: RaterOptions): Promise<boolean>;
  /** A checkpoint is due after that many records. */
  checkpointRecords: number;
}

export const PORTS: RaterPorts = {
  ledger: connectLedger,
  pools: (threads) => new WorkerPools(threads),
  syncLedger,
  // A replay of them takes seconds.
  checkpointRecords: 10_000_000,
};
