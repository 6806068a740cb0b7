import { describe, expect, it } from 'vitest';
import { noTotals, readRows, withRows } from '../../scripts/lib/crash-totals.ts';

const PAGE = '# Tested\n\n| other | table |\n| ----- | ----- |\n| 2026-01-01 | x |\n\n## Totals\n\nA line each.\n';

function row(kills: number, wrong: number): string[] {
  const totals = { ...noTotals(), kills, wrong };
  return ['2026-11-22', 'abc', '2 cores', '`npm run crash`', '7', '1.5', ...Object.values(totals).map(String)];
}

describe('the table of what was tried', () => {
  it('gets a line per run and ends with the sums, and leaves other tables alone', () => {
    const one = withRows(PAGE, [row(1000, 0)]);
    const two = withRows(one, [...readRows(one), row(25, 2)]);
    expect(readRows(two)).toEqual([row(1000, 0), row(25, 2)]);
    expect(two.startsWith(PAGE)).toBe(true);
    const last = two.trimEnd().split('\n').at(-1)!;
    const cells = last.split('|').map((cell) => cell.trim());
    expect([cells[1], cells[6], cells[9], cells.at(-2)]).toEqual(['all', '3.0', '1025', '2']);
    expect(withRows(two, readRows(two))).toBe(two);
  });
});
