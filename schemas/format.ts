/**
 * A format file: how the bytes of a source become records. Editors get this as JSON Schema; `checkFormat` adds the
 * rules that a schema cannot say (names that must exist, keys that only one family knows).
 */
import Type from 'typebox';
import type { Static, TSchema } from 'typebox';
import { TEXT_FIELDS } from './columns/record-columns.ts';
import { SERVICE_NAMES } from './columns/usage-columns.ts';

const strict = { additionalProperties: false } as const;

/** An optional key with a description: most keys of a format file are. */
function optional<T extends TSchema>(schema: T, description: string) {
  return Type.Optional(Type.Unsafe<Static<T>>({ ...schema, description }));
}

export const ENCODINGS = ['utf-8', 'cp866', 'cp1251', 'koi8-u', 'utf-16le', 'utf-16be'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const FAMILIES = ['delimited', 'fixed', 'attributes', 'json', 'message', 'radius', 'lines', 'dbf'] as const;
export type FamilyName = (typeof FAMILIES)[number];

/** Units a number or duration may come in, as what one of it is in the base unit (ms, bytes, Wh, litres). */
export const UNITS = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  B: 1,
  kB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
  /** Watt-minutes, of readings alone: a whole Wh is what counts. */
  Wmin: 1 / 60,
  Wh: 1,
  kWh: 1000,
  MWh: 1_000_000,
  l: 1,
  m3: 1000,
} as const;
export type Unit = keyof typeof UNITS;
const UNIT_NAMES = Object.keys(UNITS) as Unit[];

export const RECORD_KINDS = ['usage', 'registerReading', 'intervalReading', 'context', 'ignored'] as const;
export const SESSION_EVENTS = ['counters', 'start', 'restart'] as const;
export const QUALITIES = ['unknown', 'estimated', 'actual', 'verified'] as const;

const Name = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]*$', maxLength: 100 });
const JsonPath = Type.String({ pattern: '^[^.$][^.]*(\\.[^.]+)*$' });
const FieldName = Type.String({ minLength: 1, maxLength: 100 });
const Scalar = Type.Unsafe<string | number | boolean>({ type: ['string', 'number', 'boolean'] });
const Scalars = Type.Union([Scalar, Type.Array(Scalar, { minItems: 1 })]);

const E164 = Type.Object(
  {
    country: Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: 'Country code, for example 380.' }),
    area: Type.Optional(Type.String({ pattern: '^[0-9]{1,6}$', description: 'Area code of local numbers.' })),
    internationalPrefix: Type.String({ pattern: '^[0-9]{1,5}$', description: 'What is dialled abroad, mostly 00.' }),
    nationalPrefix: Type.String({ pattern: '^[0-9]{0,3}$', description: 'What is dialled to other areas, mostly 0.' }),
    nationalLength: Type.Optional(
      Type.Integer({ minimum: 4, maximum: 14, description: 'Digits of a national number without its prefix.' }),
    ),
    localLength: Type.Optional(
      Type.Integer({
        minimum: 3,
        maximum: 12,
        description: 'Digits of a local number; shorter ones stay as they are.',
      }),
    ),
  },
  { ...strict, description: 'Turns telephone numbers into E.164 digits without a plus sign.' },
);

const Field = Type.Object(
  {
    name: FieldName,
    in: optional(Type.Enum(['header', 'detail', 'trailer']), 'Record type that holds the field; detail when left out.'),
    column: optional(Type.Integer({ minimum: 1, maximum: 1000 }), 'delimited: number of the column, from 1.'),
    range: optional(Type.String({ pattern: '^[0-9]+(-[0-9]+)?$' }), 'fixed: first and last character, from 1: "3-12".'),
    attribute: optional(
      Type.String({ minLength: 1 }),
      'attributes: name; `$line` is the first line of the record. lines: a name of `lines`. dbf: a column; `$deleted` is * of a deleted record.',
    ),
    path: optional(
      Type.String({ pattern: '^[^.]+(\\.[^.]+)*$' }),
      'json, message: keys joined by dots: "data.from"; message also: $topic, $topic.2, $receivedAt, $value...',
    ),
    value: optional(Scalar, 'A constant instead of a place in the record.'),
    join: optional(Type.Array(FieldName, { minItems: 2, maxItems: 8 }), 'Texts of fields above, joined by one blank.'),
    first: optional(Type.Array(FieldName, { minItems: 2, maxItems: 16 }), 'The first of fields above that is there.'),
    sum: optional(
      Type.Array(
        Type.Union([
          FieldName,
          Type.Object(
            { field: FieldName, times: Type.Optional(Type.Integer()), default: Type.Optional(Type.Integer()) },
            strict,
          ),
        ]),
        { minItems: 1, maxItems: 16 },
      ),
      'Sum of fields above (numbers, durations and times in their base units), each with a factor.',
    ),
    type: optional(
      Type.Enum(['text', 'integer', 'number', 'dateTime', 'duration', 'reading']),
      'What the field holds; text when left out.',
    ),
    required: optional(Type.Boolean(), 'Without a value the record is suspended.'),
    trim: optional(Type.Enum(['both', 'left', 'right', 'none']), 'Blanks to take off; fixed, dbf: both, else none.'),
    part: optional(
      Type.Object({ after: Type.Optional(Type.String()), before: Type.Optional(Type.String()) }, strict),
      'text: what stands after the first `after` and before the last `before`.',
    ),
    values: optional(Type.Record(Type.String(), Scalar), 'text: what a value of the source means.'),
    otherwise: optional(
      Type.Union([Type.Enum(['refuse', 'keep']), Type.Object({ value: Scalar }, strict)]),
      'A value that `values` does not list: refuse it (when left out), keep it or take another.',
    ),
    e164: optional(E164, 'text: a telephone number.'),
    maxLength: optional(Type.Integer({ minimum: 1, maximum: 65535 }), 'text: longest value in bytes.'),
    decimal: optional(Type.Enum(['.', ',', 'any']), 'number: the decimal mark; a point when left out.'),
    decimals: optional(
      Type.Integer({ minimum: 0, maximum: 9 }),
      'number without a mark: its last digits are decimals.',
    ),
    unit: optional(Type.Enum(UNIT_NAMES), 'number, duration, reading: what it is counted in.'),
    excess: optional(Type.Enum(['refuse', 'round']), 'number finer than the base unit: refuse it, or round half up.'),
    pattern: optional(
      Type.String({ minLength: 1, maxLength: 100 }),
      'dateTime: yyyy MM dd HH mm ss..., `iso`, `ctime`, `epochSeconds`, `epochMillis`. duration: H:mm:ss.',
    ),
    timeZone: optional(Type.String(), "dateTime: IANA zone; the file's when left out."),
    ambiguous: optional(Type.Enum(['earlier', 'later']), 'dateTime: which of two equal local times is meant.'),
    min: optional(Type.Number(), 'Least value, in the base unit.'),
    max: optional(Type.Number(), 'Greatest value, in the base unit.'),
  },
  strict,
);

const Condition = Type.Union([
  Scalars,
  Type.Object({ not: Scalars }, strict),
  Type.Object({ startsWith: Scalars }, strict),
  Type.Object({ empty: Type.Boolean() }, strict),
  Type.Object({ above: Type.Number() }, strict),
  Type.Object({ below: Type.Number() }, strict),
]);

const numberColumns = ['start', 'end', 'quantity', 'quantityUp', 'value', 'quality', 'sequence'] as const;
export const RECORD_COLUMNS = [...numberColumns, ...TEXT_FIELDS] as const;
export type RecordColumn = (typeof RECORD_COLUMNS)[number];
const Mapping = Type.Object(
  Object.fromEntries(RECORD_COLUMNS.map((name) => [name, Type.Optional(FieldName)])) as Record<
    RecordColumn,
    ReturnType<typeof Type.Optional<typeof FieldName>>
  >,
  { ...strict, description: 'Which field fills which column of a record.' },
);

const RecordClass = Type.Object(
  {
    class: Name,
    kind: Type.Enum([...RECORD_KINDS]),
    service: optional(Type.Enum([...SERVICE_NAMES]), 'Of usage and readings.'),
    when: optional(Type.Record(FieldName, Condition), 'All of these hold; the first class that fits is taken.'),
    record: optional(Mapping, "This class's own columns, on top of the file's `record`."),
    session: optional(
      Type.Enum([...SESSION_EVENTS]),
      'What it says of a session: `counters` so far (usage), its `start`, or the `restart` of the access server (context).',
    ),
  },
  strict,
);

const Columns = Type.Union([
  Type.Integer({ minimum: 1, maximum: 1000 }),
  Type.Object(
    {
      min: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
      max: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    },
    strict,
  ),
]);

export const FormatSchema = Type.Object(
  {
    format: Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$', maxLength: 64, description: 'Name, as sources use it.' }),
    description: optional(Type.String(), 'For people.'),
    family: Type.Enum([...FAMILIES], { description: 'How the bytes are laid out.' }),
    encoding: optional(Type.Enum([...ENCODINGS]), 'utf-8 when left out.'),
    timeZone: optional(Type.String(), 'IANA zone of dates without an offset.'),
    ambiguous: optional(Type.Enum(['earlier', 'later']), 'Which of two equal local times is meant in autumn; earlier.'),
    headerLines: optional(Type.Integer({ minimum: 0, maximum: 100 }), 'Lines to skip at the begin of a file.'),
    separator: optional(Type.String({ minLength: 1, maxLength: 1 }), 'delimited: one ASCII character; a comma.'),
    quote: optional(Type.String({ minLength: 0, maxLength: 1 }), 'delimited: one ASCII character; none when empty.'),
    escape: optional(Type.Enum(['doubled', 'none']), 'delimited: how a quote stands inside quotes; doubled.'),
    multiline: optional(Type.Boolean(), 'delimited: a quoted field may hold line ends; no.'),
    columns: optional(Columns, 'delimited: how many a detail record has.'),
    length: optional(Columns, 'fixed: how many characters a detail record has.'),
    lines: optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), { minItems: 1, maxItems: 100 }),
      'lines: texts with `{name}` where something stands, `{}` where it does not matter; the first that fits counts.',
    ),
    dbf: optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,9} ([CNF] [0-9]{1,3}|D|L)$' }), {
        minItems: 1,
        maxItems: 255,
      }),
      'dbf: every column of the table in its order: name, type (C, N, F with its width; D, L).',
    ),
    recordTypes: optional(
      Type.Object(
        {
          column: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
          range: Type.Optional(Type.String({ pattern: '^[0-9]+(-[0-9]+)?$' })),
          header: Type.Optional(Scalars),
          detail: Scalars,
          trailer: Type.Optional(Scalars),
        },
        strict,
      ),
      'delimited, fixed: the place that tells header, detail and trailer, and its marks.',
    ),
    undecoded: optional(
      Type.Boolean(),
      'message: nothing reads these yet: each waits in suspense with its bytes, until a format of this name does.',
    ),
    registers: optional(
      Type.Array(
        Type.Object(
          {
            register: Type.String({ minLength: 1, maxLength: 255 }),
            path: JsonPath,
            time: Type.Optional(JsonPath),
          },
          strict,
        ),
        { minItems: 1, maxItems: 100 },
      ),
      'message: the registers that one message may show. Each that it shows is a record, with `$register`, `$value` and, of `time`, `$time`.',
    ),
    fields: Type.Array(Field, { minItems: 1, maxItems: 1000 }),
    classes: Type.Array(RecordClass, { minItems: 1, maxItems: 200 }),
    record: Mapping,
    identity: Type.Union([Type.Enum(['occurrence']), Type.Array(FieldName, { minItems: 1, maxItems: 20 })], {
      description: 'Fields that no two records share, or `occurrence`: all bytes plus the count within the file.',
    }),
    identityNamespace: optional(Name, "What the identity is unique in; the format's name when left out."),
    secondSight: optional(
      Type.Enum(['conflict', 'revision', 'counter']),
      'What the same identity with other content means; conflict when left out.',
    ),
    sessions: optional(
      Type.Object(
        {
          ends: Type.Record(FieldName, Condition, {
            description: 'Holds for the record that ends its session and has its final counters.',
          }),
          gigawords: optional(
            Type.Array(FieldName, { minItems: 1, maxItems: 4 }),
            'Where none of these fields has a value, the counters are 32 bits that may wrap.',
          ),
        },
        strict,
      ),
      'Records with `session: counters` are joined to sessions: each brings what its session has more by now.',
    ),
    trailer: optional(
      Type.Object(
        {
          count: Type.Optional(FieldName),
          sum: Type.Optional(Type.Object({ of: FieldName, is: FieldName }, strict)),
        },
        strict,
      ),
      'Trailer fields that hold the number of detail records and the sum of their quantity.',
    ),
    sequence: optional(
      Type.Object(
        {
          within: optional(
            Type.Array(FieldName, { minItems: 1, maxItems: 4 }),
            'Fields of the header: each of their values has a count of its own.',
          ),
          daily: optional(Type.Boolean(), 'Each local day of the start has a count of its own.'),
          first: optional(Type.Integer({ minimum: 0 }), 'What a count begins with; 1.'),
          last: optional(Type.Integer({ minimum: 1 }), 'After this number a count begins anew.'),
          file: optional(
            FieldName,
            'Field of the header that holds the number of the file, counted within its source.',
          ),
        },
        strict,
      ),
      'How `record: sequence` counts, so that gaps and repeats between files are told.',
    ),
    tests: optional(
      Type.Array(
        Type.Object(
          {
            name: Type.Optional(Type.String()),
            given: Type.String({
              description:
                'As it stands in a file; radius: lines of sender, time and hexadecimal; message: time, topic => payload.',
            }),
            first: Type.Optional(Type.Boolean()),
            expect: Type.Array(Type.Record(Type.String(), Type.Unknown())),
            totals: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
          },
          strict,
        ),
      ),
      'Raw text and the records that must come out of it.',
    ),
  },
  { ...strict, $id: 'https://tollgrid.dev/schemas/format.json', title: 'Tollgrid format file' },
);

export type FormatDocument = Static<typeof FormatSchema>;
export type FormatField = Static<typeof Field>;
export type FormatClass = Static<typeof RecordClass>;
export type FormatCondition = Static<typeof Condition>;
export type FormatMapping = Partial<Record<RecordColumn, string>>;
export type E164Rules = Static<typeof E164>;
