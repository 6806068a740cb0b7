/**
 * What a user writes about parties, accounts and subscriptions: in import files and in the API.
 * Whole objects: what is left out is empty. Numbers (`no`) are given by the registry, never by the user.
 * A moment is an ISO 8601 instant with offset or `Z`, or a date: 00:00 of that day in the account's zone.
 */
import { Type, type Static } from 'typebox';
import { SERVICE_NAMES } from './columns/usage-columns.ts';
import { IDENTIFIER_KINDS } from './identifier-kinds.ts';

const Id = Type.String({ minLength: 1, maxLength: 128, description: "The operator's own id." });
const Division = Type.Optional(Type.String({ description: 'Path such as `root/north`; `root` when left out.' }));
const From = Type.Optional(Type.String({ description: 'First moment it holds; open when left out.' }));
const To = Type.Optional(Type.String({ description: 'First moment it no longer holds; open when left out.' }));
const closed = { additionalProperties: false };

export const PartyInputSchema = Type.Object(
  { kind: Type.Literal('party'), id: Id, name: Type.String({ minLength: 1, maxLength: 512 }), division: Division },
  closed,
);

export const AttributeInputSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$', description: 'As tariffs name it: persons, m2.' }),
    value: Type.String({ minLength: 1, maxLength: 1024, description: 'May list several words, apart by blanks.' }),
    from: From,
    to: To,
  },
  closed,
);
const Attributes = Type.Optional(
  Type.Array(AttributeInputSchema, { description: 'Dated facts that prices depend on: persons, m2, contractedKw.' }),
);

export const AccountInputSchema = Type.Object(
  {
    kind: Type.Literal('account'),
    id: Id,
    partyId: Id,
    currency: Type.String({ description: 'ISO 4217 code.' }),
    timeZone: Type.String({ description: 'IANA zone, for example Europe/Kyiv.' }),
    division: Division,
    attributes: Attributes,
  },
  closed,
);

export const IdentifierInputSchema = Type.Object(
  {
    kind: Type.Enum([...IDENTIFIER_KINDS]),
    value: Type.String({ minLength: 1, maxLength: 255 }),
    multiplier: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    digits: Type.Optional(Type.Integer({ minimum: 1, maximum: 15 })),
    from: From,
    to: To,
  },
  closed,
);

export const TariffInputSchema = Type.Object(
  {
    view: Type.String({ minLength: 1, maxLength: 64 }),
    service: Type.Enum([...SERVICE_NAMES]),
    tariff: Type.String({ minLength: 1, maxLength: 128 }),
    from: From,
    to: To,
  },
  closed,
);

export const SubscriptionInputSchema = Type.Object(
  {
    kind: Type.Literal('subscription'),
    id: Id,
    accountId: Id,
    usagePoint: Type.Optional(Type.Boolean()),
    division: Division,
    identifiers: Type.Optional(Type.Array(IdentifierInputSchema)),
    tariffs: Type.Optional(Type.Array(TariffInputSchema)),
    attributes: Attributes,
  },
  closed,
);

export const RegistryInputSchema = Type.Union([PartyInputSchema, AccountInputSchema, SubscriptionInputSchema]);

export type PartyInput = Static<typeof PartyInputSchema>;
export type AccountInput = Static<typeof AccountInputSchema>;
export type AttributeInput = Static<typeof AttributeInputSchema>;
export type IdentifierInput = Static<typeof IdentifierInputSchema>;
export type TariffInput = Static<typeof TariffInputSchema>;
export type SubscriptionInput = Static<typeof SubscriptionInputSchema>;
export type RegistryInput = PartyInput | AccountInput | SubscriptionInput;
