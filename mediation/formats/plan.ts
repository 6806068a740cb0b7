/** What is read and written for a record of each class. */
import { TEXT_FIELDS } from '../../schemas/columns/record-columns.ts';
import { SERVICES } from '../../schemas/columns/usage-columns.ts';
import { QUALITIES } from '../../schemas/format.ts';
import type { FormatDocument, FormatField, FormatMapping, RecordColumn } from '../../schemas/format.ts';
import { compileCondition } from './conditions.ts';
import type { Condition } from './conditions.ts';
import type { CompiledFields } from './fields/compile-fields.ts';
import type { RecordClass, RecordKind } from './types.ts';

export interface ClassPlan {
  classNo: number;
  kind: RecordKind;
  conditions: readonly Condition[];
  /** Fields to read once the class is known, in the order of the file. */
  reads: Uint16Array;
  /** Field numbers; -1 when not mapped. */
  start: number;
  end: number;
  quantity: number;
  quantityUp: number;
  sequence: number;
  quality: number;
  /** The quantity is a time, so it gives the end when nothing else does. */
  timed: boolean;
  /** Index in TEXT_FIELDS, and the field that fills it. */
  textColumns: Uint8Array;
  textSources: Uint16Array;
  /** The record is about a session: whether it ends it, and fields of which one says that counters are whole. */
  session: { ends: readonly Condition[]; gigawords: Uint16Array } | null;
}

export interface Plan {
  classes: RecordClass[];
  plans: ClassPlan[];
  /** Fields that tell the class. */
  conditionReads: Uint16Array;
  /** Quality by symbol. */
  qualityOf: Int8Array;
}

/** Texts that say which session a record is about. */
const SESSION_TEXTS: readonly string[] = ['sessionId', 'login', 'nas', 'nasPort'];

function endsOf(document: FormatDocument, fields: CompiledFields): Condition[] {
  const ends = Object.entries(document.sessions?.ends ?? {});
  return ends.map(([name, condition]) => {
    const no = document.fields.findIndex((field) => field.name === name);
    return compileCondition(no, document.fields[no], condition, fields.symbols);
  });
}

/** All fields that `wanted` need, themselves included, in the order of the file. */
export function withSources(fields: readonly FormatField[], wanted: Iterable<number>): number[] {
  const numbers = new Map(fields.map(({ name }, no) => [name, no]));
  const found = new Set(wanted);
  // Sources stand above, so one way up the file finds all.
  for (let no = fields.length - 1; no >= 0; no--) {
    if (!found.has(no)) continue;
    for (const source of sourcesOf(fields[no])) found.add(numbers.get(source)!);
  }
  return [...found].sort((a, b) => a - b);
}

export function sourcesOf(field: FormatField): string[] {
  const parts = (field.sum ?? []).map((part) => (typeof part === 'string' ? part : part.field));
  return [...(field.first ?? []), ...(field.join ?? []), ...parts];
}

export function makePlan(document: FormatDocument, fields: CompiledFields, identity: readonly number[]): Plan {
  const numbers = new Map(document.fields.map(({ name }, no) => [name, no]));
  const conditionFields = document.classes.flatMap(({ when = {} }) => Object.keys(when).map((n) => numbers.get(n)!));
  const conditionReads = withSources(document.fields, conditionFields);
  const required = document.fields.flatMap((spec, no) =>
    spec.required === true && (spec.in ?? 'detail') === 'detail' ? [no] : [],
  );
  const plans = document.classes.map((spec, classNo): ClassPlan => {
    const mapping: FormatMapping = { ...document.record, ...spec.record };
    const field = (column: RecordColumn): number => (column in mapping ? numbers.get(mapping[column]!)! : -1);
    const texts = TEXT_FIELDS.map((name, column) => ({ column, source: field(name) })).filter((t) => t.source >= 0);
    const base = {
      start: field('start'),
      end: field('end'),
      quantity: spec.kind === 'registerReading' ? field('value') : field('quantity'),
      quantityUp: field('quantityUp'),
      sequence: field('sequence'),
      quality: field('quality'),
    };
    const mapped = [...Object.values(base), ...texts.map(({ source }) => source)].filter((no) => no >= 0);
    const absorbed = spec.kind === 'context' || spec.kind === 'ignored';
    // An ignored record still counts in the trailer's sum, and has its number.
    const checked = {
      quantity: document.trailer?.sum !== undefined ? base.quantity : -1,
      sequence: document.sequence !== undefined ? base.sequence : -1,
      start: document.sequence?.daily === true ? base.start : -1,
    };
    const about = spec.session === 'restart' ? ['nas'] : SESSION_TEXTS;
    const told = texts.filter(({ column }) => about.includes(TEXT_FIELDS[column]));
    const endFields = Object.keys(document.sessions?.ends ?? {}).map((name) => numbers.get(name)!);
    const gigawords = (document.sessions?.gigawords ?? []).map((name) => numbers.get(name)!);
    const session =
      spec.session === undefined ? null : { ends: endsOf(document, fields), gigawords: Uint16Array.from(gigawords) };
    const ofSession =
      session === null
        ? []
        : absorbed
          ? [base.start, ...told.map(({ source }) => source)]
          : [...endFields, ...gigawords];
    const wanted = absorbed ? Object.values(checked).filter((no) => no >= 0) : [...mapped, ...identity, ...required];
    wanted.push(...ofSession.filter((no) => no >= 0));
    const reads = withSources(document.fields, wanted).filter((no) => !conditionReads.includes(no));
    return {
      ...base,
      ...(absorbed && checked),
      ...(session !== null && { start: base.start }),
      session,
      classNo,
      kind: spec.kind,
      conditions: Object.entries(spec.when ?? {}).map(([name, condition]) => {
        const no = numbers.get(name)!;
        return compileCondition(no, document.fields[no], condition, fields.symbols);
      }),
      reads: Uint16Array.from(reads),
      timed: spec.service !== undefined && SERVICES[spec.service] === 'ms',
      textColumns: Uint8Array.from(absorbed ? told : texts, ({ column }) => column),
      textSources: Uint16Array.from(absorbed ? told : texts, ({ source }) => source),
    };
  });
  const classes = document.classes.map(({ class: name, kind, service, session }): RecordClass => {
    return { name, kind, ...(service !== undefined && { service }), ...(session !== undefined && { session }) };
  });
  const qualityOf = Int8Array.from(fields.symbols.texts, (text) => QUALITIES.indexOf(text as 'unknown'));
  return { classes, plans, conditionReads: Uint16Array.from(conditionReads), qualityOf };
}
