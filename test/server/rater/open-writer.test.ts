import { describe, expect, it } from 'vitest';
import type { BlockState, RecoveredWrite } from '../../../ledger/index.ts';
import { standsUpTo } from '../../../server/rater/open-writer.ts';

function recovered(fromEntry: number, toEntry: number, ...states: BlockState[]): RecoveredWrite {
  return { fromEntry, toEntry, blocks: states.map((state, month) => ({ table: 'charges', month, state })) };
}

describe('a rater that computes again what others wrote', () => {
  it('tells that all whole writes stand, and what had no rows between them', () => {
    const whole = [recovered(3, 5, 'whole'), recovered(9, 9, 'whole', 'whole')];
    expect([standsUpTo([]), standsUpTo(whole)]).toEqual([0, 9]);
    expect(standsUpTo([...whole, recovered(12, 14, 'whole', 'absent'), recovered(15, 15, 'whole')])).toBe(11);
    expect(standsUpTo([recovered(1, 2, 'absent')])).toBe(0);
  });
});
