/**
 * What stands in the log: entry types, their heads (JSON) and bodies (bytes).
 * A command carries its inputs (who, what, as of which entry), never its results.
 */

export const EntryType = {
  file: 1,
  slice: 2,
  batch: 3,
  registry: 4,
  publication: 5,
  command: 6,
  tick: 7,
  draft: 8,
} as const;
export type EntryTypeNo = (typeof EntryType)[keyof typeof EntryType];

/** Version of the program's results: raised when a change of program alters any ledger row. */
export const SEMANTICS_NO = 7;

/** Of an entry that a collector took: where it stands in the collector's own order, and when it was accepted there. */
export interface Origin {
  order: string;
  entry: number;
  acceptedAtMs: number;
}

/** A file was received: its bytes stand in the spool under their hash (closed), or arrive in chunks (growing). */
export interface FileHead {
  source: string;
  /** The sender's name: data, never a path. */
  name: string;
  format: string;
  mode: 'closed' | 'growing';
  /** Closed files only. */
  sha256?: string;
  sizeBytes?: number;
  /** Closed files found in a directory: with name and size, tells a file that was taken in before a restart. */
  modifiedMs?: number;
  /** The same bytes were received before, as this entry: every record of it is a duplicate, none is read again. */
  duplicateOf?: number;
  /** Growing files only: device and inode, and the start of the file, tell the file across restarts and rotations. */
  inode?: string;
  fingerprint?: Fingerprint;
  /** What the check before admission read; only of formats that declare totals or a sequence. */
  check?: FileFigures;
  /** Nothing of it is admitted until a command releases or rejects it, or a better copy takes its place. */
  held?: { code: HoldCode; detail: string };
  /** Held files of the same name that this one takes the place of, with their records. */
  supersedes?: { fileEntry: number; rows: number }[];
  /** Numbers that the source gave the file and its records; they count when the file is admitted. */
  numbers?: FileNumbersHead[];
  /** It came in this packed file (gz, zip), which is in the spool too: as file `no` of `of` in it. */
  packed?: { name: string; sha256: string; sizeBytes: number; modifiedMs?: number; no: number; of: number };
  /** Absent where it was received by the process that writes this log; the same of slices, batches and commands. */
  from?: Origin;
}

/** SHA-256 of a run of a file's bytes. */
export interface Fingerprint {
  lengthBytes: number;
  sha256: string;
}

/** Why a packed file is held as it came. */
export const PACKED_HOLDS = [
  'PACKED_RATIO',
  'PACKED_TOO_LARGE',
  'PACKED_TOO_MANY',
  'PACKED_NESTED',
  'PACKED_UNREADABLE',
] as const;
export type PackedHold = (typeof PACKED_HOLDS)[number];

export function isPackedHold(code: string): code is PackedHold {
  return (PACKED_HOLDS as readonly string[]).includes(code);
}

/**
 * Why a file is held: its layout is not whole, its trailer says something else than its records, or it cannot be unpacked
 * within the limits.
 */
export type HoldCode = 'FILE_FRAMING_WRONG' | 'FILE_TOTALS_DIFFER' | PackedHold;

export interface FileFigures {
  /** Everything that would be received: detail records, headers and trailers. */
  rows: number;
  /** Detail records, of them unreadable ones, and the sum of the readable ones' quantity in base units. */
  records: number;
  unreadable: number;
  quantity: number;
  /** What the trailer says. */
  declared?: { records?: number; quantity?: number };
}

/** One count that a source keeps, as far as a file has numbers of it. */
export interface FileNumbersHead {
  of: 'records' | 'files';
  /** Tells the source's counts apart: values of the header, a day; '' when there is one. */
  count: string;
  /** What the count begins with, and the last number before it begins anew; absent: unknown, never. */
  first?: number;
  last?: number;
  /** [from, to], ascending. */
  runs: [number, number][];
  /** Records whose number cannot be read: so many numbers may be missing without a loss. */
  unreadable: number;
  /** Numbers that came with other content before: in this file, or in the one named. */
  repeats?: { total: number; numbers: number[]; fileEntry?: number }[];
}

/** A run of whole records of a file. Body empty; bytes are in the spool, under the SHA-256 of the blob. */
export interface SliceHead {
  source: string;
  format: string;
  /** Entry number of the file. */
  fileEntry: number;
  /** Spool blob that holds the bytes, and where in it they start. */
  blob: string;
  blobOffset: number;
  /** Where the slice stands in the source file. */
  sourceOffset: number;
  lengthBytes: number;
  /** At most so many records: what its columns are sized by. */
  recordsMax: number;
  /** The first slice of its file (headers stand here), and the last one of a closed file. */
  first: boolean;
  last: boolean;
  /** Growing files: its last bytes. With the file's own fingerprint they tell the file from another that begins alike. */
  tail?: Fingerprint;
}

/** Usage pushed by a client. Body: the records, one per line, as received. */
export interface BatchHead {
  source: string;
  format: string;
  sha256: string;
  /** Lines of the body. */
  records: number;
  idempotencyKey?: string;
  /** Whose key it is: the id of an API key, or `operator`. Absent in old entries: anybody's. */
  caller?: string;
  /** SHA-256 of the request body the key was used with. */
  requestSha256?: string;
  /** Of a source that reads streams (`topic/partition`): the number of the message behind the last one in here. */
  positions?: Readonly<Record<string, number>> | undefined;
  /** None of its records is whole: all wait in suspense with their bytes. */
  pieces?: true;
}

/** Registry changes as after-images. Body: JSON array of `RegistryChange`. */
export interface RegistryHead {
  by: string;
  count: number;
}

export type PublicationKind = 'format' | 'tariff' | 'guiding' | 'policy';

/** Policies decide what a record means, so they stand in the log like tariffs. */
export interface DuplicatePolicy {
  policy: 'duplicates';
  /** A second sight of a usage is noticed when it started at most that long before its acceptance. */
  windowMonths: number;
}

export const DEFAULT_WINDOW_MONTHS = 13;

/** Something that can change a charge was published. Body: JSON `{ document, data }`, see `Publication`. */
export interface PublicationHead {
  kind: PublicationKind;
  name: string;
  /** Tariffs: the effective date `yyyy-mm-dd`. */
  effective?: string;
  /**
   * Tariffs: 2 and up for a correction of the same (name, effective), which holds for what is accepted behind it.
   * Absent: the first one.
   */
  revision?: number;
  /** SHA-256 of the body. */
  sha256: string;
  /** Whose key it was: `operator`, the id of an API key, or `start`. */
  by: string;
  /** Tariffs: who answers for it, by name. */
  person?: string;
  note?: string;
  /** Tariffs: entry of the draft that was published. */
  draft?: number;
}

/** A tariff that is not published yet: it decides nothing. Body: JSON, see `Publication`. The latest of a version counts. */
export interface DraftHead {
  name: string;
  effective: string;
  /** SHA-256 of the body. */
  sha256: string;
  by: string;
  person?: string;
  note?: string;
}

/** What a publication holds: the document as written, and all data that must not come from the machine. */
export interface Publication {
  document: string;
  /** Zone transitions, holidays, code pages and side files (prefix tables) the document names. */
  data: PublicationData;
}

export interface PublicationData {
  /** IANA zone → UTC offset changes: `[fromMs, offsetMs]`, ascending; the first one holds for all earlier time. */
  zones: Record<string, [number, number][]>;
  /** Encoding name → the 256 characters of an 8-bit code page. */
  codePages: Record<string, string>;
  /** File named in the document (relative) → its text, for example a prefix table. */
  files: Record<string, string>;
}

/** Which usage is priced again. Months as yyyy-mm. */
export interface RerateWish {
  /** Service periods [from, to). */
  from: string;
  to: string;
  /** Only customers of this tariff, or of this account; with whatever is settled together with them. */
  tariff?: string;
  account?: string;
  /** Where corrections are billed; absent: where the charge was that is corrected. */
  postingPeriod?: string;
}

export type CommandHead =
  | { command: 'recycle'; by: string; input: { code?: string; address?: string } }
  | { command: 'writeOff'; by: string; input: { code?: string; address?: string; reason: string } }
  | { command: 'settle'; by: string; input: { period: string; postingPeriod?: string } }
  | { command: 'rerate'; by: string; input: RerateWish & { note?: string; digest?: string } }
  | { command: 'undoRerate'; by: string; input: { rerate: number; postingPeriod?: string; note?: string } }
  | { command: 'releaseFile'; by: string; input: { file: number; reason?: string } }
  | { command: 'rejectFile'; by: string; input: { file: number; reason: string } }
  | { command: 'closeIncident'; by: string; input: { incident: string; reason: string } }
  | { command: 'withdrawDraft'; by: string; input: { draft: number; person?: string; note?: string } };
