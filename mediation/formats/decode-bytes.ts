import { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { CompiledFormat, DecodePlace } from './types.ts';

/** Decodes bytes into columns of their own, made as large as the format asks. */
export function decodeBytes(format: CompiledFormat, bytes: Uint8Array, place: DecodePlace): RecordColumns {
  const records = format.estimateRecords(bytes);
  const columns = new RecordColumns(bytes.length, records, format.estimateArena(bytes.length, records));
  columns.text.set(bytes);
  format.decode(columns, place);
  return columns;
}
