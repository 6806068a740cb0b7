/** `bands`, `registers` and `holidays`: what makes the time band of a usage. */
import type { TariffFile } from '../../schemas/tariff.ts';
import { DAY_MINUTES, dayOfDate } from '../arithmetic/calendar.ts';
import type { MistakeList } from './mistakes.ts';
import { DAY_KINDS, HOLIDAY_KIND, type BandsModel } from './model.ts';

const DAY_KINDS_OF: Record<string, readonly number[]> = {
  mon: [0],
  tue: [1],
  wed: [2],
  thu: [3],
  fri: [4],
  sat: [5],
  sun: [6],
  workday: [0, 1, 2, 3, 4],
  weekend: [5, 6],
  holiday: [HOLIDAY_KIND],
  any: [0, 1, 2, 3, 4, 5, 6, HOLIDAY_KIND],
};
const KIND_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'];
const NONE = 255;

export function readHolidays(dates: readonly string[], mistakes: MistakeList): number[] {
  const days = dates.map((date, index) => {
    const day = dayOfDate(date);
    if (Number.isNaN(day))
      mistakes.add(['holidays', index], `\`${date}\` is no day of the calendar.`, 'Correct the date.');
    return day;
  });
  return [...new Set(days)].sort((a, b) => a - b);
}

export function readBands(file: TariffFile, mistakes: MistakeList): BandsModel {
  if (file.bands && file.registers) {
    mistakes.add(
      ['registers'],
      'A tariff has `bands` by the clock or `registers` of the meter, not both.',
      'Remove one of the two.',
    );
  }
  if (file.bands) return clockBands(file.bands, file.holidays !== undefined && file.holidays.length > 0, mistakes);
  const ofMinute = new Uint8Array(DAY_KINDS * DAY_MINUTES);
  const registers = file.registers ?? registersInRules(file);
  const names = Object.keys(registers);
  if (names.length === 0) return { by: 'none', names: [''], ofMinute, registers: [] };
  const seen = new Map<string, string>();
  const codes = names.flatMap((name, band) =>
    registers[name].map((code, index) => {
      const other = seen.get(code);
      if (other !== undefined) {
        mistakes.add(
          ['registers', name, index],
          `Register \`${code}\` also stands in \`${other}\`.`,
          'Keep it in one of them.',
        );
      }
      seen.set(code, name);
      return { code, band };
    }),
  );
  return { by: 'register', names, ofMinute, registers: codes };
}

/** Without a `registers` section the codes in the rules are their own names. */
function registersInRules(file: TariffFile): Record<string, string[]> {
  const codes = file.rules.flatMap((rule) => (rule.register === undefined ? [] : [rule.register].flat()));
  return Object.fromEntries(codes.map((code) => [code, [code]]));
}

function clockBands(bands: NonNullable<TariffFile['bands']>, holidays: boolean, mistakes: MistakeList): BandsModel {
  const names = Object.keys(bands);
  const ofMinute = new Uint8Array(DAY_KINDS * DAY_MINUTES).fill(NONE);
  if (names.length >= NONE) {
    mistakes.add(['bands'], 'There are more than 254 bands.', 'Join those with the same prices.');
    return { by: 'clock', names, ofMinute: ofMinute.fill(0), registers: [] };
  }
  names.forEach((name, band) => {
    bands[name].forEach((span, index) => {
      const [from, to] = [minuteOf(span.from), minuteOf(span.to)];
      const pieces =
        from < to
          ? [[from, to] as const]
          : ([
              [from, DAY_MINUTES],
              [0, to],
            ] as const);
      const overlaps = new Set<string>();
      for (const kind of new Set(span.days.flatMap((day) => DAY_KINDS_OF[day]))) {
        for (const [first, end] of pieces) {
          for (let minute = first; minute < end; minute++) {
            const place = kind * DAY_MINUTES + minute;
            if (ofMinute[place] !== NONE) overlaps.add(names[ofMinute[place]]);
            ofMinute[place] = band;
          }
        }
      }
      if (overlaps.size > 0) {
        mistakes.add(
          ['bands', name, index],
          `${span.from} to ${span.to} is already taken by ${[...overlaps].map((other) => `\`${other}\``).join(', ')}.`,
          'Each minute of a day belongs to one band.',
        );
      }
    });
  });
  const gaps = gapsOf(ofMinute, holidays);
  if (gaps.length > 0) {
    mistakes.add(
      ['bands'],
      `No band covers ${gaps.join(', ')}.`,
      'Add these hours to a band: every day is covered whole.',
    );
  }
  return { by: 'clock', names, ofMinute, registers: [] };
}

function gapsOf(ofMinute: Uint8Array, holidays: boolean): string[] {
  const gaps = new Map<string, string[]>();
  for (let kind = 0; kind < (holidays ? DAY_KINDS : HOLIDAY_KIND); kind++) {
    const day = ofMinute.subarray(kind * DAY_MINUTES, (kind + 1) * DAY_MINUTES);
    for (let minute = day.indexOf(NONE); minute !== -1 && minute < DAY_MINUTES;) {
      let end = minute;
      while (end < DAY_MINUTES && day[end] === NONE) end++;
      const hours = `${timeOf(minute)}-${timeOf(end)}`;
      gaps.set(hours, [...(gaps.get(hours) ?? []), KIND_NAMES[kind]]);
      minute = day.indexOf(NONE, end);
    }
  }
  // A tariff without holidays never meets a day of that kind; its row still has to hold a band.
  if (!holidays) ofMinute.fill(0, HOLIDAY_KIND * DAY_MINUTES);
  return [...gaps].map(([hours, days]) => `${days.join(' ')} ${hours}`);
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function timeOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
