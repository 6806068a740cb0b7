/** Turns the fields of a format file into readers. The document has passed `checkFormat`. */
import { ZoneClock } from '../../../platform/time-zone.ts';
import { QUALITIES } from '../../../schemas/format.ts';
import type { FormatCondition, FormatDocument, FormatField } from '../../../schemas/format.ts';
import type { PublicationData } from '../../../schemas/log-entries.ts';
import type { Layout } from '../families/index.ts';
import type { FieldReader } from '../row.ts';
import { ByteTable } from './byte-table.ts';
import { Constants } from './constants.ts';
import { compilePattern, DateReader, EPOCH_PATTERNS } from './date-pattern.ts';
import { firstReader, joinReader, sumReader } from './derived-field.ts';
import { E164Normaliser } from './e164.ts';
import { dateReader, durationReader, epochReader, numberReader, readingReader } from './number-field.ts';
import { constantNumberReader, slotValueReader } from './slot-field.ts';
import { constantTextReader, planText, readText, textReader } from './text-field.ts';
import type { TextOptions, TextPlan, ValueMap, ValueReader } from './text-field.ts';
import { CodePageTable } from './transcode.ts';

/** Families that fill their places with blanks. */
const BLANK_FILLED = new Set(['fixed', 'dbf']);

export interface CompiledFields {
  names: string[];
  readers: FieldReader[];
  /** Texts that stand in a slot, by number; null for other fields. `readText` reads them without a closure. */
  texts: (TextPlan | null)[];
  /** Dates that stand in a slot, by number; null for other fields. */
  dates: (DateReader | null)[];
  constants: Uint8Array;
  /** Texts that conditions and qualities name; a row's `symbol` is a number of it. */
  symbols: ByteTable;
  /** Null for Unicode sources. */
  codePage: CodePageTable | null;
}

/** What a field is made of, whether said or implied. */
export function typeOf(field: FormatField): NonNullable<FormatField['type']> {
  return field.type ?? (field.sum === undefined ? 'text' : 'integer');
}

export function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** The values that a condition names, as texts. */
export function conditionTexts(condition: FormatCondition): string[] {
  if (typeof condition !== 'object' || Array.isArray(condition)) return asList(condition).map(String);
  return 'not' in condition ? asList(condition.not).map(String) : [];
}

export function compileFields(document: FormatDocument, data: PublicationData, layout: Layout): CompiledFields {
  return new FieldCompiler(document, data, layout).compile();
}

class FieldCompiler {
  private readonly document: FormatDocument;
  private readonly data: PublicationData;
  private readonly layout: Layout;
  private readonly constants = new Constants();
  private readonly numbers: Map<string, number>;
  private readonly symbols: ByteTable;
  /** Fields whose symbol somebody asks for. */
  private readonly asked: Set<string>;
  private readonly codePage: CodePageTable | null;
  private readonly texts: (TextPlan | null)[];
  private readonly dates: (DateReader | null)[];

  constructor(document: FormatDocument, data: PublicationData, layout: Layout) {
    this.document = document;
    this.data = data;
    this.layout = layout;
    this.texts = document.fields.map(() => null);
    this.dates = document.fields.map(() => null);
    this.numbers = new Map(document.fields.map((field, no) => [field.name, no]));
    const conditions = [
      ...document.classes.flatMap(({ when = {} }) => Object.entries(when)),
      ...Object.entries(document.sessions?.ends ?? {}),
    ];
    const qualities = [document.record, ...document.classes.map(({ record }) => record ?? {})].flatMap(({ quality }) =>
      quality === undefined ? [] : [quality],
    );
    this.asked = new Set([...conditions.map(([name]) => name), ...qualities]);
    // A field below may hand on what one above it has read.
    for (const field of document.fields.toReversed()) {
      if (this.asked.has(field.name)) for (const source of field.first ?? []) this.asked.add(source);
    }
    const texts = conditions.flatMap(([, condition]) => conditionTexts(condition));
    this.symbols = new ByteTable([...new Set([...QUALITIES, ...texts])]);
    const { encoding = 'utf-8' } = document;
    this.codePage = encoding.startsWith('utf') ? null : new CodePageTable(data.codePages[encoding]);
  }

  compile(): CompiledFields {
    const { fields } = this.document;
    const readers = fields.map((field, no) => this.reader(field, no));
    const { texts, dates, symbols, codePage } = this;
    const names = fields.map(({ name }) => name);
    return { names, readers, texts, dates, constants: this.constants.toBytes(), symbols, codePage };
  }

  private reader(field: FormatField, no: number): FieldReader {
    const type = typeOf(field);
    const required = field.required ?? false;
    if (field.value !== undefined) return this.constant(field, no);
    if (field.first !== undefined) return firstReader(no, this.numbersOf(field.first), required);
    if (field.sum !== undefined) {
      const parts = field.sum.map((part) => {
        const spec = typeof part === 'string' ? { field: part } : part;
        return { field: this.numbers.get(spec.field)!, times: spec.times ?? 1, default: spec.default ?? null };
      });
      return sumReader(no, parts, { min: field.min ?? -Infinity, max: field.max ?? Infinity, required });
    }
    if (field.join !== undefined) {
      const read = type === 'text' ? textReader(this.text(field, no, null)) : this.value(field, no);
      return joinReader(no, this.numbersOf(field.join), read, required);
    }
    const slot = this.layout.slotOf.get(no)!;
    if (type === 'text') {
      const plan = (this.texts[no] = planText(this.text(field, no, this.codePage), slot));
      return (row) => readText(plan, row, row.slotStart[slot], row.slotEnd[slot]);
    }
    return slotValueReader(no, slot, this.value(field, no), required);
  }

  private numbersOf(names: readonly string[]): number[] {
    return names.map((name) => this.numbers.get(name)!);
  }

  private constant(field: FormatField, no: number): FieldReader {
    if (typeOf(field) !== 'text') return constantNumberReader(no, Number(field.value));
    const { offset, length } = this.constants.place(String(field.value));
    return constantTextReader(no, offset, length, this.symbols.texts.indexOf(String(field.value)));
  }

  private value(field: FormatField, no: number): ValueReader {
    const exponent = ['json', 'message'].includes(this.document.family);
    switch (typeOf(field)) {
      case 'dateTime':
        return this.date(field, no);
      case 'duration':
        return durationReader(no, field, exponent);
      case 'reading':
        return readingReader(no, field);
      default:
        return numberReader(no, field, exponent);
    }
  }

  private date(field: FormatField, no: number): ValueReader {
    const pattern = field.pattern!;
    if (pattern in EPOCH_PATTERNS) return epochReader(no, pattern);
    const steps = compilePattern(pattern);
    if (typeof steps === 'string') throw new Error(steps);
    const zone = field.timeZone ?? this.document.timeZone;
    const clock = zone === undefined ? null : new ZoneClock(this.data.zones[zone]);
    const reader = new DateReader(steps, clock, field.ambiguous ?? this.document.ambiguous ?? 'earlier');
    if (field.join === undefined) this.dates[no] = reader;
    return dateReader(no, reader);
  }

  private text(field: FormatField, no: number, codePage: CodePageTable | null): TextOptions {
    const trim = field.trim ?? (BLANK_FILLED.has(this.document.family) ? 'both' : 'none');
    const bytes = (text: string | undefined): Uint8Array | null =>
      text === undefined || text === '' ? null : new TextEncoder().encode(text);
    return {
      field: no,
      trimLeft: trim === 'both' || trim === 'left',
      trimRight: trim === 'both' || trim === 'right',
      codePage,
      after: bytes(field.part?.after),
      before: bytes(field.part?.before),
      values: field.values === undefined ? null : this.valueMap(field),
      e164: field.e164 === undefined ? null : new E164Normaliser(field.e164),
      symbols: this.asked.has(field.name) ? this.symbols : null,
      maxLength: field.maxLength ?? Infinity,
      required: field.required ?? false,
    };
  }

  private valueMap(field: FormatField): ValueMap {
    const entries = Object.entries(field.values!).map(([source, target]) => [source, String(target)] as const);
    const targets = entries.map(([, target]) => target);
    const { otherwise = 'refuse' } = field;
    // The value that stands for all others is one entry more, which no source value finds.
    if (typeof otherwise === 'object') targets.push(String(otherwise.value));
    const places = targets.map((target) => this.constants.place(target));
    return {
      table: new ByteTable(entries.map(([source]) => source)),
      offsets: Uint32Array.from(places, ({ offset }) => offset),
      lengths: Uint32Array.from(places, ({ length }) => length),
      symbols: Int32Array.from(targets, (target) => this.symbols.texts.indexOf(target)),
      otherwise: typeof otherwise === 'object' ? targets.length - 1 : otherwise === 'keep' ? -1 : -2,
    };
  }
}
