import { Type, type Static } from 'typebox';
import {
  AccountId,
  closed,
  EntryNo,
  Instant,
  pageOf,
  pageQuery,
  RecordAddress,
  SourceName,
  spanQuery,
} from './common.ts';

/** CloudEvents 1.0 in structured JSON; for the documentation only: the edge stores the bytes it received. */
export const CloudEvent = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ minLength: 1, description: 'Unique within its source' }),
    source: Type.String({ minLength: 1, description: 'URI reference of what made the event' }),
    type: Type.String({ minLength: 1 }),
    subject: Type.Optional(Type.String()),
    time: Type.Optional(Instant),
    datacontenttype: Type.Optional(Type.String()),
    data: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: true },
);

export const PushUsageQuery = Type.Object({ source: Type.Optional(SourceName) }, closed);
export const PushUsageHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$', description: 'Same key and body: same answer, nothing added' }),
  ),
});

export const EventFlaw = Type.Object({
  index: Type.Integer({ description: 'Number of the event in the request, from 0' }),
  problem: Type.String(),
});
export type EventFlaw = Static<typeof EventFlaw>;

export const PushUsageReply = Type.Object({
  accepted: Type.Integer({ description: 'Events stored, flawed ones too' }),
  entry: EntryNo,
  flawed: Type.Integer({ description: 'Events whose envelope is not CloudEvents 1.0; they will wait in suspense' }),
  flaws: Type.Array(EventFlaw, { description: 'The first 20 of them' }),
});

export const UsageQuery = Type.Object({ account: Type.Optional(AccountId), ...spanQuery, ...pageQuery }, closed);

export const UsageItem = Type.Object({
  /** The record the usage came from. */
  address: RecordAddress,
  identity: Type.String({ description: '128-bit digest over the identity fields, hexadecimal' }),
  account: Type.String(),
  subscription: Type.String(),
  view: Type.String(),
  service: Type.String(),
  startAt: Instant,
  endAt: Instant,
  quantity: Type.Integer({ description: 'In the base unit of the service' }),
  quantityUp: Type.Integer(),
  unit: Type.String({ description: 'ms, bytes, Wh, litres or events' }),
  party: Type.String(),
  otherParty: Type.String(),
  zone: Type.String(),
});
export type UsageItem = Static<typeof UsageItem>;
export const UsagePage = pageOf(UsageItem);
