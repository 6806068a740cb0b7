import { Type, type Static } from 'typebox';
import { AccountId, closed, Instant, Money, pageOf, pageQuery } from './common.ts';

const Text = Type.String({ minLength: 1, maxLength: 253 });

export const SessionsQuery = Type.Object(
  {
    account: Type.Optional(AccountId),
    login: Type.Optional(Text),
    nas: Type.Optional(Type.String({ ...Text, description: 'Name or address of the access server' })),
    all: Type.Optional(Type.Boolean({ description: 'Also sessions that are closed' })),
    ...pageQuery,
  },
  closed,
);

export const SessionItem = Type.Object({
  session: Type.String({ description: '32 hex digits: access server, session id, login and start' }),
  nas: Type.String({ description: 'Name or address of the access server' }),
  sessionId: Type.String({ description: 'Its id there' }),
  login: Type.String(),
  account: Type.Union([Type.String(), Type.Null()], { description: 'Null while nothing was charged to anybody' }),
  subscription: Type.Union([Type.String(), Type.Null()]),
  source: Type.String({ description: 'Source of its newest packet' }),
  startAt: Instant,
  lastAt: Instant,
  quantity: Type.Integer({ description: 'Bytes so far, both ways' }),
  quantityUp: Type.Integer({ description: 'Bytes from the subscriber' }),
  closed: Type.Enum(['', 'stop', 'restart', 'port', 'silence'], {
    description: 'Why it is closed; empty while it goes on',
  }),
  charges: Type.Array(Type.Object({ currency: Type.String(), amount: Money }), {
    description: 'What its usage costs so far; of settled tariffs a valuation',
  }),
});
export type SessionItem = Static<typeof SessionItem>;
export const SessionPage = pageOf(SessionItem);
