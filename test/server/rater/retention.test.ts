/** Which segments retention keeps, and when an unsynced ledger stops it. */
import { describe, expect, it } from 'vitest';
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

describe('the sync of the ledger', () => {
  it('is an error when it cannot be done', async () => {
    await expect(syncFileSystem('/nowhere/at/all')).rejects.toMatchObject({ code: 'LEDGER_NOT_SYNCED' });
  });
});
