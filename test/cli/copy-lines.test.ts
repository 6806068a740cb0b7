import { describe, expect, it } from 'vitest';
import { copyLines } from '../../cli/copy-lines.ts';
import { restoredLines } from '../../cli/commands/restore.ts';

const copy = {
  name: 'directory',
  kind: 'directory' as const,
  up: true,
  copiedEntry: 4711,
  missingEntries: 0,
  missingMs: 0,
  heardAt: null,
  failure: null,
};

describe('status', () => {
  it('says what is not copied yet, for how long, and why', () => {
    const lines = copyLines({
      copies: [
        copy,
        { ...copy, missingEntries: 1200, missingMs: 35, failure: 'COPY_WRITE_FAILED: no room' },
        { ...copy, name: 'east', kind: 'follower', up: false, copiedEntry: null, missingEntries: 9, missingMs: null },
      ],
      lastBackup: {
        name: '000002-20261122T020000Z',
        to: '/mnt/b',
        madeAt: '2026-11-22T02:00:00.000Z',
        lastEntry: 4000,
      },
    });
    expect(lines).toEqual([
      'second copy: up to entry 4 711, nothing is missing',
      'second copy: up to entry 4 711, 1 200 entries are missing, the oldest for 35 ms; FAILS: COPY_WRITE_FAILED: no room',
      'second copy east: nothing known, 9 entries are missing',
      'last backup: 2026-11-22T02:00:00.000Z up to entry 4 000, 000002-20261122T020000Z in /mnt/b',
    ]);
    expect(copyLines({ copies: [], lastBackup: null })).toEqual(['last backup: none known']);
  });
});

describe('restoring', () => {
  it('tells by number what is not there, and what has to be seen to', () => {
    const restored = {
      kind: 'copy' as const,
      backup: null,
      from: '/mnt/second',
      into: '/data',
      firstEntry: 1,
      lastEntry: 100,
      chain: 'ab',
      lastAcceptedAt: '2026-11-22T02:00:00.000Z',
      bytes: 5000,
      spoolFiles: 2,
      leftOut: ['keys/statements.key'],
      missing: { from: 101, to: 103, heardAt: '2026-11-22T02:00:01.000Z' },
      heardOf: { entry: 103, at: '2026-11-22T02:00:01.000Z' },
      epoch: 1_000_000,
      fenced: true,
      drill: false,
    };
    const text = restoredLines(restored).join('\n');
    expect(text).toContain('NOT HERE: entries 101 to 103');
    expect(text).toContain('keys/statements.key');
    expect(text).toContain('The original cannot go on with this copy');
    expect(restoredLines({ ...restored, missing: null }).join('\n')).toContain(
      'had no later entry when it was last heard of',
    );
    expect(restoredLines({ ...restored, fenced: false }).join('\n')).toContain(
      'Nothing keeps the original from going on',
    );
    expect(restoredLines({ ...restored, drill: true }).at(-1)).toContain('`tollgrid start` refuses it');
  });
});
