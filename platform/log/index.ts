/** The log: numbered, chained, durable entries in segment files, and the spool for the bytes of files. */
export { LogWriter, type Appended, type LogWriterOptions } from './writer.ts';
export { LogEntry, LogReader } from './reader.ts';
export { checkRun, readRuns, type CheckedRun, type LogPlace, type LogRun } from './run.ts';
export { readAhead, Spool, type Blob } from './spool.ts';
export { listSegments, type LogPosition, type Segment } from './segments.ts';
export { CHAIN_START, type Pins } from './frame.ts';
