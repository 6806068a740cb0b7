import { describe, it, expect } from 'vitest';
import { settlementLines } from '../../cli/settlement-lines.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';

const result: SettlementResult = {
  ...{ entry: 42, period: '2026-10', postingPeriod: '2026-10', settled: 120, failed: 3, lines: 411 },
  money: [
    { currency: 'EUR', amount: '12.000000', tax: '2.000000' },
    { currency: 'UAH', amount: '5213.500000', tax: '868.920000' },
  ],
  failures: [
    { code: 'RATE_NO_TARIFF', count: 1, message: 'Tariff x is not published.', subscriptions: ['S-1'] },
    { code: 'SETTLE_ATTRIBUTE', count: 25, message: 'Attribute m2 is missing.', subscriptions: ['S-2', 'S-3'] },
  ],
};

describe('what `tollgrid settle` says', () => {
  it('tells lines, money by currency, and who could not be settled and why', () => {
    expect(settlementLines(result)).toEqual([
      'Settled 2026-10 by entry 42.',
      '120 subscription(s) settled, 3 not; 411 line(s) posted.',
      '12.000000 EUR, tax in it 2.000000.',
      '5213.500000 UAH, tax in it 868.920000.',
      'RATE_NO_TARIFF: 1 not settled. Tariff x is not published.',
      '  S-1',
      'SETTLE_ATTRIBUTE: 25 not settled. Attribute m2 is missing.',
      '  S-2, S-3, ...',
      'Settlement charges stand among the charges of each account: tollgrid charges --account <id>',
    ]);
  });

  it('says that nothing was new, and where the lines are billed', () => {
    const again = { ...result, postingPeriod: '2026-12', lines: 0, failed: 0, money: [], failures: [] };
    expect(settlementLines(again).slice(0, 2)).toEqual([
      'Settled 2026-10 by entry 42, billed with 2026-12.',
      '120 subscription(s) settled, 0 not; nothing new to post.',
    ]);
  });
});
