/** The families of formats. A new one (binary, BER) is one more entry here. */
import { ENCODINGS } from '../../../schemas/format.ts';
import type { Encoding, FamilyName, FormatDocument, FormatField } from '../../../schemas/format.ts';
import type { Splitter } from '../row.ts';
import { AttributesSplitter } from './attributes.ts';
import { DbfSplitter, DbfTable, tableOfText } from './dbf.ts';
import { DelimitedSplitter } from './delimited.ts';
import { FixedSplitter, parseRange } from './fixed.ts';
import { JsonSplitter } from './json.ts';
import { LinesSplitter, parseLines, linesMistakes } from './lines.ts';
import { Utf16Splitter } from './utf16.ts';
import { countFrames, cutAtFrame } from '../frame.ts';
import { distinctPlaces } from './family.ts';
import type { Family, Layout } from './family.ts';
import { countLines, countParagraphs, cutAtLine, cutAtParagraph, cutAtWideLine, cutBySplitting } from './framing.ts';

import { framesOfMessages, MessageSplitter, partsOf, placeMistake } from './message/index.ts';
import { attributeMistake, framesOfText, RadiusSplitter } from './radius/index.ts';

export type { Family, Layout, Locator } from './family.ts';

const EIGHT_BIT: readonly Encoding[] = ['utf-8', 'cp866', 'cp1251', 'koi8-u'];

export const REGISTRY: Readonly<Record<FamilyName, Family>> = {
  delimited: {
    locator: 'column',
    encodings: ENCODINGS,
    keys: ['separator', 'quote', 'escape', 'multiline', 'columns', 'headerLines', 'recordTypes'],
    layout(document) {
      const slotOf = new Map<number, number>();
      document.fields.forEach((field, no) => {
        if (field.column !== undefined) slotOf.set(no, field.column - 1);
      });
      const typeSlot = (document.recordTypes?.column ?? 0) - 1;
      const slots = Math.max(...slotOf.values(), typeSlot, 0) + 1;
      const options = {
        separator: document.separator ?? ',',
        quote: document.quote ?? '"',
        escape: document.escape ?? 'doubled',
        multiline: document.multiline ?? false,
      };
      const make = (used: readonly number[]): Splitter => new DelimitedSplitter({ ...options, used }, slots);
      const lines = linesLayout(document, make);
      const cut = options.multiline ? (bytes: Uint8Array) => cutBySplitting(make([]), bytes) : lines.cut;
      return { ...lines, cut, slots, slotOf, typeSlot };
    },
  },
  fixed: {
    locator: 'range',
    encodings: ENCODINGS,
    keys: ['length', 'headerLines', 'recordTypes'],
    layout(document) {
      const { places, slotOf } = distinctPlaces(document.fields, (field: FormatField) => field.range);
      const typeRange = document.recordTypes?.range;
      const typeSlot = typeRange === undefined ? -1 : places.push(typeRange) - 1;
      const utf8 = isUnicode(document.encoding);
      const lines = linesLayout(document, () => new FixedSplitter(places.map(parseRange), utf8));
      return { ...lines, slots: places.length, slotOf, typeSlot };
    },
  },
  attributes: {
    locator: 'attribute',
    encodings: EIGHT_BIT,
    keys: [],
    layout(document) {
      const { places, slotOf } = distinctPlaces(document.fields, (field: FormatField) => field.attribute);
      return {
        slots: places.length,
        slotOf,
        typeSlot: -1,
        splitter: () => new AttributesSplitter(places),
        cut: cutAtParagraph,
        countRecords: countParagraphs,
      };
    },
  },
  json: {
    locator: 'path',
    encodings: ['utf-8'],
    keys: [],
    layout(document) {
      const { places, slotOf } = distinctPlaces(document.fields, (field: FormatField) => field.path);
      return {
        ...linesLayout(document, () => new JsonSplitter(places)),
        slots: places.length,
        slotOf,
        typeSlot: -1,
      };
    },
  },
  message: {
    locator: 'path',
    encodings: ['utf-8'],
    keys: ['registers', 'undecoded'],
    placeMistake,
    encodeTest: framesOfMessages,
    partsOf,
    layout(document) {
      const { places, slotOf } = distinctPlaces(document.fields, (field: FormatField) => field.path);
      const { registers = [], undecoded = false } = document;
      return {
        slots: places.length + 2 * registers.length,
        slotOf,
        typeSlot: -1,
        framed: true,
        splitter: () => new MessageSplitter(places, registers, undecoded),
        cut: cutAtFrame,
        countRecords: countFrames,
        // Besides what was escaped: the time of receipt in digits, and flags.
        arenaPerByte: 5,
      };
    },
  },
  lines: {
    locator: 'attribute',
    encodings: EIGHT_BIT,
    keys: ['lines', 'headerLines'],
    mistakes: linesMistakes,
    layout(document) {
      const { places, slotOf } = distinctPlaces(document.fields, (field: FormatField) => field.attribute);
      const patterns = parseLines(document.lines ?? [], places);
      const make = (): Splitter => new LinesSplitter(patterns, places.length);
      return { ...linesLayout(document, make), slots: places.length, slotOf, typeSlot: -1 };
    },
  },
  dbf: {
    locator: 'attribute',
    encodings: EIGHT_BIT,
    keys: ['dbf'],
    mistakes: DbfTable.mistakes,
    encodeTest: tableOfText,
    layout(document) {
      const { places, slotOf } = distinctPlaces(document.fields, (field: FormatField) => field.attribute);
      const table = new DbfTable(document.dbf ?? []);
      return {
        slots: places.length,
        slotOf,
        typeSlot: -1,
        splitter: () => new DbfSplitter(table, places),
        cut: (bytes, first) => table.cut(bytes, first),
        countRecords: (bytes) => table.countRecords(bytes),
        headerMistake: (start, sizeBytes) => table.headerMistake(start, sizeBytes),
      };
    },
  },
  radius: {
    locator: 'attribute',
    encodings: ['utf-8'],
    keys: [],
    placeMistake: attributeMistake,
    encodeTest: framesOfText,
    layout(document) {
      const { places, slotOf } = distinctPlaces(document.fields, (field: FormatField) => field.attribute);
      return {
        slots: places.length,
        slotOf,
        typeSlot: -1,
        framed: true,
        // A number of four bytes may have ten digits, an octet two hexadecimal ones.
        arenaPerByte: 5,
        splitter: () => new RadiusSplitter(places),
        cut: cutAtFrame,
        countRecords: countFrames,
      };
    },
  },
};

function isUnicode(encoding: Encoding | undefined): boolean {
  return encoding === undefined || encoding.startsWith('utf');
}

/** Records that are lines. */
function linesLayout(
  document: FormatDocument,
  splitter: Layout['splitter'],
): Pick<Layout, 'splitter' | 'cut' | 'countRecords'> {
  const { encoding } = document;
  if (encoding !== 'utf-16le' && encoding !== 'utf-16be') return { splitter, cut: cutAtLine, countRecords: countLines };
  const bigEndian = encoding === 'utf-16be';
  return {
    splitter: (used) => new Utf16Splitter(splitter(used), bigEndian),
    cut: (bytes) => cutAtWideLine(bytes, bigEndian),
    countRecords: countLines,
  };
}
