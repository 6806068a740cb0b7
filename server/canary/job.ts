/** What the front asks a canary for, and what it hears of it. */
import type { CanaryReport } from '../../schemas/api/canaries.ts';
import type { LedgerAddress } from '../../ledger/index.ts';

export interface CanaryJob {
  dataDir: string;
  ledger: LedgerAddress;
  /** Registry changes and publications, in the order of the log. */
  referenceEntries: readonly number[];
  /** Everything is read as it stands before this entry. */
  beforeEntry: number;
  /** The draft: a publication as JSON. */
  body: Uint8Array;
  /** Whose users it is tried on; null: those of the tariff of its own name. */
  inPlaceOf: string | null;
  /** yyyy-mm-dd by the clock of the draft: [from, to). */
  from: string;
  to: string;
  /** Ids; null: all. */
  accounts: readonly string[] | null;
  /** Attribute of customers by which sums are told as well. */
  attribute: string;
  /** Winners and losers, zones: so many of each are named. */
  shown: number;
  /** Folder of its own for what does not stay in memory. */
  scratch: string;
}

export interface CanaryProgress {
  phase: 'rating' | 'settling';
  done: number;
  of: number;
}

export type FrontToCanary = { type: 'start'; job: CanaryJob };
export type CanaryToFront =
  | { type: 'progress'; progress: CanaryProgress }
  | { type: 'done'; report: CanaryReport }
  | { type: 'failed'; code: string; message: string; details: Record<string, unknown> };
