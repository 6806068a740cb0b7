/**
 * Public holidays by country, from the laws as they stand. Asked once, when a tariff is prepared: the days travel with
 * the publication. Days that are announced year by year (the feasts of Islam) and those of a part of a country are not
 * in here; `holidays` adds them.
 */
import type { HolidayCountry } from '../../schemas/tariff-time.ts';
import { DAY_MS, dateOfDay } from '../arithmetic/calendar.ts';

const FIRST_YEAR = 2015;
const LAST_YEAR = 2060;

interface Rule {
  /** Years [from, to] in which it is one. */
  from?: number;
  to?: number;
  /** mm-dd, or days after Easter Sunday of the western or the eastern church. */
  on: string | { western: number } | { eastern: number };
}

const fixed = (...days: string[]): Rule[] => days.map((on) => ({ on }));

const RULES: Record<HolidayCountry, readonly Rule[]> = {
  // What the whole country has in common; entities and the district add their own.
  BA: fixed('01-01', '01-02', '05-01', '05-02'),
  CZ: [
    ...fixed('01-01', '05-01', '05-08', '07-05', '07-06', '09-28', '10-28', '11-17', '12-24', '12-25', '12-26'),
    { on: { western: -2 }, from: 2016 },
    { on: { western: 1 } },
  ],
  PL: [
    ...fixed('01-01', '01-06', '05-01', '05-03', '08-15', '11-01', '11-11', '12-25', '12-26'),
    { on: { western: 0 } },
    { on: { western: 1 } },
    { on: { western: 49 } },
    { on: { western: 60 } },
    { on: '12-24', from: 2025 },
  ],
  UA: [
    ...fixed('01-01', '03-08', '05-01', '06-28', '08-24'),
    { on: { eastern: 0 } },
    { on: { eastern: 49 } },
    { on: '01-07', to: 2023 },
    { on: '05-02', to: 2017 },
    { on: '05-09', to: 2023 },
    { on: '05-08', from: 2024 },
    { on: '07-28', from: 2022, to: 2023 },
    { on: '07-15', from: 2024 },
    { on: '10-14', to: 2022 },
    { on: '10-01', from: 2023 },
    { on: '12-25', from: 2017 },
  ],
  UZ: fixed('01-01', '03-08', '03-21', '05-09', '09-01', '10-01', '12-08'),
};

/** `yyyy-mm-dd`, ascending, each once. */
export function publicHolidays(country: HolidayCountry): string[] {
  const dates = new Set<string>();
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year++) {
    for (const { on, from = FIRST_YEAR, to = LAST_YEAR } of RULES[country]) {
      if (year >= from && year <= to) dates.add(dateIn(year, on));
    }
  }
  return [...dates].sort();
}

function dateIn(year: number, on: Rule['on']): string {
  if (typeof on === 'string') return `${year}-${on}`;
  return dateOfDay('western' in on ? westernEaster(year) + on.western : easternEaster(year) + on.eastern);
}

/** Day number of Easter Sunday by the Gregorian rule. */
function westernEaster(year: number): number {
  const century = Math.floor(year / 100);
  const leapGap = century - Math.floor(century / 4);
  const moonGap = Math.floor((8 * century + 13) / 25);
  const epact = (leapGap - moonGap + 19 * (year % 19) + 15) % 30;
  const moon = epact - (epact === 29 || (epact === 28 && year % 19 > 10) ? 1 : 0);
  const weekday = (year + Math.floor(year / 4) + moon + 2 - leapGap) % 7;
  // Days after 21 March.
  return marchDay(year, 21) + moon - weekday + 7;
}

/** The same by the Julian rule, as a day of the Gregorian calendar: both differ by 13 days from 1900 to 2099. */
function easternEaster(year: number): number {
  const moon = (19 * (year % 19) + 15) % 30;
  const weekday = (year + Math.floor(year / 4) + moon) % 7;
  return marchDay(year, 21) + 13 + moon - weekday + 7;
}

function marchDay(year: number, day: number): number {
  return Date.UTC(year, 2, day) / DAY_MS;
}
