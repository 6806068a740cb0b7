/** Which segments retention keeps, and when an unsynced ledger stops it. */
import { describe, expect, it } from 'vitest';
import { EntryType } from '../../../schemas/log-entries.ts';
import { noteBlobs } from '../../../server/rater/archive-pass.ts';
import { firstKept } from '../../../server/rater/retention.ts';
import { syncFileSystem } from '../../../server/rater/sync-ledger.ts';

describe('the first segment that is kept', () => {
  const segments = [{ firstNo: 1 }, { firstNo: 11 }, { firstNo: 29 }];

  it('is the one in which the pinned entry stands, also when that is its first or last one', () => {
    expect(firstKept(segments, 11)).toBe(11);
    expect(firstKept(segments, 20)).toBe(11);
    expect(firstKept(segments, 28)).toBe(11);
    expect(firstKept(segments, 29)).toBe(29);
  });
});

describe('spool files that entries point to', () => {
  it('are those of slices, of files, and of what files came packed in', () => {
    const blobs = new Set<string>();
    noteBlobs({ type: EntryType.slice, head: { blob: 'slice' } }, blobs);
    noteBlobs({ type: EntryType.file, head: { sha256: 'file', packed: { sha256: 'zip' } } }, blobs);
    noteBlobs({ type: EntryType.file, head: { mode: 'growing' } }, blobs);
    noteBlobs({ type: EntryType.batch, head: { sha256: 'body' } }, blobs);
    expect([...blobs].sort()).toEqual(['file', 'slice', 'zip']);
  });
});

describe('the sync of the ledger', () => {
  it('is an error when it cannot be done', async () => {
    await expect(syncFileSystem('/nowhere/at/all')).rejects.toMatchObject({ code: 'LEDGER_NOT_SYNCED' });
  });
});
