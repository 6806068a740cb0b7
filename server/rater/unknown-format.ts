/**
 * Stands in for a format that was never published: each line is a record that waits in suspense, and is read by the
 * format itself when it is recycled. The intake refuses such files; what stands in the log all the same must not
 * stop what comes after it.
 */
import type { CompiledFormat } from '../../mediation/formats/index.ts';
import { errorNo } from '../../platform/errors.ts';
import { hash128 } from '../../platform/hash128.ts';
import { Disposition, type RecordColumns } from '../../schemas/columns/record-columns.ts';

const LINE_FEED = 10;
const IDENTITY_SEED = 0x4c494e45;

export const UNKNOWN_FORMAT: CompiledFormat = {
  name: 'unknown',
  classes: [],
  identity: 'occurrence',
  joinsSessions: false,
  framed: false,
  secondSight: 'conflict',
  fieldNames: [],
  cut: (bytes, atEnd) => (atEnd ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1),
  estimateRecords: (bytes) => linesOf(bytes, bytes.length, () => undefined),
  estimateArena: () => 0,
  decode: (columns) => {
    columns.count = linesOf(columns.text, columns.sliceLength, (line, start, end) =>
      suspend(columns, line, start, end),
    );
  },
  explain: () => [],
};

/** Calls `each` with every line without its end; returns how many there are. Empty ones do not count. */
function linesOf(bytes: Uint8Array, length: number, each: (line: number, start: number, end: number) => void): number {
  let lines = 0;
  for (let start = 0; start < length;) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 || found > length ? length : found;
    if (end > start) each(lines++, start, end);
    start = end + 1;
  }
  return lines;
}

function suspend(columns: RecordColumns, record: number, start: number, end: number): void {
  columns.recordOffset[record] = start;
  columns.recordLength[record] = end - start;
  columns.disposition[record] = Disposition.suspended;
  columns.code[record] = errorNo('FORMAT_UNKNOWN');
  hash128(columns.text, start, end - start, IDENTITY_SEED, columns.identity, record * 4);
}
