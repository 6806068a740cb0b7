import { Type, type Static } from 'typebox';
import { closed, EntryNo, ErrorCodeText, Money, Period } from './common.ts';

export const SettlementRequest = Type.Object(
  {
    period: Period,
    postingPeriod: Type.Optional(
      Type.String({ ...Period, description: 'Month in which lines are billed; the period itself when left out' }),
    ),
  },
  closed,
);

export const SettlementFailure = Type.Object({
  code: ErrorCodeText,
  count: Type.Integer({ description: 'Subscriptions that were not settled, per view and service' }),
  message: Type.String({ description: 'Of the first of them' }),
  subscriptions: Type.Array(Type.String(), { description: 'Some of them' }),
});

export const SettlementResult = Type.Object({
  entry: EntryNo,
  period: Period,
  postingPeriod: Period,
  settled: Type.Integer({ description: 'Subscriptions that were settled' }),
  failed: Type.Integer({ description: 'Subscriptions that were not, in one view and service at least' }),
  lines: Type.Integer({ description: 'Lines posted; none when nothing changed' }),
  money: Type.Array(Type.Object({ currency: Type.String(), amount: Money, tax: Money })),
  failures: Type.Array(SettlementFailure),
});
export type SettlementResult = Static<typeof SettlementResult>;
