/** The log: numbered, chained, durable entries in segment files, and the spool for the bytes of files. */
export { LogWriter, type Appended, type LogWriterOptions } from './writer.ts';
export { LogEntry, LogReader } from './reader.ts';
export { Spool, type Blob } from './spool.ts';
export type { LogPosition } from './segments.ts';
export type { Pins } from './frame.ts';
