/** What a machine that keeps a second copy asks for. */
import { Type, type Static } from 'typebox';
import { closed } from './common.ts';

const CopyName = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'Name of the copy' });

export const CopyParams = Type.Object({ copy: CopyName });

export const COPY_WAIT_MS_MAX = 30_000;
export const CopyLogQuery = Type.Object(
  {
    after: Type.Integer({ minimum: 0, description: 'Last entry that is durable in the copy; 0: none yet' }),
    waitMs: Type.Optional(
      Type.Integer({ minimum: 0, maximum: COPY_WAIT_MS_MAX, default: 0, description: 'How long to wait for entries' }),
    ),
  },
  closed,
);

/** Headers of the answer. */
export const COPY_HEADERS = {
  segment: 'tollgrid-segment',
  offset: 'tollgrid-offset',
  headNo: 'tollgrid-head',
  epoch: 'tollgrid-epoch',
} as const;

export const CopyBlobParams = Type.Object({ copy: CopyName, sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) });
export const CopyBlobQuery = Type.Object({ offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })) }, closed);

export const CopyFileParams = Type.Object({
  copy: CopyName,
  folder: Type.String({ pattern: '^[a-z]{1,32}$' }),
  name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$' }),
});
export const CopyFiles = Type.Object({
  items: Type.Array(
    Type.Object({
      path: Type.String({ description: 'Folder and name' }),
      sizeBytes: Type.Integer(),
      sha256: Type.String(),
    }),
  ),
});
export type CopyFiles = Static<typeof CopyFiles>;

/** Entries for a copy. */
export interface CopyRun {
  /** Whole entries of one segment, as they stand there; null: there are none yet. */
  run: { segment: number; offset: number; bytes: Uint8Array } | null;
  headNo: number;
  epoch: number;
}
