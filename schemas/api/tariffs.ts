/** The life of tariffs: drafts, revisions, who published what and why. */
import { Type, type Static } from 'typebox';
import { closed, EntryNo, pageOf } from './common.ts';

const DATE = '\\d{4}-\\d\\d-\\d\\d';
const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,127}';

export const TariffName = Type.String({ pattern: `^${NAME}$`, description: 'Name of a tariff' });
export const TariffVersion = Type.String({ pattern: `^${NAME}@${DATE}$`, description: 'name@yyyy-mm-dd' });
export const TariffReference = Type.String({
  pattern: `^${NAME}@${DATE}(#(\\d{1,4}|draft))?$`,
  description: 'name@yyyy-mm-dd, with #2 for a revision or #draft for the draft that waits',
});

const Person = Type.String({ maxLength: 200, description: 'Who answers for it, by name' });
const Note = Type.String({ maxLength: 500, description: 'Why' });

export const TariffSource = Type.Object(
  {
    document: Type.String({ minLength: 1, description: 'The YAML text as written' }),
    files: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'Side files the document names: relative name → text' }),
    ),
    name: Type.Optional(Type.String({ maxLength: 255, description: 'File name, for messages' })),
  },
  closed,
);
export type TariffSource = Static<typeof TariffSource>;

export const DraftRequest = Type.Object(
  { ...TariffSource.properties, person: Type.Optional(Person), note: Type.Optional(Note) },
  closed,
);

export const TariffTest = Type.Object({
  name: Type.String(),
  ok: Type.Boolean(),
  differences: Type.Array(Type.String()),
});
export const DraftAnswer = Type.Object({
  entry: EntryNo,
  version: Type.String(),
  sha256: Type.String(),
  unchanged: Type.Boolean({ description: 'The same content waits already; entry is that one' }),
  tests: Type.Array(TariffTest, { description: 'All of them have to hold before it can be published' }),
});
export type DraftAnswer = Static<typeof DraftAnswer>;

export const PublishDraftRequest = Type.Object(
  { person: Person, note: Note, correct: Type.Optional(Type.Boolean()) },
  closed,
);
export const WithdrawRequest = Type.Object({ person: Type.Optional(Person), note: Type.Optional(Note) }, closed);

const EntryOrNull = Type.Union([EntryNo, Type.Null()]);
const TextOrNull = Type.Union([Type.String(), Type.Null()]);

export const TariffItem = Type.Object({
  entry: EntryNo,
  kind: Type.Enum(['draft', 'publication']),
  state: Type.Enum(['draft', 'published', 'withdrawn']),
  version: Type.String({ description: 'name@yyyy-mm-dd, with #2 behind it after a correction' }),
  name: Type.String(),
  effective: Type.String(),
  revision: Type.Union([Type.Integer(), Type.Null()], { description: 'Publications: 1, and one more per correction' }),
  sha256: Type.String(),
  by: Type.String({ description: 'Whose key it was: operator, an API key, start' }),
  person: TextOrNull,
  note: TextOrNull,
  at: Type.String({ format: 'date-time' }),
  endedBy: Type.Union([EntryNo, Type.Null()], {
    description: 'Drafts: the entry that published, replaced or withdrew it. Publications: their correction',
  }),
  draft: EntryOrNull,
});
export type TariffItem = Static<typeof TariffItem>;
export const TariffPage = pageOf(TariffItem);

export const TariffDocument = Type.Object({
  version: Type.String(),
  document: Type.String(),
  files: Type.Record(Type.String(), Type.String()),
});
export type TariffDocument = Static<typeof TariffDocument>;

/** A tariff that a request means: one that the log holds, or one that comes with it. */
export const TariffChoice = Type.Union([TariffReference, TariffSource]);
export type TariffChoice = Static<typeof TariffChoice>;

export const DiffRequest = Type.Object(
  {
    from: TariffChoice,
    to: TariffChoice,
    shown: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, default: 20, description: 'Changes of each part that are listed' }),
    ),
  },
  closed,
);

export const DiffAnswer = Type.Object({
  from: Type.String({ description: 'Version' }),
  to: Type.String(),
  same: Type.Boolean(),
  parts: Type.Array(
    Type.Object({
      part: Type.String({ description: 'rules, zones, bands, period.fees...' }),
      added: Type.Integer(),
      removed: Type.Integer(),
      changed: Type.Integer(),
      shown: Type.Array(
        Type.Object({
          name: Type.String({ description: 'What changed: a rule by what it is for, a zone’s prefix, a component' }),
          key: Type.String({ description: 'Which value of it; empty when it has one' }),
          change: Type.Enum(['added', 'removed', 'changed']),
          old: TextOrNull,
          new: TextOrNull,
          text: Type.String(),
        }),
        { description: 'The first ones; the figures count all' },
      ),
    }),
    { description: 'Parts in which something changed' },
  ),
});
export type DiffAnswer = Static<typeof DiffAnswer>;
