/** What many requests and answers share. Times are RFC 3339 in UTC; money is a decimal string, never a JSON number. */
import { Type, type Static, type TSchema } from 'typebox';

export const PAGE_LIMIT_MAX = 1000;
export const PAGE_LIMIT_DEFAULT = 100;

/** Refuses unknown keys, so that a misspelt filter is an error and not "everything". */
export const closed = { additionalProperties: false } as const;

const NO_CONTROL = '^[^\\u0000-\\u001f\\u007f]+$';

export const AccountId = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: NO_CONTROL,
  description: 'The operator’s account number, for example A-1001',
});
export const Period = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$', description: 'Month, yyyy-mm' });
export const SourceName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'Configured source',
});
export const RecordAddress = Type.String({
  pattern: '^\\d{1,15}\\.\\d{1,10}$',
  description: 'entry.record: log entry number and record number',
});
export const ChargeId = Type.String({
  pattern: '^\\d{1,15}\\.\\d{1,10}\\.\\d{1,5}$',
  description: 'entry.record.charge',
});
export const EntryNo = Type.Integer({ minimum: 0, description: 'Log entry number' });
export const Money = Type.String({ description: 'Decimal, for example "1.250000"' });
export const Instant = Type.String({ format: 'date-time' });
export const ErrorCodeText = Type.String({
  pattern: '^[A-Z][A-Z0-9_]{1,63}$',
  description: 'A code of docs/errors.md',
});

/** A moment in a query: RFC 3339, or a day, which means its first moment in UTC. */
export const Moment = Type.String({
  anyOf: [{ format: 'date-time' }, { format: 'date' }],
  description: 'RFC 3339 time, or yyyy-mm-dd for the start of that day in UTC',
});

export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX, default: PAGE_LIMIT_DEFAULT })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description: '`next` of the previous page' })),
};

export const spanQuery = {
  from: Type.Optional(Moment),
  to: Type.Optional(Type.String({ ...Moment, description: 'Exclusive end; same forms as from' })),
};

export function pageOf<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    next: Type.Union([Type.String(), Type.Null()], { description: 'Cursor of the next page; null on the last one' }),
  });
}

/** One page of a list. `next` is opaque to the client. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** A command was written into the log. Its effect is in the ledger when that entry is processed. */
export const CommandAnswer = Type.Object({ entry: EntryNo });
export type CommandAnswer = Static<typeof CommandAnswer>;

/** RFC 9457. */
export const Problem = Type.Object({
  type: Type.String({ description: 'Where the code is explained' }),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  cure: Type.String({ description: 'What to do about it' }),
  details: Type.Record(Type.String(), Type.Unknown()),
});
export type Problem = Static<typeof Problem>;
