/** Reads numbers, durations, dates and meter readings. All leave whole numbers in base units; readings keep their digits. */
import { UNITS } from '../../../schemas/format.ts';
import type { FormatField } from '../../../schemas/format.ts';
import { FAULT } from '../codes.ts';
import { parseDecimal, toWhole } from './decimal.ts';
import type { Decimal, DecimalSyntax } from './decimal.ts';
import { EPOCH_PATTERNS } from './date-pattern.ts';
import type { DateReader } from './date-pattern.ts';
import { compileDuration, readDuration } from './duration-pattern.ts';
import type { ValueReader } from './text-field.ts';

function syntaxOf(spec: FormatField, exponent: boolean): DecimalSyntax {
  const decimal = spec.decimal ?? '.';
  return { point: decimal !== ',', comma: decimal !== '.', exponent, implied: spec.decimals ?? 0 };
}

/** What becomes of a number that is nothing but digits. */
export interface WholeRule {
  factor: number;
  min: number;
  max: number;
}

/** Null where digits alone have decimals, or where the field is no number in units. */
export function wholeRule(spec: FormatField): WholeRule | null {
  const isDuration = spec.type === 'duration' && spec.pattern === undefined;
  if (!isDuration && spec.type !== 'integer' && spec.type !== 'number') return null;
  if (spec.type !== 'integer' && (spec.decimals ?? 0) !== 0) return null;
  const [min, max] = limitsOf(isDuration ? { ...spec, min: spec.min ?? 0 } : spec);
  return { factor: spec.unit === undefined ? 1 : UNITS[spec.unit], min, max };
}

/** `exponent`: numbers may be written `1e3`, as JSON allows. */
export function numberReader(field: number, spec: FormatField, exponent: boolean): ValueReader {
  const syntax = spec.type === 'integer' ? { ...syntaxOf(spec, exponent), implied: 0 } : syntaxOf(spec, exponent);
  const factor = spec.unit === undefined ? 1 : UNITS[spec.unit];
  const round = spec.excess === 'round';
  const [min, max] = limitsOf(spec);
  const decimal: Decimal = { digits: 0, scale: 0 };
  return (row, start, end) => {
    if (!parseDecimal(row.text, start, end, syntax, decimal)) return FAULT.number;
    const whole = toWhole(decimal.digits, decimal.scale, factor, round);
    if (Number.isNaN(whole)) return FAULT.number;
    row.number[field] = whole;
    row.present[field] = 1;
    return whole < min || whole > max ? FAULT.range : 0;
  };
}

/**
 * A register's value, kept as the meter shows it: in kWh or m3, with the decimals it came with.
 * One in Wh or litres gets three decimals more, one in MWh three less. One in watt-minutes, which have no decimals in Wh,
 * counts in the whole Wh that are full: differences of such values add up to the whole.
 */
export function readingReader(field: number, spec: FormatField): ValueReader {
  const syntax = syntaxOf(spec, false);
  const inMinutes = spec.unit === 'Wmin';
  const shift = spec.unit === undefined ? 0 : inMinutes ? 3 : 3 - Math.log10(UNITS[spec.unit]);
  const [min, max] = limitsOf(spec);
  const decimal: Decimal = { digits: 0, scale: 0 };
  return (row, start, end) => {
    if (!parseDecimal(row.text, start, end, syntax, decimal)) return FAULT.number;
    let { digits } = decimal;
    let scale = decimal.scale + shift;
    if (inMinutes) {
      digits = Math.floor(digits / (60 * 10 ** decimal.scale));
      scale = shift;
    }
    for (; scale < 0; scale++) digits *= 10;
    if (scale > 9 || !Number.isSafeInteger(digits)) return FAULT.number;
    row.number[field] = digits;
    row.scale[field] = scale;
    row.present[field] = 1;
    const thousands = digits / 10 ** scale;
    return thousands * 1000 < min || thousands * 1000 > max ? FAULT.range : 0;
  };
}

export function durationReader(field: number, spec: FormatField, exponent: boolean): ValueReader {
  if (spec.pattern === undefined) return numberReader(field, { ...spec, min: spec.min ?? 0 }, exponent);
  const parts = compileDuration(spec.pattern);
  if (typeof parts === 'string') throw new Error(parts);
  const [min, max] = limitsOf(spec);
  return (row, start, end) => {
    const ms = readDuration(parts, row.text, start, end);
    if (Number.isNaN(ms)) return FAULT.number;
    row.number[field] = ms;
    row.present[field] = 1;
    return ms < min || ms > max ? FAULT.range : 0;
  };
}

/** 1990 to 2099: outside it a clock was not set. */
export const LEAST_TIME_MS = Date.UTC(1990, 0, 1);
export const GREATEST_TIME_MS = Date.UTC(2100, 0, 1) - 1;

export function dateReader(field: number, reader: DateReader): ValueReader {
  return (row, start, end) => {
    const ms = reader.read(row, start, end);
    if (Number.isNaN(ms)) return FAULT.date;
    row.number[field] = ms;
    row.present[field] = 1;
    return ms < LEAST_TIME_MS || ms > GREATEST_TIME_MS ? FAULT.range : 0;
  };
}

const EPOCH_SYNTAX: DecimalSyntax = { point: true, comma: false, exponent: true, implied: 0 };

/** Seconds or milliseconds since 1970; what is finer than a millisecond is cut off. */
export function epochReader(field: number, pattern: string): ValueReader {
  const factor = EPOCH_PATTERNS[pattern];
  const decimal: Decimal = { digits: 0, scale: 0 };
  return (row, start, end) => {
    if (!parseDecimal(row.text, start, end, EPOCH_SYNTAX, decimal)) return FAULT.date;
    const rest = decimal.digits % 10 ** Math.max(0, decimal.scale - Math.log10(factor));
    const ms = toWhole(decimal.digits - rest, decimal.scale, factor, true);
    if (Number.isNaN(ms)) return FAULT.date;
    row.number[field] = ms;
    row.present[field] = 1;
    return ms < LEAST_TIME_MS || ms > GREATEST_TIME_MS ? FAULT.range : 0;
  };
}

function limitsOf(spec: FormatField): [number, number] {
  return [spec.min ?? -Infinity, spec.max ?? Infinity];
}
