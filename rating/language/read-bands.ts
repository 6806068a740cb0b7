/** `bands` and `registers`: what makes the time band of a usage. */
import type { TariffFile } from '../../schemas/tariff.ts';
import { DAY_NAMES } from '../../schemas/tariff-time.ts';
import { DAY_MINUTES } from '../arithmetic/calendar.ts';
import type { MistakeList } from './mistakes.ts';
import { HOLIDAY_KIND, PLAIN_KINDS, type BandsModel, type DaysModel } from './model.ts';

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
};
const KIND_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'];
const NONE = 255;

type Span = NonNullable<TariffFile['bands']>[string][number];
type Path = readonly (string | number)[];

export function readBands(file: TariffFile, days: DaysModel, mistakes: MistakeList): BandsModel {
  if (file.bands && file.registers) {
    mistakes.add(
      ['registers'],
      'A tariff has `bands` by the clock or `registers` of the meter, not both.',
      'Remove one of the two.',
    );
  }
  if (file.bands) return new ClockBands(file.bands, days, mistakes).read();
  for (const key of ['seasons', 'daySets', 'clock'] as const) {
    if (file[key] !== undefined) {
      mistakes.add([key], `\`${key}\` has no meaning without \`bands\`.`, 'Add bands or remove it.');
    }
  }
  const ofMinute = new Uint8Array(kindsOf(days) * days.seasons.length * DAY_MINUTES);
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

export function kindsOf(days: DaysModel): number {
  return PLAIN_KINDS + days.sets.length;
}

/** Without a `registers` section the codes in the rules are their own names. */
function registersInRules(file: TariffFile): Record<string, string[]> {
  const codes = file.rules.flatMap((rule) => (rule.register === undefined ? [] : [rule.register].flat()));
  return Object.fromEntries(codes.map((code) => [code, [code]]));
}

class ClockBands {
  private readonly bands: NonNullable<TariffFile['bands']>;
  private readonly names: string[];
  private readonly days: DaysModel;
  private readonly mistakes: MistakeList;
  private readonly kinds: number;
  private readonly ofMinute: Uint8Array;

  constructor(bands: NonNullable<TariffFile['bands']>, days: DaysModel, mistakes: MistakeList) {
    this.bands = bands;
    this.names = Object.keys(bands);
    this.days = days;
    this.mistakes = mistakes;
    this.kinds = kindsOf(days);
    this.ofMinute = new Uint8Array(this.kinds * days.seasons.length * DAY_MINUTES).fill(NONE);
  }

  read(): BandsModel {
    const { names, bands, mistakes, ofMinute } = this;
    if (names.length >= NONE) {
      mistakes.add(['bands'], 'There are more than 254 bands.', 'Join those with the same prices.');
      return { by: 'clock', names, ofMinute: ofMinute.fill(0), registers: [] };
    }
    names.forEach((name, band) => bands[name].forEach((span, index) => this.take(span, band, ['bands', name, index])));
    const gaps = this.gaps();
    if (gaps.length > 0) {
      mistakes.add(
        ['bands'],
        `No band covers ${gaps.join(', ')}.`,
        'Add these hours to a band: every day is covered whole.',
      );
    }
    return { by: 'clock', names, ofMinute, registers: [] };
  }

  private take(span: Span, band: number, path: Path): void {
    const { from = '00:00', to = '24:00' } = span;
    const overlaps = new Set<string>();
    for (const season of this.seasonsOf(span, path)) {
      for (const kind of this.kindsOf(span, path)) {
        const day = (season * this.kinds + kind) * DAY_MINUTES;
        for (const [first, end] of piecesOf(minuteOf(from), minuteOf(to))) {
          for (let place = day + first; place < day + end; place++) {
            if (this.ofMinute[place] !== NONE) overlaps.add(this.names[this.ofMinute[place]]);
            this.ofMinute[place] = band;
          }
        }
      }
    }
    if (overlaps.size === 0) return;
    this.mistakes.add(
      path,
      `${from} to ${to} is already taken by ${[...overlaps].map((other) => `\`${other}\``).join(', ')}.`,
      'Each minute of a day belongs to one band.',
    );
  }

  private seasonsOf(span: Span, path: Path): number[] {
    const { seasons } = this.days;
    if (span.season === undefined) return [...seasons.keys()];
    return [span.season].flat().flatMap((name) => {
      const season = seasons.indexOf(name);
      if (season !== -1 && name !== '') return [season];
      const known = seasons[0] === '' ? 'Add `seasons` or remove this.' : `Known: ${seasons.join(', ')}.`;
      this.mistakes.add([...path, 'season'], `There is no season \`${name}\`.`, known);
      return [];
    });
  }

  private kindsOf(span: Span, path: Path): Set<number> {
    const sets = this.days.sets.map(({ name }) => name);
    const kinds = (span.days ?? ['any']).flatMap((name, index) => {
      if (name === 'any') return Array.from({ length: this.kinds }, (_, kind) => kind);
      const set = sets.indexOf(name);
      if (set !== -1) return [PLAIN_KINDS + set];
      if (Object.hasOwn(DAY_KINDS_OF, name)) return DAY_KINDS_OF[name];
      this.mistakes.add(
        [...path, 'days', index],
        'This word is not known here.',
        `Use one of: ${[...DAY_NAMES, ...sets].join(', ')}.`,
      );
      return [];
    });
    return new Set(kinds);
  }

  private gaps(): string[] {
    const { ofMinute, kinds, days } = this;
    const gaps = new Map<string, string[]>();
    days.seasons.forEach((season, number) => {
      for (let kind = 0; kind < kinds; kind++) {
        const start = (number * kinds + kind) * DAY_MINUTES;
        const day = ofMinute.subarray(start, start + DAY_MINUTES);
        // A tariff without holidays never meets a day of that kind; its row still has to hold a band.
        if (kind === HOLIDAY_KIND && days.holidays.length === 0) {
          day.forEach((band, minute) => {
            if (band === NONE) day[minute] = 0;
          });
          continue;
        }
        const name = kind < PLAIN_KINDS ? KIND_NAMES[kind] : days.sets[kind - PLAIN_KINDS].name;
        for (const hours of gapsOfDay(day)) {
          const text = season === '' ? hours : `${hours} in ${season}`;
          gaps.set(text, [...(gaps.get(text) ?? []), name]);
        }
      }
    });
    return [...gaps].map(([hours, names]) => `${names.join(' ')} ${hours}`);
  }
}

/** A span whose end is not after its begin covers both ends of the day. */
function piecesOf(from: number, to: number): (readonly [number, number])[] {
  return from < to
    ? [[from, to]]
    : [
        [from, DAY_MINUTES],
        [0, to],
      ];
}

function gapsOfDay(day: Uint8Array): string[] {
  const gaps: string[] = [];
  for (let minute = day.indexOf(NONE); minute !== -1;) {
    let end = minute;
    while (end < DAY_MINUTES && day[end] === NONE) end++;
    gaps.push(`${timeOf(minute)}-${timeOf(end)}`);
    minute = end === DAY_MINUTES ? -1 : day.indexOf(NONE, end);
  }
  return gaps;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function timeOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
