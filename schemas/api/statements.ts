/** Signed roll-forwards of a day. */
import { Type, type Static } from 'typebox';
import { closed, EntryNo, Money } from './common.ts';

export const StatementDate = Type.String({
  pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$',
  description: 'Day in UTC, yyyy-mm-dd',
});
export const StatementParams = Type.Object({ date: StatementDate });

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Units = Type.String({ pattern: '^-?\\d+$', description: 'Base units, whole' });

export const StatementRecords = Type.Object(
  {
    source: Type.String(),
    opening: Type.Integer({ description: 'Records in suspense before' }),
    received: Type.Integer(),
    rated: Type.Integer(),
    absorbed: Type.Integer(),
    duplicate: Type.Integer(),
    superseded: Type.Integer(),
    filtered: Type.Integer(),
    rejected: Type.Integer(),
    writtenOff: Type.Integer(),
    closing: Type.Integer({ description: 'Records in suspense afterwards, told by the suspense table' }),
    difference: Type.Integer({ description: 'opening + received less all resolutions less closing' }),
  },
  closed,
);

export const StatementSums = Type.Object(
  {
    view: Type.String(),
    service: Type.String(),
    kind: Type.String(),
    currency: Type.String(),
    charges: Type.Integer({ description: 'Charges less reversals' }),
    openingUnits: Units,
    units: Units,
    closingUnits: Units,
    openingAmount: Money,
    amount: Money,
    closingAmount: Money,
  },
  closed,
);

export const Statement = Type.Object(
  {
    statement: Type.Literal(1, { description: 'Version of this layout' }),
    date: StatementDate,
    madeAt: Type.String({ format: 'date-time' }),
    program: Type.String(),
    semanticsNo: Type.Integer(),
    fromEntry: Type.Integer({ description: 'First log entry; the one behind the last of the statement before' }),
    toEntry: Type.Integer({ description: 'Last log entry accepted before the end of the day' }),
    chain: Type.String({ description: 'Chain of the log at the last entry: all entries up to it hang on it' }),
    previous: Type.Union([Type.Object({ date: StatementDate, sha256: Sha256 }, closed), Type.Null()]),
    closes: Type.Boolean(),
    records: Type.Array(StatementRecords),
    sums: Type.Array(StatementSums),
    key: Type.String({ description: 'Id of the key that signed it' }),
    signature: Type.String({ description: 'Ed25519 over the canonical JSON of all other fields, base64' }),
  },
  closed,
);
export type Statement = Static<typeof Statement>;

export const StatementList = Type.Object({
  items: Type.Array(
    Type.Object({ date: StatementDate, fromEntry: EntryNo, toEntry: EntryNo, closes: Type.Boolean(), sha256: Sha256 }),
  ),
});
export type StatementList = Static<typeof StatementList>;

export const StatementKey = Type.Object({ id: Type.String(), publicKey: Type.String({ description: 'PEM' }) });
export type StatementKey = Static<typeof StatementKey>;

/** Neither: all that are stored. */
export const StatementCheck = Type.Object(
  {
    date: Type.Optional(StatementDate),
    statement: Type.Optional(Type.Unknown({ description: 'A statement as a file has it' })),
    publicKey: Type.Optional(Type.String({ maxLength: 4096, description: 'PEM; default: the key of this Tollgrid' })),
  },
  closed,
);
export type StatementCheck = Static<typeof StatementCheck>;
