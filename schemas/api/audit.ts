import { Type, type Static } from 'typebox';
import { closed, EntryNo, Money } from './common.ts';

export const AuditQuery = Type.Object(
  { wait: Type.Optional(Type.Boolean({ description: 'Wait until everything in the log now is processed' })) },
  closed,
);

const dispositions = {
  received: Type.Integer(),
  rated: Type.Integer(),
  absorbed: Type.Integer(),
  duplicate: Type.Integer(),
  superseded: Type.Integer(),
  filtered: Type.Integer(),
  rejected: Type.Integer(),
  suspended: Type.Integer(),
  writtenOff: Type.Integer(),
  inFlight: Type.Integer(),
  difference: Type.Integer({ description: 'received less all others; 0 when it closes' }),
};

export const AuditRecords = Type.Object({
  source: Type.String(),
  file: Type.Union([Type.Object({ entry: EntryNo, name: Type.String() }), Type.Null()], {
    description: 'Null: pushed usage of the source',
  }),
  ...dispositions,
});

const WholeText = Type.String({ description: 'Whole number as a string: sums may pass 2^53' });

export const AuditUnits = Type.Object({
  view: Type.String(),
  service: Type.String(),
  kind: Type.String(),
  computed: WholeText,
  ledger: WholeText,
  aggregates: WholeText,
  difference: WholeText,
});

export const AuditMoney = Type.Object({
  view: Type.String(),
  currency: Type.String(),
  computed: Money,
  ledger: Money,
  aggregates: Money,
  difference: Money,
});

export const AuditReport = Type.Object({
  closes: Type.Boolean(),
  asOfEntry: EntryNo,
  records: Type.Array(AuditRecords, { description: 'Per source and file' }),
  total: Type.Object(dispositions),
  units: Type.Array(AuditUnits),
  money: Type.Array(AuditMoney, { description: 'Per view and currency; valuations are left out' }),
});
export type AuditReport = Static<typeof AuditReport>;

export const VerifyReport = Type.Object({
  ok: Type.Boolean(),
  checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
});
export type VerifyReport = Static<typeof VerifyReport>;
