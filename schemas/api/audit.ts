import { Type, type Static } from 'typebox';
import { closed, EntryNo, Instant, Money, SourceName, spanQuery } from './common.ts';

export const AUDIT_BY = ['file', 'source', 'hour'] as const;
export type AuditBy = (typeof AUDIT_BY)[number];

export const AuditQuery = Type.Object(
  {
    wait: Type.Optional(Type.Boolean({ description: 'Wait until everything in the log now is processed' })),
    by: Type.Optional(
      Type.Enum([...AUDIT_BY], {
        default: 'file',
        description: 'A line per file, source, or source and hour of acceptance',
      }),
    ),
    source: Type.Optional(SourceName),
    from: Type.Optional(Type.String({ ...spanQuery.from, description: 'Only records accepted from then on' })),
    to: Type.Optional(Type.String({ ...spanQuery.to, description: 'Only records accepted before then' })),
  },
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
    description: 'Null: pushed usage of the source, or not by file',
  }),
  hour: Type.Union([Instant, Type.Null()], {
    description: 'First moment of the hour of acceptance; null when not by hour',
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

const Exact = Type.String({ description: 'Exact decimal in base units' });

export const AuditMeters = Type.Object({
  kind: Type.String({ description: 'register: last value less first × multiplier; interval: sum of the values' }),
  view: Type.String({ description: 'Empty: readings with a value and without a usage' }),
  chains: Type.Integer({ description: 'Registers or channels' }),
  steps: Type.Integer({ description: 'Usages that they should have' }),
  expected: Exact,
  usage: Exact,
  tolerance: Type.String({ description: 'Half a unit per usage where meters show less than a unit; otherwise 0' }),
  difference: Type.String({ description: 'Beyond the tolerance, summed over chains without their signs' }),
});

export const AuditCheck = Type.Object({
  name: Type.String(),
  closes: Type.Boolean(),
  difference: WholeText,
  detail: Type.String({ description: 'What differs, in words; empty when it closes' }),
});
export type AuditCheck = Static<typeof AuditCheck>;

export const AuditReport = Type.Object({
  closes: Type.Boolean(),
  asOfEntry: EntryNo,
  by: Type.String({ description: 'What a line of records stands for' }),
  records: Type.Array(AuditRecords),
  total: Type.Object(dispositions),
  held: Type.Optional(
    Type.Array(
      Type.Object({
        entry: EntryNo,
        source: Type.String(),
        name: Type.String(),
        code: Type.String(),
        records: Type.Integer(),
      }),
      { description: 'Files that wait for a decision: their records (headers and trailers too) are not received yet' },
    ),
  ),
  meters: Type.Array(AuditMeters, { description: 'Usage against what meters showed, from the readings alone' }),
  checks: Type.Array(AuditCheck, { description: 'The log against the tables, and the tables against each other' }),
  units: Type.Array(AuditUnits),
  money: Type.Array(AuditMoney, { description: 'Per view and currency; valuations are left out' }),
});
export type AuditReport = Static<typeof AuditReport>;

export const VerifyReport = Type.Object({
  ok: Type.Boolean(),
  checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
});
export type VerifyReport = Static<typeof VerifyReport>;
