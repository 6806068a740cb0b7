/** Received files with their checks, and incidents in the numbers of their sources. */
import { Type, type Static } from 'typebox';
import { closed, EntryNo, Instant, pageOf, pageQuery, SourceName } from './common.ts';

export const FILE_STATES = ['taking', 'taken', 'growing', 'duplicate', 'held', 'rejected', 'superseded'] as const;

const Reason = Type.String({ minLength: 1, maxLength: 500 });

export const Held = Type.Object({
  code: Type.String({ description: 'FILE_FRAMING_WRONG, FILE_TOTALS_DIFFER, PACKED_...' }),
  detail: Type.String({ description: 'What does not fit, in words' }),
});

const Decision = Type.Object({
  entry: EntryNo,
  by: Type.String({ description: 'Key id, `operator`, or the source that sent a better copy' }),
  at: Instant,
  reason: Type.String(),
});

export const FileItem = Type.Object({
  entry: EntryNo,
  source: Type.String(),
  name: Type.String({ description: 'As the sender calls it' }),
  format: Type.String(),
  state: Type.Enum([...FILE_STATES], {
    description: 'held: nothing of it was received yet; rejected, superseded: it never will be',
  }),
  acceptedAt: Instant,
  sizeBytes: Type.Integer({ description: 'Of a growing file: as far as it is in the log' }),
  sha256: Type.Union([Type.String(), Type.Null()]),
  slices: Type.Integer(),
  lastEntry: EntryNo,
  duplicateOf: Type.Union([Type.Integer(), Type.Null()]),
  held: Type.Union([Held, Type.Null()], { description: 'Why it was held, also when it is not any more' }),
  packed: Type.Union(
    [
      Type.Object({
        name: Type.String({ description: 'As the sender calls the packed file' }),
        sha256: Type.String({ description: 'Of the packed file as it came' }),
        no: Type.Integer({ description: 'Which of the files in it, from 1' }),
        of: Type.Integer(),
      }),
      Type.Null(),
    ],
    { description: 'The packed file (gz, zip) that it came in' },
  ),
  check: Type.Union(
    [
      Type.Object({
        rows: Type.Integer({ description: 'Records, headers and trailers' }),
        records: Type.Integer(),
        unreadable: Type.Integer(),
        quantity: Type.Number({ description: 'Sum over the records, in base units' }),
        declared: Type.Optional(
          Type.Object({ records: Type.Optional(Type.Integer()), quantity: Type.Optional(Type.Number()) }),
        ),
      }),
      Type.Null(),
    ],
    {
      description: 'What the check before admission read; null for formats that declare neither totals nor a sequence',
    },
  ),
  decision: Type.Union([Decision, Type.Null()], { description: 'What ended the holding' }),
});
export type FileItem = Static<typeof FileItem>;
export const FilePage = pageOf(FileItem);

export const FilesQuery = Type.Object(
  {
    source: Type.Optional(SourceName),
    state: Type.Optional(Type.Enum([...FILE_STATES])),
    ...pageQuery,
  },
  closed,
);
export const FileEntryParams = Type.Object({ entry: EntryNo });
export const ReleaseRequest = Type.Object({ reason: Type.Optional(Reason) }, closed);
export const RejectRequest = Type.Object({ reason: Reason }, closed);

export const IncidentItem = Type.Object({
  id: Type.String({ description: 'entry.number: the entry that showed it' }),
  kind: Type.Enum(['gap', 'repeat']),
  source: Type.String(),
  of: Type.Enum(['records', 'files'], { description: 'What is numbered' }),
  count: Type.String({ description: 'Which count of the source: values of the file’s header, a day' }),
  numbers: Type.Integer({ description: 'How many are missing, or came twice with other content' }),
  ranges: Type.Array(Type.Object({ from: Type.Integer(), to: Type.Integer() }), { description: 'The first of them' }),
  file: Type.Object({ entry: EntryNo, name: Type.String() }),
  otherFile: Type.Union([Type.Object({ entry: EntryNo, name: Type.String() }), Type.Null()], {
    description: 'repeat: where the numbers stood before; null: in the same file',
  }),
  openedAt: Instant,
  closed: Type.Union([Decision, Type.Null()], { description: 'By `arrival` when what was missing came' }),
});
export type IncidentItem = Static<typeof IncidentItem>;
export const IncidentPage = pageOf(IncidentItem);
export const IncidentsQuery = Type.Object(
  { all: Type.Optional(Type.Boolean({ description: 'Closed ones too' })), ...pageQuery },
  closed,
);
export const IncidentParams = Type.Object({ id: Type.String({ pattern: '^\\d{1,15}\\.\\d{1,5}$' }) });
export const CloseIncidentRequest = Type.Object({ reason: Reason }, closed);
