import { Type, type Static } from 'typebox';
import { closed, ErrorCodeText, Instant, pageOf, pageQuery, RecordAddress } from './common.ts';

export const SuspenseQuery = Type.Object({ code: Type.Optional(ErrorCodeText), ...pageQuery }, closed);

const suspended = {
  address: RecordAddress,
  code: Type.String({ description: 'Why it waits: a code of docs/errors.md' }),
  field: Type.String({ description: 'Field at fault, empty when none' }),
  source: Type.String(),
  format: Type.String(),
  acceptedAt: Instant,
  byteOffset: Type.Integer({ description: 'Where it starts in the source' }),
  byteLength: Type.Integer(),
};

/** What the service gives; the route adds the hint of the code. */
export const SuspendedRecord = Type.Object(suspended);
export type SuspendedRecord = Static<typeof SuspendedRecord>;

export const SuspenseItem = Type.Object({
  ...suspended,
  hint: Type.String({ description: 'What to do about the code' }),
});
export const SuspensePage = pageOf(SuspenseItem);

export const RecycleRequest = Type.Object(
  { code: Type.Optional(ErrorCodeText), address: Type.Optional(RecordAddress) },
  { ...closed, description: 'By code, by address, or everything that waits when both are left out' },
);

export const WriteOffRequest = Type.Object(
  {
    code: Type.Optional(ErrorCodeText),
    address: Type.Optional(RecordAddress),
    reason: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { ...closed, minProperties: 2, description: 'By code or by address: never everything at once' },
);
