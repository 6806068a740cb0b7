/** The time side of a tariff file: kinds of day, seasons, bands, prices that change by the hour. */
import Type from 'typebox';
import { closed, Day, key, MonthDay, Name, oneOrMore, Quantity, Time } from './tariff-forms.ts';

/** Kinds of day in `days`, beside the names of `daySets`. */
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

/** Countries whose public holidays are known; the days are published with the tariff. */
export const HOLIDAY_COUNTRIES = ['BA', 'CZ', 'PL', 'UA', 'UZ'] as const;
export type HolidayCountry = (typeof HOLIDAY_COUNTRIES)[number];

const BandSpan = Type.Object(
  {
    days: Type.Optional(
      Type.Array(Name, {
        minItems: 1,
        description: 'Kinds of day and names of day sets; all when absent. A holiday is `holiday` only.',
      }),
    ),
    season: Type.Optional(oneOrMore(Name, 'Seasons the span is for; all when absent.')),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
  },
  closed,
);

export const Bands = Type.Record(Name, Type.Array(BandSpan, { minItems: 1 }), {
  description: 'Each minute of each day belongs to one band. Without `from` and `to` a span is the whole day.',
});

export const Seasons = Type.Record(
  Name,
  Type.Array(Type.Object({ from: MonthDay, to: MonthDay }, closed), { minItems: 1 }),
  { description: 'First and last day of each season; together they are the year.' },
);

export const DaySets = Type.Record(Name, Type.Array(Day, { minItems: 1 }), {
  description: 'Days with a name of their own: no longer their weekday, nor a holiday.',
});

export const Series = Type.Record(
  Name,
  Type.Object(
    {
      file: Type.String({ minLength: 1, description: 'CSV beside this file: moment,price.' }),
      every: key(Quantity, 'How long each price holds: 60min, 15min.'),
      per: key(Quantity, 'The quantity that the prices are for: 1MWh.'),
    },
    closed,
  ),
  { description: 'Prices that change by the hour or quarter of an hour, by name.' },
);
