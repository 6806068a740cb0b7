/** The log's files: segments, archive, and what retention took. */
import { Type, type Static } from 'typebox';
import { closed, EntryNo } from './common.ts';

const MomentOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

export const SegmentItem = Type.Object({
  firstEntry: EntryNo,
  lastEntry: Type.Integer({ description: '0 less than `firstEntry`: nothing is in it yet' }),
  archived: Type.Boolean(),
  storedBytes: Type.Integer({ description: 'As it lies on the disk' }),
  acceptedAt: MomentOrNull,
});
export type SegmentItem = Static<typeof SegmentItem>;

export const LogReport = Type.Object({
  firstEntry: Type.Integer({ description: 'First entry that is kept' }),
  lastEntry: EntryNo,
  removed: Type.Union(
    [
      Type.Object({
        sealedEntry: Type.Integer({ description: 'Computing again begins behind this entry' }),
        sealedAcceptedAt: Type.String({ format: 'date-time' }),
        at: Type.String({ format: 'date-time' }),
        chain: Type.String({ description: 'Chain before the first entry that is kept' }),
      }),
      Type.Null(),
    ],
    { description: 'What retention took; null: everything is kept' },
  ),
  holds: Type.Array(
    Type.Object({
      name: Type.String(),
      of: Type.String({ description: 'Folder of a backup; empty for a second copy' }),
      entry: Type.Integer({ description: 'Last entry that it has: retention keeps all behind it' }),
    }),
  ),
  segments: Type.Array(SegmentItem),
  spool: Type.Object({ files: Type.Integer(), archivedFiles: Type.Integer(), storedBytes: Type.Integer() }),
});
export type LogReport = Static<typeof LogReport>;

export const ArchiveRequest = Type.Object(
  { all: Type.Optional(Type.Boolean({ description: 'Closed segments of any age, not only old ones' })) },
  closed,
);
export const ArchiveAnswer = Type.Object({
  archivedSegments: Type.Integer(),
  archivedFiles: Type.Integer({ description: 'Received files' }),
  sizeBytes: Type.Integer({ description: 'Of what was archived' }),
  archivedBytes: Type.Integer({ description: 'What it takes now' }),
  removedSegments: Type.Integer(),
  removedFiles: Type.Integer(),
});
export type ArchiveAnswer = Static<typeof ArchiveAnswer>;
