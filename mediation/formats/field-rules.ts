/** Rules of single fields in a format file. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { FormatDocument, FormatField, Unit } from '../../schemas/format.ts';
import { REGISTRY } from './families/index.ts';
import { parseRange } from './families/fixed.ts';
import { compilePattern, EPOCH_PATTERNS, mayHaveOffset } from './fields/date-pattern.ts';
import { compileDuration } from './fields/duration-pattern.ts';
import { typeOf } from './fields/compile-fields.ts';
import { sourcesOf } from './plan.ts';
import type { Finding } from './rules.ts';

const BASES: Readonly<Record<BaseUnit, readonly Unit[]>> = {
  ms: ['ms', 's', 'min', 'h'],
  bytes: ['B', 'kB', 'KiB', 'MB', 'MiB', 'GB', 'GiB'],
  Wh: ['Wmin', 'Wh', 'kWh', 'MWh'],
  litres: ['l', 'm3'],
  events: [],
};

/** The base unit of what a field holds; undefined when it does not say. */
export function unitBase(field: FormatField): BaseUnit | undefined {
  if (typeOf(field) === 'duration') return 'ms';
  const { unit } = field;
  if (unit === undefined) return undefined;
  return (Object.keys(BASES) as BaseUnit[]).find((base) => BASES[base].includes(unit));
}

const LOCATORS = [...new Set(Object.values(REGISTRY).map(({ locator }) => locator))];
const SOURCES = [...LOCATORS, 'value', 'join', 'first', 'sum'] as const;

/** Types that a key has a meaning for; keys that stand here for no type are for all. */
const KEY_TYPES: Readonly<Partial<Record<keyof FormatField, readonly string[]>>> = {
  trim: ['text'],
  part: ['text'],
  values: ['text'],
  otherwise: ['text'],
  e164: ['text'],
  maxLength: ['text'],
  decimal: ['number', 'duration', 'reading'],
  decimals: ['number', 'duration', 'reading'],
  unit: ['number', 'duration', 'reading'],
  excess: ['number', 'duration'],
  pattern: ['dateTime', 'duration'],
  timeZone: ['dateTime'],
  ambiguous: ['dateTime'],
  min: ['integer', 'number', 'duration', 'reading'],
  max: ['integer', 'number', 'duration', 'reading'],
};

export function fieldMistakes(document: FormatDocument): Finding[] {
  const above = new Map<string, FormatField>();
  return document.fields.flatMap((field, no) => {
    const found = oneField(document, field, above).map(({ path, message }) => ({
      path: `/fields/${no}${path}`,
      message,
    }));
    if (above.has(field.name))
      found.push({ path: `/fields/${no}/name`, message: `\`${field.name}\` stands here twice` });
    above.set(field.name, field);
    return found;
  });
}

function oneField(document: FormatDocument, field: FormatField, above: ReadonlyMap<string, FormatField>): Finding[] {
  const { locator } = REGISTRY[document.family];
  const sources = SOURCES.filter((key) => field[key] !== undefined);
  const found: Finding[] = [];
  if (sources.length !== 1) {
    found.push({ path: '', message: `say where the value comes from: one of ${locator}, value, join, first, sum` });
  }
  for (const key of LOCATORS) {
    if (key !== locator && field[key] !== undefined) {
      found.push({ path: `/${key}`, message: `fields of the family ${document.family} stand at a \`${locator}\`` });
    }
  }
  if (field.range !== undefined) {
    const { from, to } = parseRange(field.range);
    if (from < 0 || to <= from) found.push({ path: '/range', message: 'must be first-last, counted from 1' });
  }
  const place = field[locator];
  const misplaced = typeof place === 'string' ? REGISTRY[document.family].placeMistake?.(place) : undefined;
  if (typeof misplaced === 'string') found.push({ path: `/${locator}`, message: misplaced });
  const type = typeOf(field);
  for (const [key, types] of Object.entries(KEY_TYPES)) {
    if (field[key as keyof FormatField] === undefined || types.includes(type)) continue;
    found.push({ path: `/${key}`, message: `has no meaning for type ${type}` });
  }
  if (field.otherwise !== undefined && field.values === undefined) {
    found.push({ path: '/otherwise', message: 'goes with `values`' });
  }
  return [...found, ...sourceMistakes(field, above), ...typeMistakes(document, field)];
}

function sourceMistakes(field: FormatField, above: ReadonlyMap<string, FormatField>): Finding[] {
  const found: Finding[] = [];
  for (const name of sourcesOf(field)) {
    const source = above.get(name);
    if (source === undefined) found.push({ path: '', message: `there is no field \`${name}\` above this one` });
    else if (field.sum !== undefined && ['text', 'reading'].includes(typeOf(source))) {
      found.push({ path: '/sum', message: `\`${name}\` is ${typeOf(source)}, which has no sum` });
    } else if (field.join !== undefined && typeOf(source) !== 'text') {
      found.push({ path: '/join', message: `\`${name}\` is no text` });
    } else if (field.first !== undefined && !sameKind(typeOf(source), typeOf(field))) {
      found.push({ path: '/first', message: `\`${name}\` is ${typeOf(source)}, this field ${typeOf(field)}` });
    }
  }
  if (field.sum !== undefined && typeOf(field) !== 'integer') {
    found.push({ path: '/type', message: 'a sum is an integer; leave the type out' });
  }
  return found;
}

/** Whole numbers, times and durations are all whole numbers in base units. */
function sameKind(a: string, b: string): boolean {
  const isOwn = (type: string): boolean => type === 'text' || type === 'reading';
  return isOwn(a) || isOwn(b) ? a === b : true;
}

function typeMistakes(document: FormatDocument, field: FormatField): Finding[] {
  const type = typeOf(field);
  const isRead = field.first === undefined && field.sum === undefined && field.value === undefined;
  if (field.value !== undefined && type !== 'text' && !Number.isSafeInteger(Number(field.value))) {
    return [{ path: '/value', message: 'must be a whole number in the base unit' }];
  }
  if (!isRead) return [];
  if (type === 'dateTime') return dateMistakes(document, field);
  if (type === 'duration') {
    if ((field.pattern === undefined) === (field.unit === undefined)) {
      return [{ path: '', message: 'a duration needs a `unit` or a `pattern`' }];
    }
    if (field.unit !== undefined && !BASES.ms.includes(field.unit)) {
      return [{ path: '/unit', message: `a duration is counted in ${BASES.ms.join(', ')}` }];
    }
    const parts = field.pattern === undefined ? [] : compileDuration(field.pattern);
    return typeof parts === 'string' ? [{ path: '/pattern', message: parts }] : [];
  }
  if (type !== 'reading' && field.unit === 'Wmin') return [{ path: '/unit', message: 'is known for readings alone' }];
  if (type === 'reading' && (field.unit === undefined || !['Wh', 'litres'].includes(unitBase(field)!))) {
    return [{ path: '', message: `a reading needs a \`unit\`: ${[...BASES.Wh, ...BASES.litres].join(', ')}` }];
  }
  return [];
}

function dateMistakes(document: FormatDocument, field: FormatField): Finding[] {
  if (field.pattern === undefined) return [{ path: '', message: 'a dateTime needs a `pattern`' }];
  if (field.pattern in EPOCH_PATTERNS) return [];
  const steps = compilePattern(field.pattern);
  if (typeof steps === 'string') return [{ path: '/pattern', message: steps }];
  if (mayHaveOffset(steps) || field.timeZone !== undefined || document.timeZone !== undefined) return [];
  return [{ path: '', message: 'dates without an offset need a `timeZone`, here or for the whole file' }];
}
