/** The fields of one record in words: for explain, suspense and tests, never for the fast path. */
import { errorCode } from '../../platform/errors.ts';
import { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { FormatDocument } from '../../schemas/format.ts';
import type { Decoder } from './decoder.ts';
import type { Layout } from './families/index.ts';
import { typeOf } from './fields/compile-fields.ts';
import type { CompiledFields } from './fields/compile-fields.ts';
import type { Row } from './row.ts';
import type { ExplainedField } from './types.ts';

export function explainRow(
  decoder: Decoder,
  document: FormatDocument,
  fields: CompiledFields,
  layout: Layout,
  arena: number,
  bytes: Uint8Array,
): ExplainedField[] {
  const { row } = decoder;
  const columns = new RecordColumns(bytes.length, 1, arena);
  columns.text.set(bytes);
  decoder.attach(columns);
  layout.splitter([...layout.slotOf.values()]).split(row, 0, bytes.length);
  const type = recordTypeOf(decoder, document, layout);
  const explained = document.fields.map((spec, no): ExplainedField | null => {
    const code = fields.readers[no](row);
    if ((spec.in ?? 'detail') !== type) return null;
    const slot = layout.slotOf.get(no);
    const raw = slot === undefined ? '' : rawText(row, row.slotStart[slot], row.slotEnd[slot], fields);
    if (code !== 0) return { field: spec.name, raw, value: '', fault: errorCode(code) };
    return { field: spec.name, raw, value: row.present[no] === 1 ? valueText(row, no, typeOf(spec)) : '' };
  });
  return explained.filter((field) => field !== null);
}

function recordTypeOf(decoder: Decoder, document: FormatDocument, layout: Layout): 'header' | 'detail' | 'trailer' {
  const { row } = decoder;
  const { recordTypes } = document;
  if (recordTypes === undefined) return 'detail';
  const mark = text(row, row.slotStart[layout.typeSlot], row.slotEnd[layout.typeSlot]);
  const has = (marks: typeof recordTypes.header): boolean => [marks].flat().map(String).includes(mark);
  return has(recordTypes.header) ? 'header' : has(recordTypes.trailer) ? 'trailer' : 'detail';
}

function text(row: Row, start: number, end: number): string {
  return Buffer.from(row.text.subarray(start, end)).toString('utf8');
}

function rawText(row: Row, start: number, end: number, { codePage }: CompiledFields): string {
  if (codePage === null || end === start) return text(row, start, end);
  const from = row.arenaEnd;
  const whole = codePage.append(row, start, end);
  const result = whole ? text(row, from, row.arenaEnd) : text(row, start, end);
  row.arenaEnd = from;
  return result;
}

function valueText(row: Row, no: number, type: string): string {
  if (type === 'text') return text(row, row.textStart[no], row.textStart[no] + row.textLength[no]);
  if (type === 'dateTime') return new Date(row.number[no]).toISOString();
  if (type !== 'reading') return String(row.number[no]);
  const scale = row.scale[no];
  const digits = String(Math.abs(row.number[no])).padStart(scale + 1, '0');
  const sign = row.number[no] < 0 ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
