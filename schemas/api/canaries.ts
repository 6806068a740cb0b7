/** A draft tried on real usage: asked for, followed, told. */
import { Type, type Static } from 'typebox';
import { AccountId, closed, Money } from './common.ts';
import { TariffChoice, TariffName } from './tariffs.ts';

const Day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', description: 'yyyy-mm-dd by the clock of the tariff' });

export const CanaryRequest = Type.Object(
  {
    tariff: TariffChoice,
    from: Day,
    to: Type.String({ ...Day, description: 'First day that is not looked at any more' }),
    accounts: Type.Optional(Type.Array(AccountId, { minItems: 1, maxItems: 1000 })),
    inPlaceOf: Type.Optional(
      Type.String({ ...TariffName, description: 'Whose users it is tried on; default: those of the same name' }),
    ),
    attribute: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, default: 'segment', description: 'Attribute that sums are told by' }),
    ),
    shown: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'Accounts and places that are named' }),
    ),
  },
  closed,
);
export type CanaryRequest = Static<typeof CanaryRequest>;

const Compared = {
  currency: Type.String(),
  active: Type.Unsafe<string>({ ...Money, description: 'Under what is active' }),
  draft: Money,
  difference: Type.Unsafe<string>({ ...Money, description: 'Draft less active' }),
};
const Place = {
  view: Type.String(),
  service: Type.String(),
};
const AccountLine = Type.Object({ account: AccountId, ...Compared });
export const CanaryAccount = AccountLine;
const Faults = Type.Array(
  Type.Object({ code: Type.String(), count: Type.Integer(), examples: Type.Array(Type.String()) }),
);

export const CanaryReport = Type.Object({
  draft: Type.String({ description: 'Version' }),
  inPlaceOf: Type.String(),
  from: Type.String(),
  to: Type.String(),
  assumed: Type.Boolean({
    description: 'The draft holds only later: it was tried as if it held for the whole time',
  }),
  settledMonths: Type.Array(Type.String(), { description: 'Whole months, whose settlement lines are in the sums' }),
  usages: Type.Integer({ description: 'Usages of the tariff' }),
  totals: Type.Array(Type.Object(Compared)),
  services: Type.Array(Type.Object({ ...Place, usages: Type.Integer(), ...Compared })),
  places: Type.Array(
    Type.Object({
      ...Place,
      kind: Type.Enum(['record', 'settlement']),
      component: Type.String(),
      zone: Type.String(),
      band: Type.String(),
      ...Compared,
    }),
    { description: 'The largest differences by zone, band and settled line' },
  ),
  placesTotal: Type.Integer(),
  segments: Type.Array(Type.Object({ value: Type.String(), accounts: Type.Integer(), ...Compared }), {
    description: 'By the value of the attribute; empty value: customers without it. None when nobody has it',
  }),
  attribute: Type.String(),
  unpriceable: Faults,
  activeUnpriceable: Faults,
  unsettled: Type.Object({ active: Faults, draft: Faults }, { description: 'Groups of subscriptions, by code' }),
  unread: Type.Integer({ description: 'Usages whose record could not be found again' }),
  accounts: Type.Object({ cheaper: Type.Integer(), dearer: Type.Integer(), same: Type.Integer() }),
  winners: Type.Array(AccountLine, { description: 'Accounts that pay less, the largest differences first' }),
  losers: Type.Array(AccountLine),
  elapsedMs: Type.Integer(),
  peakBytes: Type.Integer({ description: 'Most memory that the canary held' }),
});
export type CanaryReport = Static<typeof CanaryReport>;

export const CanaryParams = Type.Object({ id: Type.String({ pattern: '^[0-9a-f-]{36}$' }) });
export const CanaryState = Type.Object({
  id: Type.String(),
  state: Type.Enum(['running', 'done', 'failed', 'cancelled']),
  progress: Type.Object({
    phase: Type.Enum(['rating', 'settling']),
    done: Type.Integer(),
    of: Type.Integer(),
  }),
  report: Type.Union([CanaryReport, Type.Null()]),
  failure: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
});
export type CanaryState = Static<typeof CanaryState>;
