/** From a format file to something that decodes. */
import { codePage } from '../../platform/code-page.ts';
import { TollgridError } from '../../platform/errors.ts';
import { zoneTransitions } from '../../platform/time-zone.ts';
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { FormatDocument } from '../../schemas/format.ts';
import type { Publication } from '../../schemas/log-entries.ts';
import { Decoder } from './decoder.ts';
import type { DecoderParts, RecordTypes, TrailerPlan } from './decoder.ts';
import { readDocument } from './document.ts';
import type { Mistake } from './document.ts';
import { explainRow } from './explain.ts';
import { REGISTRY } from './families/index.ts';
import { ByteTable } from './fields/byte-table.ts';
import { asList, compileFields, typeOf } from './fields/compile-fields.ts';
import { Identity } from './identity.ts';
import { makePlan, withSources } from './plan.ts';
import { sequenceRule } from './sequence.ts';
import { sliceTotals } from './totals.ts';
import type { CompiledFormat } from './types.ts';

/** All mistakes of a format file; none when it can be published. */
export function checkFormat(text: string): Mistake[] {
  return readDocument(text).mistakes;
}

/** A publication is prepared, tested and compiled: the same file four times in a row. */
let last: { text: string; document: FormatDocument } | null = null;

/** `fileName` stands in front of the line numbers. The document is not to be changed. Error: FORMAT_INVALID with all mistakes. */
export function parseFormat(text: string, fileName = 'format'): FormatDocument {
  if (last?.text === text) return last.document;
  const { document, mistakes } = readDocument(text);
  if (document !== undefined) {
    last = { text, document };
    return document;
  }
  const lines = mistakes.map(
    ({ line, path, message }) => `${fileName}:${line}: ${path === '' ? '' : `${path} `}${message}`,
  );
  throw new TollgridError('FORMAT_INVALID', lines.join('\n'), { file: fileName, mistakes });
}

/**
 * Makes what is published: the file, and the zones and code pages it names, taken from this machine once.
 * Error: FORMAT_INVALID.
 */
export function prepareFormat(text: string, fileName?: string): Publication {
  const document = parseFormat(text, fileName);
  const zones = new Set(
    [document.timeZone, ...document.fields.map((field) => field.timeZone)].filter((zone) => zone !== undefined),
  );
  const { encoding = 'utf-8' } = document;
  return {
    document: text,
    data: {
      zones: Object.fromEntries([...zones].map((zone) => [zone, zoneTransitions(zone)])),
      codePages: encoding.startsWith('utf') ? {} : { [encoding]: codePage(encoding) },
      files: {},
    },
  };
}

const BYTE_ORDER_MARKS: Readonly<Record<string, readonly number[]>> = {
  'utf-8': [0xef, 0xbb, 0xbf],
  'utf-16le': [0xff, 0xfe],
  'utf-16be': [0xfe, 0xff],
};

/** Compiles what `prepareFormat` made, from nothing but its data. Error: FORMAT_INVALID. */
export function compileFormat(publication: Publication): CompiledFormat {
  const document = parseFormat(publication.document);
  const layout = REGISTRY[document.family].layout(document);
  const fields = compileFields(document, publication.data, layout);
  const numbers = new Map(fields.names.map((name, no) => [name, no]));
  const identityFields = document.identity === 'occurrence' ? [] : document.identity.map((name) => numbers.get(name)!);
  const identity = new Identity(document.identityNamespace ?? document.format, identityFields, document.fields);
  const plan = makePlan(document, fields, identityFields);
  const recordTypes = recordTypesOf(document, plan.classes.length);
  if (recordTypes !== null)
    plan.classes.push({ name: 'header', kind: 'context' }, { name: 'trailer', kind: 'context' });
  const trailer = trailerOf(document, numbers);
  const [minColumns, maxColumns] = columnsOf(document);
  const parts: DecoderParts = {
    layout,
    fields,
    plan,
    identity,
    byFields: identityFields.length > 0,
    recordTypes,
    trailer,
    headerLines: document.headerLines ?? 0,
    byteOrderMark: Uint8Array.from(BYTE_ORDER_MARKS[document.encoding ?? 'utf-8'] ?? []),
    minColumns,
    maxColumns,
    specs: document.fields,
  };
  const decoder = new Decoder(parts);
  const partsOf = REGISTRY[document.family].partsOf?.(document);
  const room = arenaRoom(document, parts);
  return {
    name: document.format,
    classes: plan.classes,
    identity: parts.byFields ? 'key' : 'occurrence',
    joinsSessions: document.classes.some(({ session }) => session !== undefined),
    framed: layout.framed ?? false,
    headerLines: parts.headerLines,
    secondSight: document.secondSight ?? 'conflict',
    fieldNames: fields.names,
    cut: (bytes, atEnd, first) => (atEnd ? bytes.length : layout.cut(bytes, first)),
    estimateRecords: (bytes) => layout.countRecords(bytes),
    estimateArena: room,
    decode: (columns, place) => decoder.decode(columns, place),
    explain: (bytes) => explainRow(decoder, document, fields, layout, room(bytes.length, 1), bytes),
    ...(partsOf !== undefined && { partsOf }),
    ...(recordTypes !== null &&
      trailer !== null && { totals: (columns: RecordColumns) => sliceTotals(columns, recordTypes, trailer) }),
    ...(recordTypes !== null && {
      framing: {
        headerClass: recordTypes.headerClass,
        trailerClass: recordTypes.trailerClass,
        hasHeader: document.recordTypes?.header !== undefined,
      },
    }),
    ...(layout.headerMistake !== undefined && { headerMistake: layout.headerMistake }),
    ...(document.sequence !== undefined && { sequence: sequenceRule(document, publication.data) }),
  };
}

function recordTypesOf(document: FormatDocument, classes: number): RecordTypes | null {
  const { recordTypes } = document;
  if (recordTypes === undefined) return null;
  const marks = [recordTypes.detail, recordTypes.header, recordTypes.trailer].flatMap((list, type) =>
    list === undefined ? [] : asList(list).map((mark) => ({ mark: String(mark), type })),
  );
  return {
    marks: new ByteTable(marks.map(({ mark }) => mark)),
    typeOf: Uint8Array.from(marks, ({ type }) => type),
    headerClass: classes,
    trailerClass: classes + 1,
  };
}

function trailerOf(document: FormatDocument, numbers: ReadonlyMap<string, number>): TrailerPlan | null {
  const { trailer } = document;
  if (trailer === undefined) return null;
  const count = trailer.count === undefined ? -1 : numbers.get(trailer.count)!;
  const sum = trailer.sum === undefined ? -1 : numbers.get(trailer.sum.is)!;
  const wanted = [count, sum].filter((no) => no >= 0);
  return { reads: Uint16Array.from(withSources(document.fields, wanted)), count, sum };
}

function columnsOf(document: FormatDocument): [number, number] {
  const columns = document.columns ?? document.length ?? {};
  return typeof columns === 'number' ? [columns, columns] : [columns.min ?? 0, columns.max ?? Infinity];
}

/** Bytes of arena that a slice needs at most. Memory that is never touched costs nothing, so the bound may be wide. */
function arenaRoom(document: FormatDocument, parts: DecoderParts): (sliceLength: number, records: number) => number {
  const { fields, encoding = 'utf-8' } = document;
  const texts = fields.map((field, no) => ({ field, no })).filter(({ field }) => typeOf(field) === 'text');
  const sharing = Math.max(1, ...texts.map(({ no }) => texts.filter((o) => slotEqual(parts, o.no, no)).length));
  const wide = encoding.startsWith('utf-16');
  const expansion = parts.fields.codePage !== null ? 3 : wide ? 2 : 1;
  const numbers = fields.filter(({ e164 }) => e164 !== undefined);
  const joins = fields.filter(({ join }) => join !== undefined).length;
  const perByte =
    // Unescaped or transcoded once by the splitter, then once for each text that reads the same place.
    (wide ? 2 : (parts.layout.arenaPerByte ?? 1)) +
    (expansion > 1 ? expansion * sharing : 0) +
    (numbers.length > 0 ? 2 * expansion * sharing : 0);
  const joined = joins * 8 * expansion;
  // A record that turns out to be unusual in a batch is decoded a second time.
  const times = 2;
  return (sliceLength, records) =>
    parts.fields.constants.length +
    times * ((perByte + joined) * sliceLength + records * (numbers.length * 16 + joins * 16)) +
    parts.identity.roomFor(expansion * Math.min(sliceLength, 65_536) * (1 + joins * 8)) +
    1024;
}

function slotEqual(parts: DecoderParts, a: number, b: number): boolean {
  const slot = parts.layout.slotOf.get(a);
  return slot !== undefined && slot === parts.layout.slotOf.get(b);
}
