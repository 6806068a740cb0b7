/** What a rule can ask of a record and of the customer, beside zone and band. */
import Type, { type Static } from 'typebox';
import { choice, closed, Code, key, Name, oneOrMore, text } from './tariff-forms.ts';

const Value = text('^\\S*$', "a text without spaces; `x*` is all that begins so, '' is an absent one");
const Values = (description: string) => Type.Optional(oneOrMore(Value, description));
const Numbers = (description: string) =>
  Values(`${description}: digits, \`380*\` for a prefix, or a set of \`numbers\`.`);

/** Keys of `when` that compare a text field of the record. */
export const WHEN_FIELDS = [
  'callingParty',
  'calledParty',
  'redirectingParty',
  'trunkIn',
  'trunkOut',
  'accountCode',
  'login',
  'meter',
  'register',
  'trafficClass',
] as const;
/** Those of them that hold numbers, and may name a set of `numbers`. */
export const WHEN_NUMBERS: readonly string[] = ['callingParty', 'calledParty', 'redirectingParty'];

export const When = Type.Object(
  {
    class: Values('Record classes: `call.international`, `call.*`'),
    direction: Type.Optional(
      choice(['out', 'in'] as const, 'in: the customer was called, or the record came in by his trunk.'),
    ),
    callingParty: Numbers('Who called'),
    calledParty: Numbers('Who was called'),
    redirectingParty: Numbers('Who forwarded the call'),
    trunkIn: Values('Incoming trunks'),
    trunkOut: Values('Outgoing trunks'),
    accountCode: Values('Account codes'),
    login: Values('Logins'),
    realm: Values('What stands after the last @ of the login'),
    meter: Values('Meters'),
    register: Values('Registers of the meter'),
    trafficClass: Values('Traffic classes'),
    forwarded: Type.Optional(Type.Boolean({ description: 'Whether the call was forwarded.' })),
    attribute: Type.Optional(
      Type.Record(Name, oneOrMore(Code, 'Values'), {
        description: 'Attributes of the subscription, or of its account, at the start of the usage.',
      }),
    ),
    listed: Type.Optional(
      key(Name, 'An attribute that lists numbers (family numbers): the other party is one of them.'),
    ),
    shares: Type.Optional(key(Name, 'An attribute (closed group) that the other party has with the same value.')),
  },
  { ...closed, description: 'All of these hold, or the rule is passed over.' },
);

export type TariffFileWhen = Static<typeof When>;

const Prefixes = Type.Array(text('^\\d{0,32}$', 'a prefix: digits only'), { minItems: 1 });
export const PrefixLists = Type.Record(Name, Prefixes);
