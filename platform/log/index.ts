/** The log: numbered, chained, durable entries in segment files, and the spool for the bytes of files. */
export { LogWriter, type LogWriterOptions } from './writer.ts';
export type { Appended, LogPort } from './port.ts';
export { LogEntry, LogReader, type EntryProof } from './reader.ts';
export { checkRun, readRuns, type CheckedRun, type LogPlace, type LogRun } from './run.ts';
export { readAhead, Spool, type Blob } from './spool.ts';
export {
  archivedSegmentPath,
  leftOverSegments,
  listSegments,
  segmentPath,
  type LogPosition,
  type Segment,
} from './segments.ts';
export { readHolds, removeHold, writeHold, type Hold } from './holds.ts';
export { CHAIN_START, encodeFrame, isFrameOf, type Pins } from './frame.ts';
export { logStart, readRetained, writeRetained, type Retained } from './retained.ts';
export { openStored, readStoredSync, type StoredFile } from './stored-file.ts';
export {
  archiveBlob,
  archiveSegment,
  headsOf,
  removeBlob,
  removeDurably,
  type ArchivedFile,
  type Confirm,
} from './archive.ts';
export { archivedBlobPath } from './stored-file.ts';
