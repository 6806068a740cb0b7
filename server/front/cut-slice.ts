/** Where a file is cut into slices. */
import type { CompiledFormat } from '../../mediation/formats/index.ts';

/** Short or empty lines must not make a slice of millions of records. */
const SLICE_RECORDS_MAX = 250_000;

/**
 * Where a slice ends: after its last whole record, and after about SLICE_RECORDS_MAX at most. A rule on bytes alone,
 * so that the same file is cut the same way again.
 */
export function cutSlice(
  format: CompiledFormat,
  bytes: Uint8Array,
  atEnd: boolean,
  first: boolean,
): { end: number; recordsMax: number } {
  let window = bytes;
  let recordsMax = format.estimateRecords(window);
  while (recordsMax > SLICE_RECORDS_MAX) {
    window = window.subarray(0, window.length >>> 1);
    recordsMax = format.estimateRecords(window);
  }
  // A record larger than the window is no record: it is admitted as it is and ends in suspense.
  return { end: format.cut(window, atEnd && window.length === bytes.length, first) || window.length, recordsMax };
}
