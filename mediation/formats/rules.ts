/** What a schema cannot say of a format file: names that must exist, keys that do not go together. */
import { parseZone } from '../../platform/time-zone.ts';
import { TEXT_FIELDS } from '../../schemas/columns/record-columns.ts';
import { SERVICES } from '../../schemas/columns/usage-columns.ts';
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import { RECORD_COLUMNS } from '../../schemas/format.ts';
import type { FormatClass, FormatDocument, FormatField, FormatMapping, RecordColumn } from '../../schemas/format.ts';
import { fieldMistakes, unitBase } from './field-rules.ts';
import { REGISTRY } from './families/index.ts';
import { typeOf } from './fields/compile-fields.ts';
import { sequenceMistakes } from './sequence.ts';
import { sessionMistakes } from './session-rules.ts';

export interface Finding {
  /** JSON pointer. */
  path: string;
  message: string;
}

const FAMILY_KEYS = [...new Set(Object.values(REGISTRY).flatMap(({ keys }) => keys))];

export function findMistakes(document: FormatDocument): Finding[] {
  const fields = new Map(document.fields.map((field) => [field.name, field]));
  return [
    ...familyMistakes(document),
    ...(REGISTRY[document.family].mistakes?.(document) ?? []),
    ...zoneMistakes(document),
    ...fieldMistakes(document),
    ...classMistakes(document, fields),
    ...mappingMistakes(document.record, '/record', fields),
    ...identityMistakes(document, fields),
    ...trailerMistakes(document, fields),
    ...sequenceMistakes(document, fields),
    ...sessionMistakes(document, fields),
  ];
}

function familyMistakes(document: FormatDocument): Finding[] {
  const { family, encoding = 'utf-8' } = document;
  const { keys, encodings, locator } = REGISTRY[family];
  const found: Finding[] = [];
  for (const key of FAMILY_KEYS) {
    if (document[key] !== undefined && !keys.includes(key)) {
      found.push({ path: `/${key}`, message: `is not known in the family ${family}` });
    }
  }
  if (!encodings.includes(encoding)) {
    found.push({ path: '/encoding', message: `${family} can be read in ${encodings.join(', ')}` });
  }
  if (document.multiline === true && encoding.startsWith('utf-16')) {
    found.push({ path: '/multiline', message: 'cannot be told from line ends in UTF-16' });
  }
  const marks = { separator: document.separator ?? ',', quote: document.quote ?? '"' };
  for (const [key, mark] of Object.entries(marks)) {
    if (mark !== '' && (mark.charCodeAt(0) > 127 || /[\0\r\n]/.test(mark))) {
      found.push({ path: `/${key}`, message: 'must be one ASCII character and no line end' });
    }
  }
  if (marks.separator === marks.quote) found.push({ path: '/quote', message: 'is the separator too' });
  const { recordTypes } = document;
  if (recordTypes !== undefined && keys.includes('recordTypes')) {
    const other = locator === 'column' ? 'range' : 'column';
    if (recordTypes[locator as 'column'] === undefined || recordTypes[other] !== undefined) {
      found.push({ path: '/recordTypes', message: `say where the mark stands with \`${locator}\` alone` });
    }
  }
  return found;
}

function zoneMistakes(document: FormatDocument): Finding[] {
  const zones = [
    { path: '/timeZone', zone: document.timeZone },
    ...document.fields.map(({ timeZone }, no) => ({ path: `/fields/${no}/timeZone`, zone: timeZone })),
  ];
  return zones.flatMap(({ path, zone }) => {
    try {
      if (zone !== undefined) parseZone(zone);
      return [];
    } catch {
      return [{ path, message: `"${zone}" is no IANA time zone` }];
    }
  });
}

type Fields = ReadonlyMap<string, FormatField>;

const COLUMN_TYPES: Readonly<Record<string, readonly string[]>> = {
  start: ['dateTime', 'integer'],
  end: ['dateTime', 'integer'],
  quantity: ['integer', 'number', 'duration'],
  quantityUp: ['integer', 'number', 'duration'],
  value: ['reading'],
  quality: ['text'],
  sequence: ['integer'],
  ...Object.fromEntries(TEXT_FIELDS.map((name) => [name, ['text']])),
};

function mappingMistakes(mapping: FormatMapping, path: string, fields: Fields): Finding[] {
  const found: Finding[] = [];
  for (const column of RECORD_COLUMNS) {
    const name = mapping[column];
    if (name === undefined) continue;
    const field = fields.get(name);
    const at = `${path}/${column}`;
    if (field === undefined) found.push({ path: at, message: `there is no field \`${name}\`` });
    else if ((field.in ?? 'detail') !== 'detail') {
      found.push({ path: at, message: `\`${name}\` stands in the ${field.in}, not in a detail record` });
    } else if (!COLUMN_TYPES[column].includes(typeOf(field))) {
      const types = COLUMN_TYPES[column].join(' or ');
      found.push({ path: at, message: `needs a field of type ${types}; \`${name}\` is ${typeOf(field)}` });
    }
  }
  return found;
}

const NEEDED: Readonly<Record<FormatClass['kind'], readonly RecordColumn[]>> = {
  usage: ['start', 'quantity'],
  registerReading: ['start', 'value', 'meter'],
  intervalReading: ['start', 'end', 'quantity', 'meter'],
  context: [],
  ignored: [],
};

function classMistakes(document: FormatDocument, fields: Fields): Finding[] {
  const found: Finding[] = [];
  const names = new Set<string>();
  document.classes.forEach((spec, no) => {
    const path = `/classes/${no}`;
    if (names.has(spec.class)) found.push({ path: `${path}/class`, message: `\`${spec.class}\` stands here twice` });
    names.add(spec.class);
    if (spec.when === undefined && no < document.classes.length - 1) {
      found.push({ path, message: 'takes every record, so the classes below are never reached: give it a `when`' });
    }
    for (const [name, condition] of Object.entries(spec.when ?? {})) {
      found.push(...conditionMistakes(fields.get(name), name, condition, `${path}/when/${name}`));
    }
    const mapping: FormatMapping = { ...document.record, ...spec.record };
    found.push(...mappingMistakes(spec.record ?? {}, `${path}/record`, fields));
    const missing = NEEDED[spec.kind].filter((column) => mapping[column] === undefined);
    if (missing.length > 0) found.push({ path, message: `${spec.kind} needs ${missing.join(', ')} in \`record\`` });
    if (NEEDED[spec.kind].length === 0) return;
    if (spec.service === undefined) found.push({ path, message: `${spec.kind} needs a \`service\`` });
    else found.push(...unitMistakes(spec, SERVICES[spec.service], mapping, fields, path));
  });
  return found;
}

function conditionMistakes(field: FormatField | undefined, name: string, condition: unknown, path: string): Finding[] {
  if (field === undefined) return [{ path, message: `there is no field \`${name}\`` }];
  if ((field.in ?? 'detail') !== 'detail') return [{ path, message: `\`${name}\` stands in the ${field.in}` }];
  if (typeof condition !== 'object' || condition === null) return [];
  const isText = typeOf(field) === 'text';
  if (('above' in condition || 'below' in condition) && isText) return [{ path, message: `\`${name}\` is no number` }];
  if ('startsWith' in condition && !isText) return [{ path, message: `\`${name}\` is no text` }];
  return [];
}

/** Catches kWh mapped to a service counted in litres. */
function unitMistakes(
  spec: FormatClass,
  base: BaseUnit,
  mapping: FormatMapping,
  fields: Fields,
  path: string,
): Finding[] {
  const column = spec.kind === 'registerReading' ? 'value' : 'quantity';
  const field = fields.get(mapping[column] ?? '');
  const unit = field === undefined ? undefined : unitBase(field);
  if (unit === undefined || unit === base) return [];
  return [{ path, message: `${spec.service} is counted in ${base}, but \`${field!.name}\` comes in ${unit}` }];
}

function identityMistakes({ identity }: FormatDocument, fields: Fields): Finding[] {
  if (identity === 'occurrence') return [];
  return identity.flatMap((name, no) => {
    const path = `/identity/${no}`;
    const field = fields.get(name);
    if (field === undefined) return [{ path, message: `there is no field \`${name}\`` }];
    return (field.in ?? 'detail') === 'detail' ? [] : [{ path, message: `\`${name}\` stands in the ${field.in}` }];
  });
}

function trailerMistakes(document: FormatDocument, fields: Fields): Finding[] {
  const { trailer, recordTypes } = document;
  const found: Finding[] = [];
  document.fields.forEach((field, no) => {
    if (field.in !== undefined && field.in !== 'detail' && recordTypes?.[field.in] === undefined) {
      found.push({ path: `/fields/${no}/in`, message: `\`recordTypes\` names no ${field.in}` });
    }
  });
  if (trailer === undefined) return found;
  const names = { '/trailer/count': trailer.count, '/trailer/sum/is': trailer.sum?.is };
  for (const [path, name] of Object.entries(names)) {
    if (name === undefined) continue;
    const field = fields.get(name);
    if (field?.in !== 'trailer') found.push({ path, message: `\`${name}\` is no field \`in: trailer\`` });
    else if (['text', 'reading'].includes(typeOf(field)))
      found.push({ path, message: `\`${name}\` is no whole number` });
  }
  if (trailer.sum !== undefined && trailer.sum.of !== document.record.quantity) {
    found.push({ path: '/trailer/sum/of', message: 'only the field of `record: quantity` is summed' });
  }
  return found;
}
