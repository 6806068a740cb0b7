import { Type, type Static } from 'typebox';
import { closed, Money, pageOf, pageQuery, Period } from './common.ts';

export const AccountsQuery = Type.Object({ ...pageQuery }, closed);

export const AccountItem = Type.Object({
  id: Type.String(),
  no: Type.Integer(),
  party: Type.Object({ id: Type.String(), name: Type.String() }),
  currency: Type.String(),
  timeZone: Type.String(),
  division: Type.String({ description: 'Path, for example republic/region/district' }),
});
export type AccountItem = Static<typeof AccountItem>;
export const AccountPage = pageOf(AccountItem);

const MaybeTime = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

export const SubscriptionItem = Type.Object({
  id: Type.String(),
  usagePoint: Type.Boolean(),
  identifiers: Type.Array(Type.Object({ kind: Type.String(), value: Type.String(), from: MaybeTime, to: MaybeTime })),
  tariffs: Type.Array(
    Type.Object({ view: Type.String(), service: Type.String(), tariff: Type.String(), from: MaybeTime, to: MaybeTime }),
  ),
});

export const AccountDetail = Type.Object({
  ...AccountItem.properties,
  subscriptions: Type.Array(SubscriptionItem),
});
export type AccountDetail = Static<typeof AccountDetail>;

export const SummaryQuery = Type.Object({ period: Period }, closed);

export const SummaryLine = Type.Object({
  view: Type.String(),
  service: Type.String(),
  kind: Type.Enum(['record', 'valuation', 'settlement']),
  unit: Type.String(),
  records: Type.Integer(),
  quantity: Type.Integer(),
  billed: Type.Integer(),
  currency: Type.String(),
  amount: Money,
  tax: Money,
});

export const UsageSummary = Type.Object({
  account: Type.String(),
  period: Period,
  lines: Type.Array(SummaryLine),
  totals: Type.Array(Type.Object({ view: Type.String(), currency: Type.String(), amount: Money, tax: Money }), {
    description: 'Per view and currency; valuations are left out',
  }),
});
export type UsageSummary = Static<typeof UsageSummary>;
