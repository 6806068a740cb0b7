/**
 * How values of a tariff file are written. Figures may stand with or without quotes; the reader keeps their digits, so
 * `0.10` never becomes a binary fraction. `title` says how a value is written, `description` what a key means.
 */
import Type from 'typebox';

export const closed = { additionalProperties: false } as const;

export function choice<const T extends string>(values: readonly T[], description: string) {
  return Type.Unsafe<T>({ enum: [...values], description });
}

/** Text that YAML may have read as a number. */
export function text(pattern: string, title: string) {
  return Type.Unsafe<string>({ type: ['string', 'number'], pattern, title });
}

/** A key with a meaning of its own. */
export function key(form: object, description: string) {
  return Type.Unsafe<string>({ ...form, description });
}

export const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
  title: 'a name: letters, digits, `.`, `_`, `-`',
});
export const Day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', title: 'a day: yyyy-mm-dd' });
export const Money = text('^\\d{1,15}(\\.\\d{1,12})?$', 'an amount: digits with an optional decimal point');
export const SignedMoney = text('^-?\\d{1,15}(\\.\\d{1,12})?$', 'an amount, which may be negative');
export const Percent = text('^-?\\d{1,4}(\\.\\d{1,6})?$', 'a percentage: 15, 12.5, -10');
export const Quantity = text(
  '^\\d{1,15}(\\.\\d{1,9})? ?[A-Za-z0-9]*$',
  'a quantity with its unit: 60s, 1min, 1h, 500kB, 1MiB, 1kWh, 1m3, 1event',
);
export const Time = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$', title: 'a time of day: hh:mm' });
export const Moment = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\d([T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,3})?)?(Z|[+-]\\d\\d:\\d\\d)?)?$',
  title: 'a moment: yyyy-mm-ddThh:mm:ss by the clock of the tariff, or with Z or an offset',
});
export const Month = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$', title: 'a month: yyyy-mm' });
export const MonthDay = Type.String({ pattern: '^(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', title: 'a day: mm-dd' });
export const Code = text('^\\S+$', 'a code without spaces');

/** One of something, or a list of them. */
export function oneOrMore(form: ReturnType<typeof Type.Unsafe<string>> | typeof Name, description: string) {
  return Type.Union([form, Type.Array(form, { minItems: 1 })], { description });
}
