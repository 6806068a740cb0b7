import fc from 'fast-check';
import { describe, it, expect } from 'vitest';
import { reversalOf, TABLES, type LedgerRow } from '../../ledger/index.ts';

const { columns } = TABLES.charges;
/** Whatever may be below zero is summed up somewhere. */
const summed = columns.filter(({ type }) => /^(Int|Decimal)/.test(type)).map(({ name }) => name);

/** Decimals with six places as whole numbers; ClickHouse gives some numbers as texts. */
function micros(value: unknown): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(String(value))!;
  return BigInt(sign + whole + fraction.padEnd(6, '0'));
}

const whole = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }).map(String);
const money = fc
  .tuple(fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n }), fc.integer({ min: 0, max: 999_999 }))
  .map(([units, fraction]) => `${units}.${String(fraction).padStart(6, '0')}`);
const rows = fc.record<LedgerRow>({
  ...Object.fromEntries(columns.map(({ name, type }) => [name, type.startsWith('Decimal') ? money : whole])),
  sign: fc.constantFrom(1, -1),
});

describe('a charge and its reversal', () => {
  it('cancel in every column that is summed, and are the same in all that says whose they are', () => {
    expect(summed).toEqual(['sign', 'quantity', 'quantity_up', 'billed', 'amount', 'tax']);
    fc.assert(
      fc.property(rows, (row) => {
        const standing: LedgerRow = { ...row, sign: 1 };
        const back = reversalOf(standing, 77, 202_612);
        for (const name of summed) expect(micros(standing[name]) + micros(back[name])).toBe(0n);
        const own = ['posted_entry', 'posting_period', 'corrects', ...summed];
        for (const { name } of columns) if (!own.includes(name)) expect(back[name]).toBe(standing[name]);
        expect([back['posted_entry'], back['posting_period']]).toEqual([77, 202_612]);
      }),
      { numRuns: 200 },
    );
  });
});
