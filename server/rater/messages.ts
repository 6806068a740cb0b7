/** What front and rater say to each other (IPC), and the rater's main thread to its workers. */
import type {
  JournalLine,
  LedgerAddress,
  LedgerBlock,
  LedgerRow,
  RegisterSpan,
  StandingRecords,
} from '../../ledger/index.ts';
import type { Rework, RegisterReading } from '../../mediation/readings/index.ts';
import type { SessionPart } from '../../mediation/sessions/index.ts';
import type { ErrorCode } from '../../platform/errors.ts';
import type { LoggerOptions } from '../../platform/logger.ts';
import type { RaterFigures, RerateProgress } from '../../schemas/api/rerates.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import type { RerateWish } from '../../schemas/log-entries.ts';
import type { ReferenceEntry } from './reference-data.ts';
import type { SliceBytes, SlicePlace, SliceWork } from './slice-work.ts';
import type { Reversal, StageBResult } from './stage-b.ts';

/** How the front starts a rater. */
export interface RaterOptions {
  dataDir: string;
  ledger: LedgerAddress;
  /** On a server: the word by which a ledger that others wrote is told. */
  ledgerOwner?: string;
  /** Raters with other data directories may have written this ledger, and may follow. */
  ledgerEpoch?: number;
  /** Up to this entry they computed by other rules than this version's. */
  ledgerOutdatedNo?: number;
  threads: number;
  slicesAheadMax: number;
  writeRowsMax: number;
  /** Bytes of usage between two checkpoints; 1 GiB when left out. */
  checkpointBytes?: number;
  logLevel: LoggerOptions['level'];
  /** Memory for identities of usage; what does not fit goes to files. */
  identitiesMemoryBytesMax: number;
  /** Entries up to this one were counted by raters before; 0 when left out. */
  countedNo?: number;
  /** Absent: stored bytes are not watched. */
  watch?: WatchOptions;
  /** Absent: nothing is archived or let go. */
  keep?: KeepOptions;
}

export type FrontToRater =
  | { type: 'start'; options: RaterOptions; headNo: number }
  | { type: 'head'; headNo: number }
  /** Drop the ledger and compute it again from the log. */
  | { type: 'rebuild'; requestNo: number; threads?: number }
  | { type: 'verify'; requestNo: number }
  /** Work a re-rating out and post nothing; one at a time. */
  | { type: 'preview'; previewNo: number; wish: RerateWish }
  /** One pass over archive and retention, now. `all`: sealed segments of any age. */
  | { type: 'keep'; requestNo: number; all: boolean }
  /** Write nothing until `release`, or for `HOLD_MS_MAX`: whoever asked reads the ledger as of one entry. */
  | { type: 'hold'; requestNo: number }
  | { type: 'release'; requestNo: number }
  /** What was announced is durable and others would find it, or is not. */
  | { type: 'announced'; token: string; failure?: { code: ErrorCode; message: string } };

/** A front that forgets to release must not stop the ledger. */
export const HOLD_MS_MAX = 60_000;

/** Counters since the rater started; the front turns them into metrics. */
export interface RaterStatistics {
  /** Another one: these counters begin at zero. */
  rater: string;
  /** The entries up to this one are in these counters, or in those of raters before. */
  countedNo: number;
  /** Source → disposition → records. */
  records: Record<string, Record<string, number>>;
  /** Service → charge rows. */
  charges: Record<string, number>;
  /** Code → records suspended. */
  errors: Record<string, number>;
  /** Table → rows written. */
  ledgerRows: Record<string, number>;
  /** The last ones. */
  settlements: SettlementResult[];
  /** Code → subscriptions that were not settled. */
  settlementFailures: Record<string, number>;
  writes: number;
  writeSeconds: number;
  /** Sessions that go on; null before the first slice. */
  openSessions: number | null;
  /** As of a little while ago; null before the first look. */
  identities: IdentityStatistics | null;
}

export interface VerifyCheck {
  name: string;
  ok: boolean;
  detail: string;
}

/** How stored bytes are watched: the keys of `watch` in the configuration. */
export interface WatchOptions {
  everySeconds: number;
  roundMinutes: number;
  dutyPercentMax: number;
  pauseMinutesMax: number;
}

/** How the log's files are kept in bounds: keys of `log` in the configuration. */
export interface KeepOptions {
  archiveAfterDays: number;
  retention: { days: number; bytes: number };
}

/** What one pass over archive and retention did. */
export interface KeptState {
  atMs: number;
  archivedSegments: number;
  archivedBlobs: number;
  /** Of what was archived: before and after. */
  sizeBytes: number;
  archivedBytes: number;
  removedSegments: number;
  removedBlobs: number;
  failure: string | null;
}

export interface WatchState {
  /** What is not as it was written; each names its place. */
  findings: string[];
  /** Last quick look; null before the first. */
  checkedAtMs: number | null;
  /** The round under way: steps done, of how many, and since when. */
  stepsDone: number;
  steps: number;
  roundStartedAtMs: number | null;
  /** How long the last whole round took and when it ended; null before the first. */
  lastRoundMs: number | null;
  lastRoundAtMs: number | null;
}

export type RaterToFront =
  /** A line of the journal; nothing of it goes to the ledger before the answer. */
  | { type: 'announce'; token: string; line: JournalLine }
  | { type: 'watched'; state: WatchState }
  | { type: 'kept'; state: KeptState; requestNo?: number }
  /** Everything up to this entry stands in the ledger. */
  | { type: 'processed'; entryNo: number; statistics: RaterStatistics; newestEvents: NewestEvent[] }
  | { type: 'failed'; code: string; message: string }
  /** Everything that was in the log when it was asked for stands in the new ledger. */
  | { type: 'rebuilt'; requestNo: number }
  | { type: 'verified'; requestNo: number; checks: VerifyCheck[] }
  | { type: 'held'; requestNo: number }
  | { type: 'rerating'; of: { previewNo: number } | { entryNo: number }; progress: RerateProgress }
  | { type: 'previewed'; previewNo: number; outcome: PreviewOutcome }
  | { type: 'rerated'; result: RerateResult };

/** The differences stay in the ledger's workspace `p<previewNo>` until the next preview. */
export type PreviewOutcome =
  { asOfEntry: number; figures: RaterFigures } | { failure: { code: string; message: string } };

/** What a command to re-rate, or to take a re-rating back, did. */
export interface RerateResult {
  entryNo: number;
  state: 'posted' | 'nothing' | 'refused';
  /** Rows left as they stand, because later ones correct them: only when one is taken back. */
  left: number;
  /** Null when one is taken back. */
  figures: RaterFigures | null;
  reversed: number;
  posted: number;
}

/** End of the newest event of an entry that came into the ledger: for the delay between the two. */
export type NewestEvent = readonly [entryNo: number, eventMs: number];

/** Numbers of one processed entry (or of one entry whose records changed their disposition later). */
export interface BatchCounts {
  entryNo: number;
  fileEntry: number;
  source: string;
  acceptedAtMs: number;
  /** Per `Disposition` number; index 0 is `received`. */
  counts: number[];
}

export interface ControlSum {
  view: string;
  service: string;
  kind: string;
  currency: string;
  rows: number;
  quantity: bigint;
  amountMicros: bigint;
}

/** What came of one slice. */
export interface SliceOutcome {
  blocks: LedgerBlock[];
  /** Recycled records: their charges as row objects, because later ones of the same command may take them back. */
  chargeRows: LedgerRow[];
  batches: BatchCounts[];
  controls: (ControlSum & { entryNo: number })[];
  reversals: Reversal[];
  suspendedByCode: Record<string, number>;
  openSessions: number;
  /** Newest event in the slice, for the delay from event to ledger. */
  newestEventMs: number;
}

/** A suspended record that is tried again. */
export interface RecycledInput {
  place: SlicePlace;
  recordNo: number;
  holdsIdentity: boolean;
  part?: SessionPart;
  bytes: Uint8Array;
}

export interface RecycleResult {
  place: SlicePlace;
  recordNo: number;
  outcome: SliceOutcome;
}

/** Records of one entry that are priced again; the arrays run side by side. */
export interface RerateInput {
  place: SlicePlace;
  source: SliceBytes;
  records: StandingRecords;
  /** Of records that are register readings. */
  spans: RegisterSpan[];
  /** Of records that are packets of sessions. */
  parts: [recordNo: number, part: SessionPart][];
  postedEntry: number;
}

export interface RerateOutput {
  /** Charges alone. */
  blocks: LedgerBlock[];
  /** Code → records that cannot be priced again: they stay as they stand. */
  unpriced: Record<string, number>;
}

export interface WorkerOptions {
  thread: number;
  threads: number;
  identities: IdentityOptions;
}

/** Memory for identities, and where those that have no room in it go. */
export interface IdentityOptions {
  folder: string;
  memoryBytesMax: number;
}

/** What is remembered of usage, and where. */
export interface IdentityStatistics {
  /** Sessions that go on. */
  openSessions: number;
  inMemory: number;
  onDisk: number;
  memoryBytes: number;
  diskBytes: number;
  files: number;
  /** Of the filter that spares new records a look into the files. */
  filterBits: number;
}

export type WorkerTask =
  | { kind: 'open'; options: WorkerOptions }
  | { kind: 'reference'; entries: ReferenceEntry[] }
  /** All three stages in one go: one thread. */
  | { kind: 'process'; place: SlicePlace; source: SliceBytes }
  | { kind: 'stageA'; place: SlicePlace; source: SliceBytes }
  | { kind: 'stageB'; work: SliceWork }
  | { kind: 'stageC'; work: SliceWork; state: StageBResult }
  /** Identity word 0 of each record as it decodes now, to find the thread that owns it. */
  | { kind: 'shards'; inputs: RecycledInput[] }
  | { kind: 'recycle'; inputs: RecycledInput[]; postedEntry: number }
  | { kind: 'rerate'; input: RerateInput }
  | { kind: 'dump'; folder: string }
  | { kind: 'load'; folder: string }
  | { kind: 'identities' }
  /** Reads all identities on the disk. */
  | { kind: 'checkIdentities' };

export type { Reversal, Rework, RegisterReading, StageBResult };
