import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DispositionCounts, MoneySums } from '../../ledger/index.ts';
import { addRecords, DISPOSITIONS, moneyLines, noRecords, unitLines } from '../../reports/index.ts';

/** What can happen to records: arrive as something, or move from one state to another later. */
const events = fc.array(
  fc.oneof(
    fc.record({ to: fc.constantFrom(...DISPOSITIONS), count: fc.integer({ min: 1, max: 1000 }) }),
    fc.record({
      from: fc.constantFrom(...DISPOSITIONS),
      to: fc.constantFrom(...DISPOSITIONS),
      count: fc.integer({ min: 1, max: 1000 }),
    }),
  ),
  { maxLength: 60 },
);
type Event = { from?: (typeof DISPOSITIONS)[number]; to: (typeof DISPOSITIONS)[number]; count: number };

function rowOf({ from, to, count }: Event): DispositionCounts {
  const counts: Record<string, number> = { received: from === undefined ? count : 0 };
  for (const name of DISPOSITIONS) counts[name] = 0;
  counts[to] += count;
  if (from !== undefined) counts[from] -= count;
  return Object.fromEntries(
    Object.entries(counts).map(([name, n]) => [name, String(n)]),
  ) as unknown as DispositionCounts;
}

describe('the identity of records', () => {
  it('holds after any arrivals and moves, in any order', () => {
    fc.assert(
      fc.property(events, (all) => {
        const line = noRecords();
        for (const event of all) addRecords(line, rowOf(event));
        const backwards = noRecords();
        for (const event of [...all].reverse()) addRecords(backwards, rowOf(event));
        expect(line.difference).toBe(0);
        expect(backwards).toEqual(line);
        const arrived = all.filter((event) => !('from' in event)).reduce((sum, { count }) => sum + count, 0);
        expect(line.received).toBe(arrived);
      }),
    );
  });

  it('shows every record that was lost, doubled or left without a state', () => {
    fc.assert(
      fc.property(
        events,
        fc.constantFrom('received', ...DISPOSITIONS),
        fc.integer({ min: -50, max: 50 }).filter((n) => n !== 0),
        (all, name, wrong) => {
          const line = noRecords();
          for (const event of all) addRecords(line, rowOf(event));
          const nothing = rowOf({ to: 'rated', count: 0 });
          addRecords(line, { ...nothing, [name]: String(wrong) });
          expect(line.difference).toBe(name === 'received' ? wrong : -wrong);
        },
      ),
    );
  });
});

describe('the identity of units and money', () => {
  const sums = (changes: Partial<MoneySums> = {}): MoneySums => ({
    view: 'retail',
    service: 'voice',
    kind: 'record',
    currency: 'UAH',
    records: '3',
    quantity: '90071992547409931',
    amount: '1.250000',
    ...changes,
  });
  const closed = { controls: [sums()], charges: [sums()], daily: [sums()], hourly: [sums()] };

  it('is exact beyond 2^53', () => {
    expect(unitLines(closed)).toEqual([
      {
        ...{ view: 'retail', service: 'voice', kind: 'record', computed: '90071992547409931' },
        ...{ ledger: '90071992547409931', aggregates: '90071992547409931', difference: '0' },
      },
    ]);
    const off = { ...closed, hourly: [sums({ quantity: '90071992547409930' })] };
    expect(unitLines(off)[0].difference).toBe('1');
  });

  it('shows a side that lacks a line, and leaves valuations out of money', () => {
    const off = { ...closed, charges: [] };
    expect(moneyLines(off)[0]).toMatchObject({ computed: '1.250000', ledger: '0.000000', difference: '1.250000' });
    const valued = [sums({ kind: 'valuation' })];
    expect(moneyLines({ controls: valued, charges: [], daily: [], hourly: [] })).toEqual([]);
  });
});
