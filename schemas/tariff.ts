/**
 * A tariff file: one version of one tariff. Reference with examples: docs/tariffs.md.
 * Figures may be written with or without quotes; the reader keeps their digits, so `0.10` never becomes a binary fraction.
 */
import Type, { type Static } from 'typebox';
import { SERVICE_NAMES, type ServiceName } from './columns/usage-columns.ts';

const closed = { additionalProperties: false } as const;

function choice<const T extends string>(values: readonly T[], description: string) {
  return Type.Unsafe<T>({ enum: [...values], description });
}

/** Text that YAML may have read as a number. `title` says how a value is written, `description` what a key means. */
function text(pattern: string, title: string) {
  return Type.Unsafe<string>({ type: ['string', 'number'], pattern, title });
}

/** A key with a meaning of its own. */
function key(form: object, description: string) {
  return Type.Unsafe<string>({ ...form, description });
}

const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
  title: 'a name: letters, digits, `.`, `_`, `-`',
});
const Day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', title: 'a day: yyyy-mm-dd' });
const Money = text('^\\d{1,15}(\\.\\d{1,12})?$', 'an amount: digits with an optional decimal point');
const Quantity = text(
  '^\\d{1,15}(\\.\\d{1,9})? ?[A-Za-z0-9]*$',
  'a quantity with its unit: 60s, 1min, 1h, 500kB, 1MiB, 1kWh, 1m3, 1event',
);
const Time = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$', title: 'a time of day: hh:mm' });
const Moment = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\d([T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,3})?)?(Z|[+-]\\d\\d:\\d\\d)?)?$',
  title: 'a moment: yyyy-mm-ddThh:mm:ss by the clock of the tariff, or with Z or an offset',
});
const Month = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$', title: 'a month: yyyy-mm' });
const Code = text('^\\S+$', 'a code without spaces');
const Names = (description: string) => Type.Union([Name, Type.Array(Name, { minItems: 1 })], { description });

export const DAY_NAMES = [
  'mon',
  'tue',
  'wed',
  'thu',
  'fri',
  'sat',
  'sun',
  'workday',
  'weekend',
  'holiday',
  'any',
] as const;
export const ROUNDING_MODES = ['half-up', 'half-even', 'up', 'down'] as const;
export type RoundingMode = (typeof ROUNDING_MODES)[number];

const BandSpan = Type.Object(
  {
    days: Type.Array(choice(DAY_NAMES, 'workday is mon to fri; a holiday is `holiday` only, whatever its weekday'), {
      minItems: 1,
    }),
    from: Time,
    to: Time,
  },
  closed,
);

const Price = Type.Object(
  {
    price: key(Money, 'Price of `per` units.'),
    per: key(Quantity, 'The quantity that `price` is for: 1min, 1MB, 1kWh, 1m3, 1event.'),
    setup: Type.Optional(key(Money, 'Fee of each usage, once, also at zero duration.')),
    first: Type.Optional(key(Quantity, 'Time: the first block, always counted whole.')),
    firstPrice: Type.Optional(key(Money, 'Time: price of the first block, where it is not in proportion to `price`.')),
    then: Type.Optional(key(Quantity, 'Time: the step after it; without it time is exact.')),
    unit: Type.Optional(choice(['full', 'started', 'exact'] as const, 'Volume: which steps count. Default: exact.')),
    step: Type.Optional(key(Quantity, 'Volume: the step that is counted. Default: `per`.')),
    measure: Type.Optional(choice(['total', 'up', 'down'] as const, 'Data: which direction counts. Default: total.')),
    minimum: Type.Optional(key(Money, 'A usage with a quantity costs at least this, setup included.')),
    freeUnder: Type.Optional(key(Quantity, 'A smaller quantity costs nothing, not even setup.')),
  },
  { ...closed, description: 'What a usage costs.' },
);

const Rule = Type.Object(
  {
    zone: Type.Optional(Names('Zones the rule is for; all when absent.')),
    band: Type.Optional(Names('Time bands the rule is for; all when absent.')),
    register: Type.Optional(
      Type.Union([Code, Type.Array(Code, { minItems: 1 })], { description: 'Registers the rule is for.' }),
    ),
    component: Type.Optional(key(Name, 'Name of the settled line. Default: usage.')),
    price: Price,
  },
  closed,
);

const Prorate = Type.Optional(
  choice(['days', 'none'] as const, 'What a part of a month gets: its share by days (default), or the whole.'),
);
const Fee = Type.Object({ component: Name, amount: Money, prorate: Prorate }, closed);
const Allowance = Type.Object(
  {
    component: Name,
    quantity: Quantity,
    zones: Type.Optional(Type.Array(Name, { minItems: 1 })),
    bands: Type.Optional(Type.Array(Name, { minItems: 1 })),
    prorate: Prorate,
  },
  closed,
);

const TestUsage = {
  start: Moment,
  duration: Type.Optional(Quantity),
  quantity: Type.Optional(Quantity),
  up: Type.Optional(Quantity),
  to: Type.Optional(text('^\\S*$', 'digits of the other party')),
  register: Type.Optional(Code),
};
const Line = Type.Object(
  {
    component: Name,
    zone: Type.Optional(Name),
    band: Type.Optional(Name),
    quantity: Type.Optional(Quantity),
    amount: Money,
  },
  closed,
);

const Test = Type.Object(
  {
    name: Type.Optional(Type.String()),
    given: Type.Object(
      {
        ...TestUsage,
        start: Type.Optional(Moment),
        period: Type.Optional(Month),
        starts: Type.Optional(key(Day, 'First day of the subscription.')),
        ends: Type.Optional(key(Day, 'First day without the subscription.')),
        usage: Type.Optional(Type.Array(Type.Object(TestUsage, closed))),
      },
      closed,
    ),
    expect: Type.Object(
      {
        amount: Type.Optional(Money),
        tax: Type.Optional(Money),
        billed: Type.Optional(Quantity),
        zone: Type.Optional(Name),
        band: Type.Optional(Name),
        steps: Type.Optional(Type.Array(Type.String())),
        lines: Type.Optional(Type.Array(Line)),
        error: Type.Optional(Type.String({ pattern: '^RATE_[A-Z_]+$', title: 'an error code: RATE_...' })),
      },
      closed,
    ),
    source: choice(
      ['published', 'computed'] as const,
      'Where the expected amount comes from: a document, or our own sum.',
    ),
    note: Type.Optional(Type.String()),
  },
  closed,
);

export const TariffFileSchema = Type.Object(
  {
    name: Name,
    title: Type.Optional(Type.String()),
    effective: key(Day, 'First local day on which this version holds.'),
    currency: Type.String({ pattern: '^[A-Z]{3}$', title: 'an ISO 4217 code: UAH' }),
    timeZone: Type.String({ title: 'an IANA zone: Europe/Kyiv' }),
    service: choice<ServiceName>(SERVICE_NAMES, 'What is priced.'),
    tax: Type.Object(
      {
        percent: text('^\\d{1,3}(\\.\\d{1,4})?$', 'a percentage'),
        included: Type.Boolean({ description: 'true: prices contain the tax; false: tax comes on top.' }),
      },
      closed,
    ),
    rounding: Type.Object(
      {
        at: choice(['record', 'line'] as const, 'The one point where amounts are rounded.'),
        mode: choice(ROUNDING_MODES, 'How a remainder is rounded.'),
        decimals: Type.Integer({ minimum: 0, maximum: 6 }),
      },
      closed,
    ),
    holidays: Type.Optional(Type.Array(Day)),
    bands: Type.Optional(Type.Record(Name, Type.Array(BandSpan, { minItems: 1 }))),
    registers: Type.Optional(Type.Record(Name, Type.Array(Code, { minItems: 1 }))),
    zones: Type.Optional(Type.Record(Name, Type.Array(text('^\\d{0,32}$', 'a prefix: digits only'), { minItems: 1 }))),
    zonesFile: Type.Optional(Type.String({ minLength: 1, description: 'CSV beside this file: prefix,zone.' })),
    crossing: Type.Optional(
      choice(['by-start', 'by-increment'] as const, 'A usage that passes into another band. Default: by-start.'),
    ),
    rules: Type.Array(Rule, { minItems: 1, description: 'The first rule that matches holds.' }),
    period: Type.Optional(
      Type.Object(
        { fees: Type.Optional(Type.Array(Fee)), allowances: Type.Optional(Type.Array(Allowance)) },
        { ...closed, description: 'What is settled once a month, per subscription.' },
      ),
    ),
    tests: Type.Optional(Type.Array(Test)),
  },
  { ...closed, $id: 'tollgrid-tariff' },
);

export type TariffFile = Static<typeof TariffFileSchema>;
export type TariffFileTest = NonNullable<TariffFile['tests']>[number];
export type TariffFileTestUsage = NonNullable<TariffFileTest['given']['usage']>[number];
export type TariffFilePrice = TariffFile['rules'][number]['price'];
