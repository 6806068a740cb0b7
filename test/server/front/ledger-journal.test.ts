import { describe, expect, it } from 'vitest';
import { journalState, outdatedNo, takeMessage, type JournalMessage } from '../../../server/front/ledger-journal.ts';

const turn = (epoch: number, semantics = 6): JournalMessage => ({ epoch, word: 'the order', semantics });
const write = (fromEntry: number, toEntry = fromEntry): JournalMessage => ({
  line: { fromEntry, toEntry, blocks: [] },
});
const behind = (entry: number): JournalMessage => ({ line: { behind: entry } });

function stateOf(...messages: JournalMessage[]): ReturnType<typeof journalState> {
  const state = journalState();
  for (const message of messages) takeMessage(state, message);
  return state;
}

describe('the journal that raters hand on', () => {
  it('holds what was announced last of each write, and nothing that was taken back', () => {
    const state = stateOf(turn(1), write(1), write(2, 4), turn(5), write(2, 4), write(7), behind(4), write(5, 6));
    expect([state.word, state.epoch, [...state.writes.keys()]]).toEqual(['the order', 5, [1, 2, 5]]);
    expect(stateOf(turn(1), write(1), behind(0)).writes.size).toBe(0);
  });

  it('knows up to where another version computed by other rules, until that is computed again', () => {
    const before = [turn(1), write(1), write(2, 4), turn(2, 7)];
    expect([outdatedNo(stateOf(...before), 6), outdatedNo(stateOf(...before), 7)]).toEqual([0, 4]);
    // It died before it had taken anything back: the next one of its kind has to.
    expect(outdatedNo(stateOf(...before, turn(3, 7)), 7)).toBe(4);
    expect(outdatedNo(stateOf(...before, behind(0), write(1, 5)), 7)).toBe(0);
    expect(outdatedNo(stateOf(...before, behind(1), write(2, 5)), 7)).toBe(1);
  });
});
