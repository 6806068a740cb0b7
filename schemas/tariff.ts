/** A tariff file: one version of one tariff. Reference with examples: docs/tariffs.md. */
import Type, { type Static } from 'typebox';
import { SERVICE_NAMES, type ServiceName } from './columns/usage-columns.ts';
import { PrefixLists, When } from './tariff-choice.ts';
import {
  choice,
  closed,
  Code,
  Day,
  key,
  Moment,
  Month,
  Name,
  oneOrMore,
  Quantity,
  SignedMoney,
  text,
} from './tariff-forms.ts';
import { Energy } from './tariff-energy.ts';
import { Period } from './tariff-period.ts';
import { PeriodLine, periodGiven } from './tariff-period-test.ts';
import { Price } from './tariff-price.ts';
import { Bands, DaySets, HOLIDAY_COUNTRIES, Seasons, Series } from './tariff-time.ts';

export type { TariffFilePrice } from './tariff-price.ts';
export const ROUNDING_MODES = ['half-up', 'half-even', 'up', 'down'] as const;
export type RoundingMode = (typeof ROUNDING_MODES)[number];
export const CROSSINGS = ['by-start', 'by-increment', 'split', 'prorate'] as const;

const Rule = Type.Object(
  {
    zone: Type.Optional(oneOrMore(Name, 'Zones the rule is for; all when absent.')),
    band: Type.Optional(oneOrMore(Name, 'Time bands the rule is for; all when absent.')),
    register: Type.Optional(oneOrMore(Code, 'Registers the rule is for.')),
    when: Type.Optional(When),
    component: Type.Optional(key(Name, 'Name of the settled line. Default: usage.')),
    price: Price,
  },
  closed,
);

const Digits = text('^\\S*$', 'digits of a party');
const Attributes = (description: string) => Type.Optional(Type.Record(Name, text('^.*$', 'a text'), { description }));
const TestUsage = {
  start: Moment,
  end: Type.Optional(key(Moment, 'End of a volume that has a duration.')),
  duration: Type.Optional(Quantity),
  quantity: Type.Optional(Quantity),
  up: Type.Optional(Quantity),
  done: Type.Optional(key(Quantity, 'What earlier parts of the session had; the amount is that of the part after it.')),
  to: Type.Optional(key(Digits, 'The party that was called.')),
  from: Type.Optional(key(Digits, 'The party that called.')),
  forwardedBy: Type.Optional(key(Digits, 'The party that forwarded the call.')),
  direction: Type.Optional(choice(['out', 'in'] as const, 'in: the customer is the party that was called.')),
  class: Type.Optional(key(Code, 'Record class.')),
  trunkIn: Type.Optional(Code),
  trunkOut: Type.Optional(Code),
  accountCode: Type.Optional(Code),
  login: Type.Optional(Code),
  meter: Type.Optional(Code),
  register: Type.Optional(Code),
  trafficClass: Type.Optional(Code),
  attributes: Attributes('Attributes of the customer.'),
  otherAttributes: Attributes('Attributes of the customer on the other side.'),
};
const Test = Type.Object(
  {
    name: Type.Optional(Type.String()),
    given: Type.Object(
      {
        ...TestUsage,
        start: Type.Optional(Moment),
        period: Type.Optional(Month),
        ...periodGiven(Type.Object(TestUsage, closed)),
      },
      closed,
    ),
    expect: Type.Object(
      {
        amount: Type.Optional(SignedMoney),
        tax: Type.Optional(SignedMoney),
        billed: Type.Optional(Quantity),
        authorised: Type.Optional(key(Quantity, 'How much may be used before the cap ends the usage.')),
        zone: Type.Optional(Name),
        band: Type.Optional(Name),
        steps: Type.Optional(Type.Array(Type.String())),
        lines: Type.Optional(Type.Array(PeriodLine)),
        error: Type.Optional(Type.String({ pattern: '^(RATE|SETTLE)_[A-Z_]+$', title: 'an error code: RATE_...' })),
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
        at: choice(
          ['record', 'session', 'day', 'line', 'document'] as const,
          'The one point where amounts are rounded.',
        ),
        mode: choice(ROUNDING_MODES, 'How a remainder is rounded.'),
        decimals: Type.Integer({ minimum: 0, maximum: 6 }),
      },
      closed,
    ),
    country: Type.Optional(choice(HOLIDAY_COUNTRIES, 'Its public holidays are holidays, beside those of the list.')),
    holidays: Type.Optional(Type.Array(Day)),
    workdays: Type.Optional(Type.Array(Day, { description: "Days of the country's list that are no holidays here." })),
    daySets: Type.Optional(DaySets),
    seasons: Type.Optional(Seasons),
    clock: Type.Optional(
      Type.String({
        pattern: '^(local|standard|[+-]([01]\\d|2[0-3]):[0-5]\\d)$',
        title: '`local`, `standard` or an offset such as `+01:00`',
        description: 'Clock of the bands: the local one (default), winter time all year, or a fixed offset.',
      }),
    ),
    bands: Type.Optional(Bands),
    registers: Type.Optional(Type.Record(Name, Type.Array(Code, { minItems: 1 }))),
    zones: Type.Optional(PrefixLists),
    zonesFile: Type.Optional(Type.String({ minLength: 1, description: 'CSV beside this file: prefix,zone.' })),
    zonesOf: Type.Optional(
      choice(
        ['calledParty', 'callingParty', 'redirectingParty'] as const,
        'Whose digits make the zone. Default: calledParty.',
      ),
    ),
    numbers: Type.Optional(PrefixLists),
    numbersFile: Type.Optional(Type.String({ minLength: 1, description: 'CSV beside this file: prefix,set.' })),
    series: Type.Optional(Series),
    energy: Type.Optional(Energy),
    crossing: Type.Optional(
      choice(
        CROSSINGS,
        'A usage that passes into another band: the one at its start (default), each increment, time cut at the border, ' +
          'volume in proportion to time. The last two also divide at a new month and a new version.',
      ),
    ),
    payee: Type.Optional(
      key(Name, 'Whom the money is for, where it is only collected; a component of the period may name another.'),
    ),
    rules: Type.Array(Rule, { minItems: 1, description: 'The first rule that matches holds.' }),
    period: Type.Optional(Period),
    tests: Type.Optional(Type.Array(Test, { minItems: 1 })),
  },
  { ...closed, $id: 'tollgrid-tariff' },
);

export type TariffFile = Static<typeof TariffFileSchema>;
export type TariffFileTest = NonNullable<TariffFile['tests']>[number];
export type TariffFileTestUsage = NonNullable<TariffFileTest['given']['usage']>[number];
export type TariffFileRule = TariffFile['rules'][number];
