/** `energy`: what a cubic metre of gas is in kilowatt-hours, day by day, from files of `day,value` or `day,area,value`. */
import type { TariffFile } from '../../schemas/tariff.ts';
import type { TariffFileEnergy } from '../../schemas/tariff-energy.ts';
import { dayOfDate } from '../arithmetic/calendar.ts';
import { ONE, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { MistakeList } from './mistakes.ts';
import { parseQuantity } from './quantities.ts';
import type { ReadSideFile } from './read-zones.ts';

/**
 * A number for each usage, in billionths: the same for all, of the customer, or of the day (and of an area, which an
 * attribute names).
 */
export type FactorModel =
  | { kind: 'value'; value: bigint }
  | { kind: 'attribute'; name: string }
  /** `area` null: one area, ''. */
  | { kind: 'series'; file: string; area: string | null; areas: ReadonlyMap<string, DailySeries> };

export interface DailySeries {
  first: number;
  /** Null where the file has none. */
  values: readonly (bigint | null)[];
}

export interface EnergyModel {
  /** kWh or MJ in a cubic metre under standard conditions. */
  calorific: FactorModel;
  correction: FactorModel;
  unit: 'kWh' | 'MJ';
  /** Milliseconds after midnight. */
  dayBeginsMs: number;
  /** Wh. */
  roundTo: number;
}

export const BILLIONTHS = 10n ** 9n;

/** Of a number with at most nine decimals; null: it is none. */
export function billionths(text: string): bigint | null {
  const [, whole = '', fraction = ''] = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  return whole === '' ? null : BigInt(whole + fraction.padEnd(9, '0'));
}

/** Two hundred years. */
const DAYS_MAX = 73_000;
const LINE = /^(\d{4}-\d\d-\d\d)\s*[,;]\s*(?:([^\s,;]+)\s*[,;]\s*)?(\d{1,6}(?:\.\d{1,9})?)$/;
const NO_CORRECTION: FactorModel = { kind: 'value', value: BILLIONTHS };

export function readEnergy(file: TariffFile, readSideFile: ReadSideFile, mistakes: MistakeList): EnergyModel | null {
  const { energy } = file;
  if (energy === undefined) return null;
  if (file.service !== 'gas') {
    mistakes.add(['energy'], 'Only gas is metered as volume and sold as energy.', 'Remove it.');
  }
  if (file.rounding?.at === 'session') {
    mistakes.add(['rounding', 'at'], 'With `energy` there are no sessions.', 'Write record, day, line or document.');
  }
  const factor = (key: 'calorific' | 'correction') =>
    energy[key] === undefined ? NO_CORRECTION : readFactor(energy[key], key, readSideFile, mistakes);
  const round = parseQuantity(energy.round ?? '1Wh', 'Wh');
  if (typeof round === 'string' || round === 0) {
    const problem = typeof round === 'string' ? round : 'It must be more than zero.';
    mistakes.add(['energy', 'round'], problem, 'Write 1Wh, 1kWh.');
  }
  const [hours, minutes] = (energy.dayBegins ?? '00:00').split(':').map(Number) as [number, number];
  return {
    calorific: factor('calorific'),
    correction: factor('correction'),
    unit: energy.in ?? 'kWh',
    dayBeginsMs: (hours * 60 + minutes) * 60_000,
    roundTo: typeof round === 'string' ? 1 : Math.max(1, round),
  };
}

function readFactor(
  factor: NonNullable<TariffFileEnergy['correction']>,
  key: string,
  readSideFile: ReadSideFile,
  mistakes: MistakeList,
): FactorModel {
  const path = ['energy', key];
  if (typeof factor !== 'object') {
    const value = billionths(factor)!;
    if (value === 0n) mistakes.add(path, 'Nothing would be sold.', 'Write a number above zero.');
    return { kind: 'value', value };
  }
  if ('attribute' in factor) return { kind: 'attribute', name: factor.attribute };
  const area = factor.area ?? null;
  const model = { kind: 'series', file: factor.file, area } as const;
  let text: string;
  try {
    text = readSideFile(factor.file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const cure = 'Put the file beside the tariff or correct the name.';
    mistakes.add([...path, 'file'], `\`${factor.file}\` cannot be read: ${reason}.`, cure);
    return { ...model, areas: new Map() };
  }
  return { ...model, areas: readDays(text, factor.file, area !== null, mistakes) };
}

/** By area. The order of lines has no meaning; a day stands in an area once. */
function readDays(text: string, file: string, byArea: boolean, mistakes: MistakeList): Map<string, DailySeries> {
  const found = new Map<string, Map<number, bigint>>();
  const example = byArea ? '2026-01-01,north,10.5523' : '2026-01-01,10.5523';
  let head = true;
  text.split('\n').forEach((line, index) => {
    const row = line.trim();
    if (row === '' || row.startsWith('#')) return;
    const isHead = head && /^[a-z]/i.test(row);
    head = false;
    if (isHead) return;
    const [, date = '', area = '', value = ''] = LINE.exec(row) ?? [];
    const day = date === '' ? NaN : dayOfDate(date);
    const days = found.get(area) ?? new Map<number, bigint>();
    const problem =
      Number.isNaN(day) || (area !== '') !== byArea
        ? `is not a day, ${byArea ? 'an area ' : ''}and a value`
        : /^[0.]*$/.test(value)
          ? 'has a value of zero'
          : days.has(day)
            ? 'is there twice'
            : '';
    if (problem !== '') {
      mistakes.addIn(file, index + 1, `\`${row}\` ${problem}.`, `Write one line for each day: \`${example}\`.`);
      return;
    }
    found.set(area, days.set(day, billionths(value)!));
  });
  if (found.size === 0) mistakes.addIn(file, 1, 'There is no value in it.', `Write lines like \`${example}\`.`);
  return new Map([...found].map(([area, days]) => [area, dense(days, file, mistakes)]));
}

function dense(days: ReadonlyMap<number, bigint>, file: string, mistakes: MistakeList): DailySeries {
  const numbers = [...days.keys()].sort((a, b) => a - b);
  const first = numbers[0];
  const count = numbers.at(-1)! - first + 1;
  if (count > DAYS_MAX) {
    mistakes.addIn(file, 1, 'Its days are too far apart.', 'Correct the years.');
    return { first, values: [] };
  }
  return { first, values: Array.from({ length: count }, (_, index) => days.get(first + index) ?? null) };
}

/** Wh in a litre, by what the calorific value of a cubic metre counts in. */
export function energyUnit({ unit }: EnergyModel): Ratio {
  return unit === 'kWh' ? ONE : ratio(5n, 18n);
}
