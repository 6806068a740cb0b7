/** Formats: declarative files that say how a source's bytes become records. */
import type { CompiledFormat, ExplainedField } from './types.ts';

export type {
  CompiledFormat,
  DecodePlace,
  ExplainedField,
  FileFraming,
  RecordClass,
  RecordKind,
  SequenceRule,
  SessionEvent,
  SliceTotals,
} from './types.ts';
export type { Mistake } from './document.ts';
export { checkFormat, compileFormat, parseFormat, prepareFormat } from './compile.ts';
export { testFormat } from './format-tests.ts';
export type { FormatTestResult } from './format-tests.ts';
export { emptyFrame, frameEnd, makeFrame, makeMessageFrame, MESSAGE_FLAGS, readFrame } from './frame.ts';
export type { MessageParts } from './frame.ts';
export { decodeBytes } from './decode-bytes.ts';

/** The fields of the record at `bytes[offset, offset + length)`, as they stand there and as they are understood. */
export function explainRecord(
  format: CompiledFormat,
  bytes: Uint8Array,
  offset: number,
  length: number,
): ExplainedField[] {
  return format.explain(bytes.subarray(offset, offset + length));
}
