/** A guiding file: which record classes are charged to whom, in which views. */
import { Type, type Static } from 'typebox';
import type { TextFieldName } from './columns/record-columns.ts';
import type { IdentifierKind } from './identifier-kinds.ts';

/** Text fields that can lead to an owner, and the kind of identifier each holds. `number` also finds ranges. */
export const GUIDING_KEYS = {
  callingParty: 'number',
  calledParty: 'number',
  accountCode: 'accountCode',
  trunkIn: 'trunk',
  trunkOut: 'trunk',
  login: 'login',
  meter: 'meter',
  redirectingParty: 'number',
} as const satisfies Partial<Record<TextFieldName, IdentifierKind>>;
export type GuidingKey = keyof typeof GUIDING_KEYS;

const closed = { additionalProperties: false };
const Name = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' });

export const GuidingViewSchema = Type.Object(
  {
    view: Name,
    by: Type.Array(Type.Enum(Object.keys(GUIDING_KEYS) as GuidingKey[]), {
      minItems: 1,
      description: 'Fields tried in this order; the first one that is present and found gives the owner.',
    }),
    required: Type.Optional(
      Type.Boolean({ description: 'False: without an owner the view is left out. One view at least must remain.' }),
    ),
  },
  closed,
);

export const GuidingRuleSchema = Type.Object(
  {
    class: Type.String({
      pattern: '^(\\*|[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*(\\.\\*)?)$',
      description: 'A record class of the formats, `call.*` for all that begin so, or `*`.',
    }),
    when: Type.Optional(
      Type.Object({ format: Type.Array(Name, { minItems: 1, description: 'Only records of these formats.' }) }, closed),
    ),
    views: Type.Array(GuidingViewSchema, { description: 'Empty: these records need no owner and are filtered.' }),
    reason: Type.Optional(Type.String({ minLength: 1, description: 'Why these records need no owner.' })),
  },
  closed,
);

export const GuidingSchema = Type.Object(
  { guiding: Name, rules: Type.Array(GuidingRuleSchema, { minItems: 1 }) },
  { ...closed, title: 'Guiding rules', description: 'For each record class the first rule that fits decides.' },
);

export type GuidingDocument = Static<typeof GuidingSchema>;
export type GuidingRule = Static<typeof GuidingRuleSchema>;
export type GuidingView = Static<typeof GuidingViewSchema>;
