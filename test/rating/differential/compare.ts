/** One case through the engine and through the model. */
import { stringify } from 'yaml';
import { checkTariff, formatMistake, testTariff } from '../../../rating/index.ts';
import { judge } from '../model/judge.ts';
import { recordMoney, settleMonth } from '../model/month.ts';
import type { Q } from '../model/rational.ts';
import { readTariff, type Tariff } from '../model/tariff.ts';
import { priceUsage, type Priced, type Usage } from '../model/usage.ts';
import type { Fields } from '../model/document.ts';
import { rateAll } from './engine.ts';
import { energyFile } from './random-energy.ts';
import { SERIES_FILE, seriesText } from './random-tariff.ts';
import { writtenMonth, writtenUsage } from './write.ts';

/** Many usages rated as records, or few settled as a month. */
export interface Case {
  tariff: Fields;
  usages: Usage[];
  /** `given` of a test without its usage. */
  month?: { period: string; starts?: string; ends?: string; customer?: Fields };
}

export interface Difference {
  /** Index of the usage; -1 for a whole month. */
  usage: number;
  text: string;
}

/** `true` and whole numbers without quotes, as the language wants them. */
export const yamlOf = (tariff: Fields): string =>
  stringify(tariff, { lineWidth: 120 }).replaceAll(/: "(true|false|\d+)"$/gm, ': $1');

/** Mistakes that the language finds; a generated tariff should have none. */
export function mistakes(one: Case): string[] {
  return checkTariff(yamlOf(one.tariff), sideFile).map(formatMistake);
}

export function differenceOf(one: Case): Difference | null {
  return one.month === undefined ? recordDifference(one) : monthDifference(one);
}

export const sideFile = (name: string): string => {
  const energy = energyFile(name);
  if (energy !== null) return energy;
  if (name === SERIES_FILE) return seriesText();
  throw new Error(`no file ${name}`);
};

const micros = (value: Q): string => value.times(1_000_000n).toString();

function recordDifference({ tariff: document, usages }: Case): Difference | null {
  const tariff = readTariff(document, sideFile);
  const { row, explained } = rateAll(yamlOf(document), sideFile, tariff.metered, usages);
  for (const [index, one] of usages.entries()) {
    const priced = priceUsage(tariff, one);
    const expected = 'error' in priced ? priced.error : modelText(tariff, one, priced);
    const { error, amountMicros, taxMicros, billed, zone, band } = row(index);
    const actual = error ?? [amountMicros, taxMicros, billed, zone, band].join(' | ');
    if (actual !== expected) return { usage: index, text: `engine ${actual}, model ${expected}` };
    if (index % 97 !== 0) continue;
    const again = explained(index);
    if (again.amountMicros !== amountMicros || again.taxMicros !== taxMicros) {
      return { usage: index, text: `rated ${amountMicros}, explained ${again.amountMicros}` };
    }
  }
  return null;
}

function modelText(tariff: Tariff, usage: Usage, priced: Priced): string {
  const { amount, tax } = recordMoney(tariff, usage, priced);
  return [micros(amount), micros(tax), priced.billed, priced.zone, priced.band].join(' | ');
}

/** Many months under one tariff, in one file: reading it takes longer than what it says. An exception is no agreement. */
export function agreeOn(months: readonly Case[]): boolean {
  try {
    const yaml = yamlWithTests(months);
    return (
      testTariff(yaml, sideFile).every(({ ok }) => ok) &&
      judge(yaml, sideFile).every(({ differences }) => differences.length === 0)
    );
  } catch {
    return false;
  }
}

/** The month as a test inside the tariff, with what the model expects: what differs can be run again as it stands. */
function monthDifference(one: Case): Difference | null {
  const yaml = yamlWithTest(one);
  const [result] = testTariff(yaml, sideFile);
  const [own] = judge(yaml, sideFile);
  if (own!.differences.length > 0) throw new Error(`The model disagrees with itself: ${own!.differences.join('; ')}`);
  return result!.ok ? null : { usage: -1, text: result!.differences.join('; ') };
}

export const yamlWithTest = (one: Case): string => yamlWithTests([one]);

/** Cases of one tariff. */
function yamlWithTests(cases: readonly Case[]): string {
  const { tariff } = cases[0]!;
  const model = readTariff(tariff, sideFile);
  const tests = cases.map(({ usages, month }) =>
    month === undefined
      ? writtenUsage(model, usages[0]!, priceUsage(model, usages[0]!))
      : writtenMonth(model, month, usages, settleMonth(model, month as Fields, usages)),
  );
  return yamlOf({ ...tariff, tests });
}
