/** Runs the tests inside a format file: raw text in, records out. */
import { errorCode } from '../../platform/errors.ts';
import { DISPOSITION_NAMES, TEXT_FIELDS } from '../../schemas/columns/record-columns.ts';
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import { QUALITIES } from '../../schemas/format.ts';
import type { Encoding, FormatDocument } from '../../schemas/format.ts';
import type { PublicationData } from '../../schemas/log-entries.ts';
import { compileFormat, parseFormat, prepareFormat } from './compile.ts';
import { decodeBytes } from './decode-bytes.ts';
import { REGISTRY } from './families/index.ts';
import type { CompiledFormat } from './types.ts';

export interface FormatTestResult {
  name: string;
  passed: boolean;
  /** One line per difference. */
  differences: string[];
}

/** Error: FORMAT_INVALID. */
export function testFormat(text: string, fileName?: string): FormatTestResult[] {
  const document = parseFormat(text, fileName);
  const publication = prepareFormat(text, fileName);
  const format = compileFormat(publication);
  return (document.tests ?? []).map((test, no) => {
    const name = test.name ?? `test ${no + 1}`;
    const given =
      REGISTRY[document.family].encodeTest?.(test.given, document) ?? encode(test.given, document, publication.data);
    const columns = decodeBytes(format, given, { first: test.first ?? true });
    const differences = [
      ...recordDifferences(format, columns, test.expect),
      ...(test.totals === undefined
        ? []
        : compare(test.totals, { ...format.totals?.(columns) }).map((line) => `totals: ${line}`)),
    ];
    return { name, passed: differences.length === 0, differences };
  });
}

function encode(text: string, { encoding = 'utf-8' }: FormatDocument, data: PublicationData): Uint8Array {
  if (encoding.startsWith('utf')) return encodeUnicode(text, encoding);
  const characters = data.codePages[encoding];
  return Uint8Array.from(text, (character) => {
    const byte = characters.indexOf(character);
    return byte < 0 ? 0x3f : byte;
  });
}

function encodeUnicode(text: string, encoding: Encoding): Uint8Array {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf-16le' ? bytes : bytes.swap16();
}

function recordDifferences(
  format: CompiledFormat,
  columns: RecordColumns,
  expected: readonly Record<string, unknown>[],
): string[] {
  const found: string[] = [];
  if (expected.length !== columns.count) {
    found.push(`expected ${expected.length} records, found ${columns.count}`);
  }
  for (let i = 0; i < Math.min(expected.length, columns.count); i++) {
    const lines = compare(expected[i], describeRecord(format, columns, i));
    found.push(...lines.map((line) => `record ${i + 1}: ${line}`));
  }
  return found;
}

/** Only what is expected is compared. */
function compare(expected: Record<string, unknown>, actual: Record<string, unknown>): string[] {
  return Object.entries(expected).flatMap(([key, value]) => {
    if (!(key in actual)) return [`there is nothing called ${key}; know ${Object.keys(actual).join(', ')}`];
    const [wanted, got] = [JSON.stringify(value), JSON.stringify(actual[key])];
    return wanted === got ? [] : [`${key} is ${got}, expected ${wanted}`];
  });
}

/** A record as an object, with the names that tests use. */
export function describeRecord(format: CompiledFormat, columns: RecordColumns, i: number): Record<string, unknown> {
  const { classNo, disposition, code, faultField } = columns;
  const known = code[i] === 0;
  return {
    class: known ? format.classes[classNo[i]].name : '',
    disposition: DISPOSITION_NAMES[disposition[i]],
    code: known ? '' : errorCode(code[i]),
    field: faultField[i] === 0 ? '' : format.fieldNames[faultField[i] - 1],
    startAt: new Date(columns.startMs[i]).toISOString(),
    endAt: new Date(columns.endMs[i]).toISOString(),
    durationMs: columns.endMs[i] - columns.startMs[i],
    quantity: columns.quantity[i],
    quantityUp: columns.quantityUp[i],
    scale: columns.scale[i],
    quality: QUALITIES[columns.quality[i]],
    sequence: columns.sequence[i],
    ...Object.fromEntries(TEXT_FIELDS.map((name, field) => [name, columns.textOf(field, i)])),
  };
}
