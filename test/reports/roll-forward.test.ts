import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeriodRecords, PeriodSums } from '../../ledger/index.ts';
import { compareFigures, compareJoint, figuresClose, RESOLUTIONS, rollForward } from '../../reports/index.ts';

const movement = (changes: Partial<Record<keyof PeriodRecords, string>>): PeriodRecords => ({
  ...{ source: 'exchange', opening: '0', received: '0', rated: '0', absorbed: '0', duplicate: '0', superseded: '0' },
  ...{ filtered: '0', rejected: '0', suspended: '0', writtenOff: '0' },
  ...changes,
});
const sums: PeriodSums = {
  ...{ view: 'retail', service: 'voice', kind: 'record', currency: 'UAH', openingCharges: '4', charges: '2' },
  ...{ openingQuantity: '100', quantity: '-30', openingAmount: '10.500000', amount: '-0.250000' },
};

describe('a roll-forward', () => {
  it('goes from opening to closing suspense by disposition, per source', () => {
    const moved = movement({
      opening: '5',
      received: '100',
      rated: '90',
      duplicate: '4',
      rejected: '3',
      writtenOff: '2',
    });
    const figures = rollForward([moved], new Map([['exchange', 6]]), [sums]);
    expect(figures.records).toEqual([
      {
        ...{ source: 'exchange', opening: 5, received: 100, rated: 90, absorbed: 0, duplicate: 4, superseded: 0 },
        ...{ filtered: 0, rejected: 3, writtenOff: 2, closing: 6, difference: 0 },
      },
    ]);
    expect(figures.sums[0]).toMatchObject({ closingUnits: '70', closingAmount: '10.250000', charges: 2 });
    expect(figuresClose(figures)).toBe(true);
  });

  it('does not close when the suspense table holds another number, also of a source that nothing was counted for', () => {
    expect(rollForward([movement({ received: '1' })], new Map(), []).records[0].difference).toBe(1);
    const unknown = rollForward([], new Map([['lost', 2]]), []);
    expect(unknown.records[0]).toMatchObject({ source: 'lost', closing: 2, difference: -2 });
    expect(figuresClose(unknown)).toBe(false);
  });

  /** Days of movements: per day and resolution how many, and what arrives. */
  const days = fc.array(
    fc.record({ received: fc.nat(1000), share: fc.array(fc.nat(100), { minLength: 7, maxLength: 7 }) }),
    { minLength: 2, maxLength: 20 },
  );

  it('of consecutive days is a chain that ends where one over all of them ends', () => {
    fc.assert(
      fc.property(days, (all) => {
        let waiting = 0;
        const total: Record<string, number> = { received: 0 };
        const chain = all.map(({ received, share }) => {
          const moved: Record<string, string> = { opening: String(waiting), received: String(received) };
          let left = waiting + received;
          total['received'] += received;
          RESOLUTIONS.forEach((name, i) => {
            const count = Math.min(left, share[i]);
            left -= count;
            moved[name] = String(count);
            total[name] = (total[name] ?? 0) + count;
          });
          waiting = left;
          return rollForward([movement(moved)], new Map([['exchange', left]]), []);
        });
        for (let i = 1; i < chain.length; i++) expect(compareJoint(chain[i - 1], chain[i])).toEqual([]);
        const whole = movement(Object.fromEntries(Object.entries(total).map(([key, n]) => [key, String(n)])));
        const over = rollForward([whole], new Map([['exchange', waiting]]), []);
        expect([...chain, over].every(figuresClose)).toBe(true);
        expect(over.records[0].closing).toBe(chain.at(-1)!.records[0].closing);
      }),
    );
  });

  it('is compared figure by figure, and each difference is named', () => {
    const stated = rollForward([movement({ received: '9', rated: '9' })], new Map(), [sums]);
    const found = rollForward(
      [movement({ received: '9', rated: '8' }), movement({ source: 'meters' })],
      new Map([['exchange', 1]]),
      [],
    );
    expect(compareFigures(stated, stated)).toEqual([]);
    expect(compareFigures(stated, found)).toEqual([
      'exchange rated: 9 stands in it, 8 is found now',
      'exchange closing: 0 stands in it, 1 is found now',
      'meters: found now, does not stand in it',
      'retail voice record UAH: stands in it, nothing is found now',
    ]);
  });

  it('shows a joint at which suspense or money does not go on', () => {
    const before = rollForward([movement({ received: '2' })], new Map([['exchange', 2]]), [sums]);
    const after = rollForward([movement({ opening: '1' })], new Map([['exchange', 1]]), [sums]);
    expect(compareJoint(before, after)).toEqual([
      'exchange: the one before closed with 2 in suspense, this one opens with 1',
      'retail voice record UAH: units or money of the one before do not go on in this one',
    ]);
  });
});
