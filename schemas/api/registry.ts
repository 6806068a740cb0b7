import { Type, type Static } from 'typebox';
import { RegistryInputSchema } from '../registry.ts';
import { closed, EntryNo } from './common.ts';

export const ImportQuery = Type.Object(
  {
    name: Type.String({
      pattern: '^[^/\\\\\\u0000-\\u001f\\u007f]{1,255}$',
      description: 'File name; its extension says the kind: .yaml, .yml or .csv',
    }),
  },
  closed,
);

export const RegistryAnswer = Type.Object({
  entry: Type.Union([EntryNo, Type.Null()], { description: 'Null when nothing changed' }),
  created: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
});
export type RegistryAnswer = Static<typeof RegistryAnswer>;

export const RegistryChangesRequest = Type.Object(
  { objects: Type.Array(RegistryInputSchema, { minItems: 1, maxItems: 10_000 }) },
  closed,
);

export const PublicationKindText = Type.Enum(['format', 'tariff', 'guiding', 'policy']);
export type PublicationKindText = Static<typeof PublicationKindText>;

export const PublishRequest = Type.Object(
  {
    kind: PublicationKindText,
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$' }),
    document: Type.String({ minLength: 1, description: 'The YAML text as written' }),
    files: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'Side files the document names: relative name → text' }),
    ),
    note: Type.Optional(Type.String({ maxLength: 500, description: 'Why. A tariff needs it' })),
    person: Type.Optional(
      Type.String({ maxLength: 200, description: 'Who answers for it, by name. A tariff needs it' }),
    ),
    correct: Type.Optional(
      Type.Boolean({ description: 'Tariffs: a revision of what is published under the same name and date' }),
    ),
  },
  closed,
);

export const PublishAnswer = Type.Object({
  entry: EntryNo,
  sha256: Type.String(),
  unchanged: Type.Boolean({ description: 'The same content was published already; entry is that one' }),
  version: Type.Optional(
    Type.String({ description: 'Tariffs: what charges name: name@yyyy-mm-dd, with #2 behind it after a correction' }),
  ),
});
export type PublishAnswer = Static<typeof PublishAnswer>;

export const PublicationItem = Type.Object({
  entry: EntryNo,
  kind: PublicationKindText,
  name: Type.String(),
  effective: Type.Union([Type.String(), Type.Null()], { description: 'Tariffs: yyyy-mm-dd' }),
  sha256: Type.String(),
  by: Type.String(),
  publishedAt: Type.String({ format: 'date-time' }),
});
export type PublicationItem = Static<typeof PublicationItem>;
