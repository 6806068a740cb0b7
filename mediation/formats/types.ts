/** What a compiled format can do. Made from a format file by `compileFormat`; used by collectors (cut) and raters (decode). */
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { ServiceName } from '../../schemas/columns/usage-columns.ts';

/** What a record of a class is. `context`: absorbed (headers, trailers, starts and interims); `ignored`: filtered. */
export type RecordKind = 'usage' | 'registerReading' | 'intervalReading' | 'context' | 'ignored';

export type SessionEvent = 'counters' | 'start' | 'restart';

export interface RecordClass {
  name: string;
  kind: RecordKind;
  /** Absent for context and ignored. */
  service?: ServiceName;
  /** What it says of a session. */
  session?: SessionEvent;
}

export interface CompiledFormat {
  readonly name: string;
  readonly classes: readonly RecordClass[];
  /** `key`: the identity fields are unique. `occurrence`: all fields plus the occurrence number within the file. */
  readonly identity: 'key' | 'occurrence';
  /** Some class is about sessions. */
  readonly joinsSessions: boolean;
  /** Single records are joined to a batch as they are (frames) and not by line ends. */
  readonly framed: boolean;
  /** Lines that are skipped at the begin of a file; 0 where a format has none. */
  readonly headerLines?: number;
  /**
   * Which registers a message's payload shows: it becomes a record, and so a frame, for each. One without a name where
   * it shows none.
   */
  partsOf?(payload: Uint8Array): readonly string[];
  /** What a second sight of an identity with other content means. */
  readonly secondSight: 'conflict' | 'revision' | 'counter';
  /** Names of the format's fields, for messages: `faultField` - 1 is an index into it. */
  readonly fieldNames: readonly string[];
  /**
   * End of the last whole record in `bytes`, by a rule on bytes alone; 0 when there is none yet. `first`: the file begins with them.
   * With `atEnd` everything up to the end counts, also a last record without its terminator.
   */
  cut(bytes: Uint8Array, atEnd: boolean, first: boolean): number;
  /** Upper bound of records in a slice, to size the columns. */
  estimateRecords(bytes: Uint8Array): number;
  /** Arena bytes that decoding needs at most for such a slice. */
  estimateArena(sliceLength: number, records: number): number;
  /** Decodes columns.text[0, sliceLength) into the columns. Never throws for bad input: the record is suspended. */
  decode(columns: RecordColumns, place: DecodePlace): void;
  /** Sums of a decoded slice, for formats whose trailer is checked. The caller adds them up over the slices of a file. */
  totals?(columns: RecordColumns): SliceTotals;
  /** Headers and trailers, for formats that declare record types. */
  readonly framing?: FileFraming;
  /** Of formats whose files say at their begin how they are laid out: what is wrong with it; null: nothing. */
  headerMistake?(start: Uint8Array, sizeBytes: number): string | null;
  /** How the numbers in `sequence` count, for formats that say so. */
  readonly sequence?: SequenceRule;
  /** The fields of one record, for people: `bytes` are the record's without its terminator. */
  explain(bytes: Uint8Array): ExplainedField[];
}

/** Detail records of a slice, and what its trailer says of the whole file. */
export interface SliceTotals {
  /** Detail records, also those that are ignored or suspended. */
  records: number;
  /** Sum of the detail records' quantity in base units. */
  quantity: number;
  /** Suspended records, whose quantity is not in the sum: while there are any, only the counts can be compared. */
  unreadable: number;
  /** Trailer records seen: a whole file has one. */
  trailers: number;
  /** What the trailer declares. */
  declared?: { records?: number; quantity?: number };
}

/** Classes of headers and trailers, and whether the format has marks for them. */
export interface FileFraming {
  headerClass: number;
  trailerClass: number;
  hasHeader: boolean;
}

/** Numbers that a source gives its records, or its files, one after the other. */
export interface SequenceRule {
  /** Fields of the header whose values have a count of their own. */
  within: readonly string[];
  /** Local day (yyyy-mm-dd) of a moment, when each day has a count of its own. */
  dayOf?: (startMs: number) => string;
  /** What each count begins with; absent: one count without a known beginning. */
  first?: number;
  /** The number after which a count begins anew, with `first` or 1. */
  last?: number;
  /** Field of the header that holds the number of the file. */
  file?: string;
}

export interface ExplainedField {
  field: string;
  /** As it stands in the record; '' when absent or made of other fields. */
  raw: string;
  /** As it is understood: texts, whole numbers in base units, times in ISO 8601 UTC; '' when absent. */
  value: string;
  /** Error code, when it could not be understood. */
  fault?: string;
}

export interface DecodePlace {
  /** The slice is the first of its file: header lines stand here. */
  first: boolean;
  /** No record in it is whole: all are suspended. */
  pieces?: boolean | undefined;
}
