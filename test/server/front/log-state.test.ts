/** What the front says of the log that others go by. */
import { beforeEach, describe, expect, it } from 'vitest';
import { LogState } from '../../../server/front/log-state.ts';
import { EntryType } from '../../../schemas/log-entries.ts';

let state: LogState;
let last: number;
beforeEach(() => {
  state = new LogState();
  last = 0;
});

function enter(type: number, head: object): number {
  state.apply({ entryNo: ++last, type, acceptedAtMs: 0, head, position: { segment: 1, offset: 0 } });
  return last;
}

const file = { source: 's', format: 'f', mode: 'closed', name: 'a', sizeBytes: 10, modifiedMs: 1, sha256: 'a' };
const slice = { source: 's', format: 'f', sourceOffset: 0, lengthBytes: 10, last: true };
const tariff = { name: 'home', effective: '2026-01-01', by: 'me', sha256: 'x' };

describe('what waits and needs the log from an entry on', () => {
  beforeEach(() => void enter(EntryType.registry, { by: 'me', count: 0 }));

  it('is a file that is held, until somebody decides', () => {
    const held = enter(EntryType.file, { ...file, held: { code: 'FILE_TOTALS_DIFFER', detail: '' } });
    expect(state.waitingFrom()).toBe(held);
    enter(EntryType.command, { command: 'rejectFile', by: 'me', input: { file: held, reason: '' } });
    expect(state.waitingFrom()).toBeNull();
  });

  it('is a file whose last slice is not entered', () => {
    const half = enter(EntryType.file, file);
    expect(state.waitingFrom()).toBe(half);
    enter(EntryType.slice, { ...slice, fileEntry: half });
    expect(state.waitingFrom()).toBeNull();
  });

  it('is a packed file of which some files are not entered', () => {
    const packed = { name: 'two.zip', sha256: 'p', sizeBytes: 9, modifiedMs: 1, of: 2 };
    const first = enter(EntryType.file, { ...file, packed: { ...packed, no: 1 } });
    enter(EntryType.slice, { ...slice, fileEntry: first });
    expect(state.waitingFrom()).toBe(first);
    const second = enter(EntryType.file, { ...file, name: 'b', sha256: 'b', packed: { ...packed, no: 2 } });
    enter(EntryType.slice, { ...slice, fileEntry: second });
    expect(state.waitingFrom()).toBeNull();
  });

  it('is a draft of a tariff, until it is published', () => {
    const draft = enter(EntryType.draft, tariff);
    expect(state.waitingFrom()).toBe(draft);
    enter(EntryType.publication, { ...tariff, kind: 'tariff', revision: 1 });
    expect(state.waitingFrom()).toBeNull();
  });
});
