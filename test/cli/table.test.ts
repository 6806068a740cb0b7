import { describe, it, expect } from 'vitest';
import { money, printable, tableLines, whole } from '../../cli/table.ts';

describe('a table', () => {
  it('aligns columns, figures to the right, without spaces at the end', () => {
    const rows = [
      { name: 'а', sum: '1.50' },
      { name: 'Дрогобич', sum: '12 000.00' },
    ];
    const columns = [
      { head: 'place', value: (row: (typeof rows)[0]) => row.name },
      { head: 'sum', value: (row: (typeof rows)[0]) => row.sum, align: 'right' as const },
      { head: '', value: () => '' },
    ];
    expect(tableLines(columns, rows)).toEqual(['place           sum', 'а              1.50', 'Дрогобич  12 000.00']);
  });

  it('is empty without rows', () => {
    expect(tableLines([{ head: 'a', value: String }], [])).toEqual([]);
  });

  it('lets no foreign text move the cursor', () => {
    expect(tableLines([{ head: 'a', value: (row: string) => row }], ['x\u001b[2Jy\nz'])[1]).toBe('x·[2Jy·z');
    expect(printable('a\u0085b\tc')).toBe('a·b·c');
  });
});

describe('figures', () => {
  it('are grouped by thousands', () => {
    expect(whole(0)).toBe('0');
    expect(whole(1234567)).toBe('1 234 567');
    expect(whole(-1234)).toBe('-1 234');
    expect(whole('123456789012345678901234567890')).toBe('123 456 789 012 345 678 901 234 567 890');
  });

  it('keep every decimal of money that says something, and two at least', () => {
    expect(money('1234.500000')).toBe('1 234.50');
    expect(money('0.000125')).toBe('0.000125');
    expect(money('-7')).toBe('-7.00');
    expect(money('1000000.120000')).toBe('1 000 000.12');
  });
});
