/** Re-rating: previews, approvals and what they posted. */
import { Type, type Static } from 'typebox';
import { ChargeItem } from './charges.ts';
import { AccountId, closed, EntryNo, ErrorCodeText, Instant, Money, pageOf, Period } from './common.ts';
import { SettlementFailure } from './settlements.ts';

const wish = {
  from: Type.String({ ...Period, description: 'First service month' }),
  to: Type.String({ ...Period, description: 'Month after the last one' }),
  tariff: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
      description: 'Only customers of this tariff, and whoever is settled together with them',
    }),
  ),
  account: Type.Optional(
    Type.String({ ...AccountId, description: 'Only this account, and whoever is settled together with it' }),
  ),
  postingPeriod: Type.Optional(
    Type.String({
      ...Period,
      description: 'Month in which corrections are billed; where the corrected charge was billed when left out',
    }),
  ),
};
const Note = Type.String({ minLength: 1, maxLength: 500, description: 'Why; stays in the log' });
const By = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Who approved it; only callers on this machine may say so',
});
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$' });

export const RerateWishBody = Type.Object(wish, closed);
export const RerateRequest = Type.Object(
  {
    ...wish,
    digest: Type.Optional(
      Type.String({ ...Digest, description: 'Of the preview: refused when the differences are others by now' }),
    ),
    note: Type.Optional(Note),
    by: Type.Optional(By),
  },
  closed,
);
export const UndoRequest = Type.Object(
  { postingPeriod: wish.postingPeriod, note: Type.Optional(Note), by: Type.Optional(By) },
  closed,
);

export const RerateProgress = Type.Object({
  phase: Type.String({ description: 'finding, pricing, settling or posting' }),
  done: Type.Integer(),
  total: Type.Integer({ description: 'Records while pricing, customers while settling; 0: not known yet' }),
});
export type RerateProgress = Static<typeof RerateProgress>;

export const MoneyDifference = Type.Object({ currency: Type.String(), amount: Money, tax: Money });

/** Generic in how accounts are named: by number in the rater, by id in answers. */
const line = Type.Object({
  view: Type.String(),
  service: Type.String(),
  tariff: Type.String({ description: 'name@effective date' }),
  kind: Type.String({ description: 'record, valuation or settlement' }),
  currency: Type.String(),
  reversed: Type.Integer({ description: 'Charges taken back' }),
  posted: Type.Integer({ description: 'New charges' }),
  quantity: Type.String({ description: 'New less old, base units' }),
  before: Money,
  after: Money,
  amount: Money,
  tax: Money,
});

const figures = {
  digest: Type.String({ ...Digest, description: 'Tells this set of differences from any other' }),
  priced: Type.Integer({ description: 'Usages priced again' }),
  changed: Type.Integer({ description: 'Of them, those that come out otherwise' }),
  rows: Type.Integer({ description: 'Reversals, new charges and settlement lines' }),
  settledPeriods: Type.Array(Period, { description: 'Months that were settled and are settled again' }),
  settlementLines: Type.Integer({ description: 'Differences of settled lines' }),
  money: Type.Array(MoneyDifference, { description: 'New less old, valuations left out' }),
  lines: Type.Array(line),
  accounts: Type.Integer({ description: 'Accounts that owe another sum' }),
  unpriced: Type.Array(Type.Object({ code: ErrorCodeText, records: Type.Integer() }), {
    description: 'Records that cannot be priced again: they stay as they stand',
  }),
  failures: Type.Array(SettlementFailure),
};
export const RerateFigures = Type.Object({
  ...figures,
  largest: Type.Array(Type.Object({ account: Type.String(), currency: Type.String(), amount: Money }), {
    description: 'Accounts with the largest differences',
  }),
});
export type RerateFigures = Static<typeof RerateFigures>;

/** As the rater tells them. */
export type RaterFigures = Omit<RerateFigures, 'largest'> & {
  largest: { accountNo: number; currency: string; amount: string }[];
};

const failure = Type.Union([Type.Object({ code: ErrorCodeText, message: Type.String() }), Type.Null()]);

export const PreviewNo = Type.Integer({ minimum: 1 });
export const ReratePreview = Type.Object({
  preview: PreviewNo,
  wish: RerateWishBody,
  state: Type.Union([Type.Literal('running'), Type.Literal('done'), Type.Literal('failed')]),
  asOfEntry: Type.Union([EntryNo, Type.Null()], { description: 'The ledger and the tariffs as of this entry' }),
  progress: Type.Union([RerateProgress, Type.Null()]),
  figures: Type.Union([RerateFigures, Type.Null()]),
  failure,
});
export type ReratePreview = Static<typeof ReratePreview>;

export const RerateItem = Type.Object({
  entry: EntryNo,
  at: Instant,
  by: Type.String(),
  note: Type.Union([Type.String(), Type.Null()]),
  undoes: Type.Union([EntryNo, Type.Null()], { description: 'The re-rating that this entry takes back' }),
  wish: Type.Union([RerateWishBody, Type.Null()], { description: 'Null when it takes one back' }),
  state: Type.Union(
    [
      Type.Literal('waiting'),
      Type.Literal('running'),
      Type.Literal('posted'),
      Type.Literal('nothing'),
      Type.Literal('refused'),
    ],
    { description: 'nothing: there was no difference. refused: not the differences that were approved' },
  ),
  progress: Type.Union([RerateProgress, Type.Null()]),
  reversed: Type.Integer({ description: 'Charges taken back' }),
  posted: Type.Integer({ description: 'New charges' }),
  left: Type.Integer({ description: 'Rows that were not taken back, because later ones correct them' }),
  money: Type.Array(MoneyDifference),
  figures: Type.Union([RerateFigures, Type.Null()], { description: 'Null when they are not at hand any more' }),
});
export type RerateItem = Static<typeof RerateItem>;

export const ReratePage = pageOf(RerateItem);
export const DifferencePage = pageOf(ChargeItem);
