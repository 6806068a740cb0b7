/** `country`, `holidays`, `workdays`, `daySets` and `seasons`: what kind of day a day is. */
import type { TariffFile } from '../../schemas/tariff.ts';
import { dayOfDate } from '../arithmetic/calendar.ts';
import type { MistakeList } from './mistakes.ts';
import type { DaysModel } from './model.ts';
import type { ReadSideFile } from './read-zones.ts';

/** Days of the longest months: a season's table has a place for each day that any year has. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const NO_SEASON = 255;
const DAY_SETS_MAX = 32;
const SEASONS_MAX = 12;

type Path = readonly (string | number)[];

/** Where a publication keeps the public holidays of a country: one date a line. */
export function holidaysFile(country: string): string {
  return `public-holidays-${country}`;
}

export function readDays(file: TariffFile, readSideFile: ReadSideFile, mistakes: MistakeList): DaysModel {
  const holidays = new Set(daysOf(file.holidays ?? [], ['holidays'], mistakes));
  const published = file.country === undefined ? [] : readSideFile(holidaysFile(file.country)).split('\n');
  const workdays = new Set(daysOf(file.workdays ?? [], ['workdays'], mistakes));
  for (const date of published) if (date !== '' && !workdays.has(dayOfDate(date))) holidays.add(dayOfDate(date));
  const none = [...workdays].findIndex((day) => !published.some((date) => dayOfDate(date) === day));
  if (none !== -1) {
    mistakes.add(
      ['workdays', none],
      'This day is no public holiday of `country`.',
      'Remove it: it is a working day as it is.',
    );
  }
  const sets = readSets(file, mistakes);
  const inSets = new Set(sets.flatMap(({ days }) => days));
  return {
    holidays: [...holidays].filter((day) => !inSets.has(day)).sort((a, b) => a - b),
    sets,
    ...readSeasons(file.seasons, mistakes),
  };
}

function readSets(file: TariffFile, mistakes: MistakeList): DaysModel['sets'] {
  const owner = new Map<number, string>();
  const entries = Object.entries(file.daySets ?? {});
  if (entries.length > DAY_SETS_MAX) {
    mistakes.add(['daySets'], `There are more than ${DAY_SETS_MAX} sets.`, 'Join days with the same bands.');
  }
  return entries.map(([name, dates]) => {
    const days = daysOf(dates, ['daySets', name], mistakes);
    days.forEach((day, index) => {
      const other = owner.get(day);
      if (other !== undefined) {
        mistakes.add(['daySets', name, index], `This day also stands in \`${other}\`.`, 'Keep it in one set.');
      }
      owner.set(day, name);
    });
    return { name, days: days.sort((a, b) => a - b) };
  });
}

function daysOf(dates: readonly string[], path: Path, mistakes: MistakeList): number[] {
  const days = dates.map((date, index) => {
    const day = dayOfDate(date);
    if (Number.isNaN(day))
      mistakes.add([...path, index], `\`${date}\` is no day of the calendar.`, 'Correct the date.');
    return day;
  });
  return [...new Set(days)];
}

function readSeasons(
  seasons: TariffFile['seasons'],
  mistakes: MistakeList,
): Pick<DaysModel, 'seasons' | 'seasonOfDay'> {
  const seasonOfDay = new Uint8Array(12 * 31);
  const names = Object.keys(seasons ?? {});
  if (seasons === undefined || names.length === 0) return { seasons: [''], seasonOfDay };
  if (names.length > SEASONS_MAX) {
    mistakes.add(['seasons'], `There are more than ${SEASONS_MAX} seasons.`, 'Join those with the same bands.');
    return { seasons: [''], seasonOfDay };
  }
  seasonOfDay.fill(NO_SEASON);
  const places = yearPlaces();
  names.forEach((name, season) => {
    seasons[name].forEach(({ from, to }, index) => {
      const [first, last] = [places.indexOf(placeOf(from)), places.indexOf(placeOf(to))];
      if (first === -1 || last === -1) {
        mistakes.add(['seasons', name, index], 'There is no such day.', 'Write mm-dd, for example 10-31.');
        return;
      }
      const days =
        first <= last ? places.slice(first, last + 1) : [...places.slice(first), ...places.slice(0, last + 1)];
      const taken = days.find((place) => seasonOfDay[place] !== NO_SEASON);
      if (taken !== undefined) {
        mistakes.add(
          ['seasons', name, index],
          `${from} to ${to} is already taken by \`${names[seasonOfDay[taken]]}\`.`,
          'Each day of the year belongs to one season.',
        );
      }
      for (const place of days) seasonOfDay[place] = season;
    });
  });
  const gap = places.find((place) => seasonOfDay[place] === NO_SEASON);
  if (gap !== undefined) {
    mistakes.add(['seasons'], `No season has ${dayText(gap)}.`, 'Add it: every day of the year belongs to a season.');
  }
  for (const place of seasonOfDay.keys()) if (seasonOfDay[place] === NO_SEASON) seasonOfDay[place] = 0;
  return { seasons: names, seasonOfDay };
}

function yearPlaces(): number[] {
  return MONTH_DAYS.flatMap((days, month) => Array.from({ length: days }, (_, day) => month * 31 + day));
}

function placeOf(monthDay: string): number {
  return (Number(monthDay.slice(0, 2)) - 1) * 31 + Number(monthDay.slice(3)) - 1;
}

function dayText(place: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(place / 31) + 1)}-${two((place % 31) + 1)}`;
}
