/** One slice on its way through the stages. All columns are shared memory, so any thread can take the next stage. */
import { RecordColumns } from '../../schemas/columns/record-columns.ts';
import { UsageColumns } from '../../schemas/columns/usage-columns.ts';

/** Where the records of a slice come from: their address, and what accounting files them under. */
export interface SlicePlace {
  entryNo: number;
  /** Entry of the file, or the batch's own entry for pushed usage. */
  fileEntry: number;
  source: string;
  format: string;
  acceptedAtMs: number;
  /** Where the slice starts in the source file; 0 for pushed usage. */
  sourceOffset: number;
  first: boolean;
  /** The last slice of a closed file. */
  last: boolean;
  /** A batch of pieces of records. */
  pieces?: boolean | undefined;
}

/** Where the slice's bytes are. */
export type SliceBytes =
  { path: string; offset: number; lengthBytes: number; recordsMax: number } | { bytes: Uint8Array };

export interface SliceWork {
  place: SlicePlace;
  records: RecordColumns;
  usage: UsageColumns;
  /** 1 where the identity is a digest of the raw bytes, because the record could not be decoded. */
  rawIdentity: Uint8Array;
  /** One word, 1 while the columns are needed: whichever thread is the last to need them sets it back. */
  inUse: Int32Array;
}

/** The columns may be used for another slice. */
export function release({ inUse }: SliceWork): void {
  Atomics.store(inUse, 0, 0);
}

/** Structured clone keeps shared memory but not classes: put them back after a message. */
export function revive(work: SliceWork): SliceWork {
  Object.setPrototypeOf(work.records, RecordColumns.prototype);
  Object.setPrototypeOf(work.usage, UsageColumns.prototype);
  return work;
}
