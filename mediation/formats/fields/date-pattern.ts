/** Date patterns such as `dd.MM.yyyy HH:mm:ss`, compiled into steps over bytes. */
import type { ZoneClock } from '../../../platform/time-zone.ts';
import type { Row } from '../row.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NAMED: Readonly<Record<string, string>> = {
  ctime: 'EEE MMM d HH:mm:ss yyyy',
  iso: 'yyyy-MM-dd[THH:mm[:ss[.S]]][X]',
};
/** Patterns that are an instant by themselves. */
export const EPOCH_PATTERNS: Readonly<Record<string, number>> = { epochSeconds: 1000, epochMillis: 1 };

type StepKind =
  'year' | 'year2' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction' | 'monthName' | 'dayName';
interface NumberStep {
  kind: StepKind;
  /** Digits: exactly `width`, or 1 to `width` when `loose` (a blank may stand for a leading zero). */
  width: number;
  loose: boolean;
}
type Step =
  | NumberStep
  | { kind: 'literal'; byte: number }
  /** The T between date and time, for which RFC 3339 allows a blank. */
  | { kind: 'timeMark' }
  | { kind: 'offset' }
  | { kind: 'optional'; steps: Step[] };

const LETTERS: Readonly<Record<string, NumberStep>> = {
  yyyy: { kind: 'year', width: 4, loose: false },
  yy: { kind: 'year2', width: 2, loose: false },
  MMM: { kind: 'monthName', width: 3, loose: false },
  MM: { kind: 'month', width: 2, loose: false },
  M: { kind: 'month', width: 2, loose: true },
  dd: { kind: 'day', width: 2, loose: false },
  d: { kind: 'day', width: 2, loose: true },
  HH: { kind: 'hour', width: 2, loose: false },
  H: { kind: 'hour', width: 2, loose: true },
  mm: { kind: 'minute', width: 2, loose: false },
  ss: { kind: 'second', width: 2, loose: false },
  SSS: { kind: 'fraction', width: 3, loose: false },
  SS: { kind: 'fraction', width: 2, loose: false },
  S: { kind: 'fraction', width: 9, loose: true },
  EEE: { kind: 'dayName', width: 3, loose: false },
};

/** Compiles a pattern; a string is the mistake in it. Square brackets enclose what may be absent. */
export function compilePattern(pattern: string): Step[] | string {
  const stack: Step[][] = [[]];
  const source = NAMED[pattern] ?? pattern;
  for (let at = 0; at < source.length;) {
    const steps = stack.at(-1)!;
    const letter = source[at];
    if (letter === '[') {
      stack.push([]);
      at++;
    } else if (letter === ']') {
      if (stack.length === 1) return 'a `]` without `[`';
      stack.pop();
      stack.at(-1)!.push({ kind: 'optional', steps });
      at++;
    } else if (letter === "'") {
      const close = source.indexOf("'", at + 1);
      if (close < 0) return 'a quote is not closed';
      for (const byte of Buffer.from(source.slice(at + 1, close))) steps.push({ kind: 'literal', byte });
      at = close + 1;
    } else if (/[A-Za-z]/.test(letter)) {
      let end = at;
      while (source[end] === letter) end++;
      const word = source.slice(at, end);
      if (letter === 'T') steps.push({ kind: 'timeMark' });
      else if (letter === 'X') steps.push({ kind: 'offset' });
      else if (word in LETTERS) steps.push(LETTERS[word]);
      else return `\`${word}\` is no part of a date (know ${Object.keys(LETTERS).join(', ')} and X)`;
      at = end;
    } else {
      steps.push({ kind: 'literal', byte: source.charCodeAt(at++) });
    }
  }
  if (stack.length > 1) return 'a `[` is not closed';
  const kinds = stack[0].map((step) => step.kind);
  const has = (...wanted: Step['kind'][]): boolean => wanted.some((kind) => kinds.includes(kind));
  if (!has('year', 'year2') || !has('month', 'monthName') || !has('day')) return 'year, month or day is missing';
  return stack[0];
}

/** Whether dates of the pattern may carry their own offset from UTC. */
export function mayHaveOffset(steps: readonly Step[]): boolean {
  return steps.some((step) => step.kind === 'offset' || (step.kind === 'optional' && mayHaveOffset(step.steps)));
}

const NO_OFFSET = 0x7fffffff;

/** A pattern in which everything stands at a fixed place, as in most sources. */
interface FixedPattern {
  length: number;
  /** Where year, month, day, hour, minute and second begin; -1 when the pattern has none. */
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  literalPlaces: Uint8Array;
  literals: Uint8Array;
  /** Where the time of day begins when all of the date stands before it and takes up two or three words; else 0. */
  dateEnd: number;
  /** The literals behind `dateEnd` are those from this one on. */
  timeLiterals: number;
}

function fixedPattern(steps: readonly Step[]): FixedPattern | null {
  const places = { year: -1, month: -1, day: -1, hour: -1, minute: -1, second: -1 };
  const literals: { place: number; byte: number }[] = [];
  let length = 0;
  for (const step of steps) {
    if (step.kind === 'literal') literals.push({ place: length++, byte: step.byte });
    else if (step.kind in places && 'width' in step && !step.loose) {
      places[step.kind as keyof typeof places] = length;
      length += step.width;
    } else return null;
  }
  const times = [places.hour, places.minute, places.second].filter((place) => place >= 0);
  const dateEnd = Math.min(length, ...times);
  const isFirst = Math.max(places.year, places.month, places.day) < dateEnd && dateEnd >= 8 && dateEnd <= 12;
  return {
    ...places,
    length,
    dateEnd: isFirst ? dateEnd : 0,
    timeLiterals: literals.filter(({ place }) => place < dateEnd).length,
    literalPlaces: Uint8Array.from(literals, ({ place }) => place),
    literals: Uint8Array.from(literals, ({ byte }) => byte),
  };
}

export class DateReader {
  private readonly steps: readonly Step[];
  private readonly fixed: FixedPattern | null;
  private readonly clock: ZoneClock | null;
  private readonly ambiguous: 'earlier' | 'later';
  private dayKey = -1;
  private dayMs = 0;
  /** The bytes of the last date of a fixed pattern: the first four, the next, and the last, which may overlap. */
  private readonly dateWords = new Int32Array(3);
  private hasDate = false;
  private year = 0;
  private month = 0;
  private day = 0;
  private hour = 0;
  private minute = 0;
  private second = 0;
  private fractionMs = 0;
  private offsetMs = NO_OFFSET;

  constructor(steps: readonly Step[], clock: ZoneClock | null, ambiguous: 'earlier' | 'later') {
    this.steps = steps;
    this.fixed = fixedPattern(steps);
    this.clock = clock;
    this.ambiguous = ambiguous;
  }

  /** UTC milliseconds, or NaN when `text[start, end)` of the row is no such date. */
  read({ text, view }: Row, start: number, end: number): number {
    const { fixed, clock } = this;
    if (fixed !== null && this.hasDate && end - start === fixed.length && this.isLastDate(fixed, view, start)) {
      const timeMs = timeOfDay(fixed, text, start);
      if (timeMs >= 0) return clock === null ? NaN : clock.toUtcMs(this.dayMs + timeMs, this.ambiguous);
    }
    this.hour = this.minute = this.second = this.fractionMs = 0;
    this.offsetMs = NO_OFFSET;
    if (fixed !== null) {
      if (!this.readFixed(fixed, text, start, end)) return NaN;
    } else if (this.run(this.steps, text, start, end) !== end) return NaN;
    const day = this.midnight();
    // At once, whatever comes of the time: the bytes kept and `dayMs` are always of the same day.
    if (fixed !== null && fixed.dateEnd > 0 && !Number.isNaN(day)) this.keepDate(fixed, view, start);
    const wholeDay = this.hour === 24 && this.minute === 0 && this.second === 0 && this.fractionMs === 0;
    if (Number.isNaN(day) || (this.hour > 23 && !wholeDay) || this.minute > 59 || this.second > 59) return NaN;
    const localMs = day + this.hour * 3_600_000 + this.minute * 60_000 + this.second * 1000 + this.fractionMs;
    if (this.offsetMs !== NO_OFFSET) return localMs - this.offsetMs;
    return clock === null ? NaN : clock.toUtcMs(localMs, this.ambiguous);
  }

  /** Records come in runs of the same day: then its digits need not be read again. */
  private isLastDate({ dateEnd }: FixedPattern, view: DataView, start: number): boolean {
    const words = this.dateWords;
    return (
      view.getInt32(start, true) === words[0] &&
      view.getInt32(start + 4, true) === words[1] &&
      view.getInt32(start + dateEnd - 4, true) === words[2]
    );
  }

  private keepDate({ dateEnd }: FixedPattern, view: DataView, start: number): void {
    this.dateWords[0] = view.getInt32(start, true);
    this.dateWords[1] = view.getInt32(start + 4, true);
    this.dateWords[2] = view.getInt32(start + dateEnd - 4, true);
    this.hasDate = true;
  }

  /** Midnight of the day as if its clock were UTC; records come in runs of the same day. */
  private midnight(): number {
    const key = (this.year * 100 + this.month) * 100 + this.day;
    if (key === this.dayKey) return this.dayMs;
    const date = new Date(0);
    date.setUTCFullYear(this.year, this.month - 1, this.day);
    if (date.getUTCMonth() !== this.month - 1 || date.getUTCDate() !== this.day) return NaN;
    this.dayKey = key;
    this.dayMs = date.getTime();
    return this.dayMs;
  }

  private readFixed(fixed: FixedPattern, text: Uint8Array, start: number, end: number): boolean {
    if (end - start !== fixed.length) return false;
    const { literals, literalPlaces } = fixed;
    for (let i = 0; i < literals.length; i++) if (text[start + literalPlaces[i]] !== literals[i]) return false;
    const century = twoDigits(text, start + fixed.year, end);
    const year = twoDigits(text, start + fixed.year + 2, end);
    this.year = century * 100 + year;
    this.month = twoDigits(text, start + fixed.month, end);
    this.day = twoDigits(text, start + fixed.day, end);
    if (fixed.hour >= 0) this.hour = twoDigits(text, start + fixed.hour, end);
    if (fixed.minute >= 0) this.minute = twoDigits(text, start + fixed.minute, end);
    if (fixed.second >= 0) this.second = twoDigits(text, start + fixed.second, end);
    // One of them is -1 when it held something else than digits.
    return (century | year | this.month | this.day | this.hour | this.minute | this.second) >= 0;
  }

  /** Where the steps end in the text, or -1. */
  private run(steps: readonly Step[], text: Uint8Array, start: number, end: number): number {
    let at = start;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      if (step.kind === 'literal') {
        if (at >= end || text[at] !== step.byte) return -1;
        at++;
      } else if (step.kind === 'timeMark') {
        if (at >= end || ((text[at] | 32) !== 116 && text[at] !== 32)) return -1;
        at++;
      } else if (step.kind === 'optional') {
        const after = this.run(step.steps, text, at, end);
        if (after >= 0) at = after;
      } else if (step.kind === 'offset') at = this.readOffset(text, at, end);
      else at = this.readStep(step, text, at, end);
      if (at < 0) return -1;
    }
    return at;
  }

  private readStep(step: NumberStep, text: Uint8Array, start: number, end: number): number {
    if (step.kind === 'monthName' || step.kind === 'dayName') {
      if (start + 3 > end) return -1;
      if (step.kind === 'dayName') return start + 3;
      const name = String.fromCharCode(text[start] | 32, text[start + 1] | 32, text[start + 2] | 32);
      this.month = MONTHS.indexOf(name) + 1;
      return this.month > 0 ? start + 3 : -1;
    }
    let at = start;
    if (step.loose && step.kind !== 'fraction' && at < end && text[at] === 32) at++;
    let value = 0;
    let count = 0;
    for (; count < step.width && at < end; count++, at++) {
      const digit = text[at] - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (count === 0 || (!step.loose && count < step.width)) return -1;
    if (step.kind === 'year') this.year = value;
    else if (step.kind === 'year2') this.year = 2000 + value;
    else if (step.kind === 'month') this.month = value;
    else if (step.kind === 'day') this.day = value;
    else if (step.kind === 'hour') this.hour = value;
    else if (step.kind === 'minute') this.minute = value;
    else if (step.kind === 'second') this.second = value;
    else this.fractionMs = count <= 3 ? value * 10 ** (3 - count) : Math.floor(value / 10 ** (count - 3));
    return at;
  }

  /** `Z`, `+02`, `+0200` or `+02:00`. */
  private readOffset(text: Uint8Array, start: number, end: number): number {
    if (start >= end) return -1;
    if (text[start] === 90) {
      this.offsetMs = 0;
      return start + 1;
    }
    const sign = text[start] === 43 ? 1 : text[start] === 45 ? -1 : 0;
    const hours = twoDigits(text, start + 1, end);
    if (sign === 0 || hours < 0 || hours > 18) return -1;
    let at = start + 3;
    let minutes = 0;
    const colon = at < end && text[at] === 58 ? 1 : 0;
    if (at < end) {
      minutes = twoDigits(text, at + colon, end);
      if (minutes < 0 || minutes > 59) return -1;
      at += 2 + colon;
    }
    this.offsetMs = sign * (hours * 60 + minutes) * 60_000;
    return at;
  }
}

/** Milliseconds since midnight; -1 when something is wrong or unusual there. */
function timeOfDay(fixed: FixedPattern, text: Uint8Array, start: number): number {
  const { literals, literalPlaces } = fixed;
  for (let i = fixed.timeLiterals; i < literals.length; i++) {
    if (text[start + literalPlaces[i]] !== literals[i]) return -1;
  }
  const end = start + fixed.length;
  const hour = fixed.hour < 0 ? 0 : twoDigits(text, start + fixed.hour, end);
  const minute = fixed.minute < 0 ? 0 : twoDigits(text, start + fixed.minute, end);
  const second = fixed.second < 0 ? 0 : twoDigits(text, start + fixed.second, end);
  if ((hour | minute | second) < 0 || hour > 23 || minute > 59 || second > 59) return -1;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

function twoDigits(text: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const tens = text[at] - 48;
  const ones = text[at + 1] - 48;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}
