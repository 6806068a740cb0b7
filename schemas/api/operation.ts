/** Files, sources, health and administration. */
import { Type, type Static } from 'typebox';
import { closed, EntryNo, SourceName } from './common.ts';
import { Held } from './files.ts';

export const FileParams = Type.Object({
  source: SourceName,
  name: Type.String({
    pattern: '^[^/\\\\\\u0000-\\u001f\\u007f]{1,255}$',
    description: 'The sender’s name of the file: kept as data, never used as a path',
  }),
});
export const FileQuery = Type.Object(
  { format: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' })) },
  closed,
);

export const FileAnswer = Type.Object({
  fileEntry: EntryNo,
  lastEntry: Type.Integer({ description: 'Last slice’s entry: the file is in the ledger when it is processed' }),
  slices: Type.Integer(),
  sizeBytes: Type.Integer(),
  duplicateOf: Type.Optional(Type.Integer({ description: 'Entry of the earlier file with the same bytes' })),
  held: Type.Optional(
    Type.Unsafe<Static<typeof Held>>({ ...Held, description: 'Nothing of it is admitted until somebody decides' }),
  ),
  members: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        fileEntry: EntryNo,
        lastEntry: Type.Integer(),
        slices: Type.Integer(),
        sizeBytes: Type.Integer(),
        duplicateOf: Type.Optional(Type.Integer()),
        held: Type.Optional(Held),
      }),
      { description: 'Of a packed file (gz, zip): the files in it, each a file of its own' },
    ),
  ),
});
export type FileAnswer = Static<typeof FileAnswer>;

export const WAIT_MS_MAX = 60_000;
export const WAIT_MS_DEFAULT = 30_000;
export const ProcessedQuery = Type.Object(
  { timeoutMs: Type.Optional(Type.Integer({ minimum: 0, maximum: WAIT_MS_MAX, default: WAIT_MS_DEFAULT })) },
  closed,
);
export const ProcessedAnswer = Type.Object({
  processed: Type.Boolean(),
  processedEntry: Type.Integer({ description: 'Everything up to here is in the ledger' }),
});
export type ProcessedAnswer = Static<typeof ProcessedAnswer>;

export const RebuildRequest = Type.Object(
  { threads: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })) },
  closed,
);
export const RebuildAnswer = Type.Object({
  entries: Type.Integer(),
  rows: Type.Integer({ description: 'Charge rows after the rebuild' }),
  elapsedMs: Type.Integer(),
});
export type RebuildAnswer = Static<typeof RebuildAnswer>;

export const ChildStatus = Type.Object({
  role: Type.String(),
  up: Type.Boolean(),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  restarts: Type.Integer(),
});

const MomentOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);
export const StoredStatus = Type.Object(
  {
    findings: Type.Array(Type.String(), { description: 'What is not as it was written; each names its place' }),
    everySeconds: Type.Integer({
      description: 'Time between two quick looks: segments, chain, parts and their hashes',
    }),
    checkedAt: MomentOrNull,
    roundMinutes: Type.Integer({ description: 'Time in which everything is to be read again' }),
    roundStartedAt: MomentOrNull,
    stepsDone: Type.Integer({ description: 'Of the round under way' }),
    steps: Type.Integer(),
    lastRoundSeconds: Type.Union([Type.Integer(), Type.Null()], { description: 'How long the last whole round took' }),
    lastRoundAt: MomentOrNull,
  },
  { description: 'The watch over the bytes of log, spool and ledger' },
);
export type StoredStatus = Static<typeof StoredStatus>;

export const CopyStatus = Type.Object(
  {
    name: Type.String({ description: '`directory`, or the name of the follower' }),
    kind: Type.Enum(['directory', 'follower']),
    up: Type.Boolean({ description: 'It copies, or has nothing left to copy' }),
    copiedEntry: Type.Union([EntryNo, Type.Null()], { description: 'Durable in the copy up to here; null: not known' }),
    missingEntries: Type.Integer({ description: 'Entries that would be lost with this machine' }),
    missingMs: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Age of the oldest of them: the recovery point; 0 when there are none, null: not known',
    }),
    heardAt: MomentOrNull,
    failure: Type.Union([Type.String(), Type.Null()], { description: 'Why it does not copy: code and message' }),
  },
  { description: 'A second copy' },
);
export type CopyStatus = Static<typeof CopyStatus>;

export const LastBackup = Type.Object({
  name: Type.String(),
  to: Type.String(),
  madeAt: Type.String({ format: 'date-time' }),
  lastEntry: EntryNo,
});
export type LastBackup = Static<typeof LastBackup>;
export const Notice = Type.Object({
  code: Type.String(),
  message: Type.String(),
  cure: Type.String({ description: 'What to do about it' }),
});
export type Notice = Static<typeof Notice>;
export const ArchiveStatus = Type.Object(
  { lastPassAt: MomentOrNull, failure: Type.Union([Type.String(), Type.Null()]) },
  { description: 'Archive and retention of the log, looked after every hour' },
);
export type ArchiveStatus = Static<typeof ArchiveStatus>;

export const Status = Type.Object({
  version: Type.String(),
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String(), { description: 'Why it is not ready: short texts without data' }),
  uptimeMs: Type.Integer(),
  semanticsNo: Type.Integer(),
  logHead: EntryNo,
  processedEntry: EntryNo,
  inFlightEntries: Type.Integer(),
  takesUsage: Type.Boolean({ description: 'Usage is taken and acknowledged; also while the ledger still replays' }),
  checkpoint: Type.Object(
    {
      entry: Type.Integer({ description: 'A start reads the log from behind this entry on; 0: from its beginning' }),
      entriesReadAtStart: Type.Integer(),
    },
    { description: 'State of the front that is kept, so that a start is short' },
  ),
  archive: ArchiveStatus,
  stored: StoredStatus,
  copies: Type.Array(CopyStatus),
  lastBackup: Type.Union([LastBackup, Type.Null()]),
  notices: Type.Array(Notice, { description: 'What the start did not do, and wants somebody to know' }),
  children: Type.Array(ChildStatus),
});
export type Status = Static<typeof Status>;

export const IntakeReadyAnswer = Type.Object({
  ready: Type.Boolean(),
  reason: Type.Union([Type.String(), Type.Null()]),
});
export const ReadyAnswer = Type.Object({ ready: Type.Boolean(), reasons: Type.Array(Type.String()) });
