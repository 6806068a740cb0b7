/** Public holidays from the laws of five countries, worked out year by year. */
const YEARS = [2015, 2060] as const;

/** Fixed days, with the years in which they are holidays. */
const FIXED: Record<string, string> = {
  BA: '01-01 01-02 05-01 05-02',
  CZ: '01-01 05-01 05-08 07-05 07-06 09-28 10-28 11-17 12-24 12-25 12-26',
  PL: '01-01 01-06 05-01 05-03 08-15 11-01 11-11 12-24:2025- 12-25 12-26',
  UA:
    '01-01 01-07:-2023 03-08 05-01 05-02:-2017 05-08:2024- 05-09:-2023 06-28 07-15:2024- 07-28:2022-2023 08-24 ' +
    '10-01:2023- 10-14:-2022 12-25:2017-',
  UZ: '01-01 03-08 03-21 05-09 09-01 10-01 12-08',
};
/** Days from Easter Sunday. */
const MOVING: Record<string, number[]> = { CZ: [-2, 1], PL: [0, 1, 49, 60], UA: [0, 49] };

export function holidaysOf(country: string): string[] {
  const days: string[] = [];
  if (FIXED[country] === undefined) return days;
  for (let year = YEARS[0]; year <= YEARS[1]; year++) {
    for (const entry of FIXED[country].split(' ')) {
      const [day, span = '-'] = entry.split(':') as [string, string?];
      const [from, to] = span.split('-') as [string, string];
      if (year >= Number(from || YEARS[0]) && year <= Number(to || YEARS[1])) days.push(`${year}-${day}`);
    }
    const easter = country === 'UA' ? orthodoxEaster(year) : catholicEaster(year);
    for (const offset of MOVING[country] ?? []) {
      if (country === 'CZ' && offset === -2 && year < 2016) continue;
      days.push(new Date(easter + offset * 86_400_000).toISOString().slice(0, 10));
    }
  }
  return days;
}

/** The Sunday after the ecclesiastical full moon on or after 21 March; a table of moons instead of a formula. */
function catholicEaster(year: number): number {
  // Paschal full moons of the Gregorian calendar, 1900 to 2199, by golden number; days of March.
  const moons = [45, 34, 23, 42, 31, 49, 39, 28, 47, 36, 25, 44, 33, 22, 41, 30, 48, 38, 27];
  return sundayAfter(Date.UTC(year, 2, moons[year % 19]));
}

/** The same moons of the Julian calendar, thirteen days later. */
function orthodoxEaster(year: number): number {
  const moons = [36, 25, 44, 33, 22, 41, 30, 49, 38, 27, 46, 35, 24, 43, 32, 21, 40, 29, 48];
  return sundayAfter(Date.UTC(year, 2, moons[year % 19]! + 13));
}

function sundayAfter(fullMoonMs: number): number {
  const weekday = new Date(fullMoonMs).getUTCDay();
  return fullMoonMs + (7 - weekday) * 86_400_000;
}
