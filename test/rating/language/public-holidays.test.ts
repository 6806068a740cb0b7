import { describe, it, expect } from 'vitest';
import { publicHolidays } from '../../../rating/language/public-holidays.ts';

/** Easter Sundays as published, western and eastern. */
const EASTER: Record<number, [string, string]> = {
  2019: ['04-21', '04-28'],
  2020: ['04-12', '04-19'],
  2022: ['04-17', '04-24'],
  2024: ['03-31', '05-05'],
  2025: ['04-20', '04-20'],
  2026: ['04-05', '04-12'],
  2027: ['03-28', '05-02'],
  2035: ['03-25', '04-29'],
  2038: ['04-25', '04-25'],
  2049: ['04-18', '04-25'],
};

describe('public holidays', () => {
  it('have Easter when it was and will be', () => {
    const [poland, ukraine] = [publicHolidays('PL'), publicHolidays('UA')];
    for (const [year, [western, eastern]] of Object.entries(EASTER)) {
      expect(poland).toContain(`${year}-${western}`);
      expect(ukraine).toContain(`${year}-${eastern}`);
    }
  });

  it('follow the laws by year', () => {
    const ukraine = publicHolidays('UA');
    expect(
      ['2023-05-09', '2024-05-08', '2023-07-28', '2024-07-15', '2022-10-14', '2023-10-01'].every((day) =>
        ukraine.includes(day),
      ),
    ).toBe(true);
    expect(['2024-05-09', '2023-05-08', '2024-01-07', '2023-10-14'].some((day) => ukraine.includes(day))).toBe(false);
    expect(publicHolidays('PL').filter((day) => day.endsWith('12-24'))[0]).toBe('2025-12-24');
    expect(publicHolidays('CZ')).toContain('2026-04-03');
  });
});
