/** A tariff file → its model, or everything that is wrong with it. */
import { SERVICES } from '../../schemas/columns/usage-columns.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import { dayOfDate } from '../arithmetic/calendar.ts';
import { decimalRatio } from '../arithmetic/ratio.ts';
import { MistakeList, type Mistake } from './mistakes.ts';
import type { TariffModel } from './model.ts';
import { readBands, readHolidays } from './read-bands.ts';
import { checkComponents, readAllowances, readFees } from './read-period.ts';
import { checkReach, readRules } from './read-rules.ts';
import { checkTest } from './read-tests.ts';
import { readZones, type ReadSideFile } from './read-zones.ts';
import { addSchemaFindings } from './schema-findings.ts';
import { readSource } from './source.ts';

export interface TariffInputs {
  readSideFile: ReadSideFile;
  /** False for names that are no IANA zone. */
  isTimeZone(name: string): boolean;
}

export type ReadTariff = { model: TariffModel; mistakes: [] } | { model: null; mistakes: Mistake[] };

export function readTariff(text: string, fileName: string, inputs: TariffInputs): ReadTariff {
  const source = readSource(text);
  const mistakes = new MistakeList(fileName, (path) => source.lineOf(path));
  for (const fault of source.faults) mistakes.addIn(fileName, fault.line, `${fault.message}.`, 'Correct the YAML.');
  if (mistakes.any) return { model: null, mistakes: mistakes.sorted() };
  const broken = new Set(addSchemaFindings(source.value, mistakes).map((path) => path[0] ?? ''));
  const file = withoutBroken(source.value, broken);
  const model = file === null ? null : readParts(file, broken, inputs, mistakes);
  return model === null || mistakes.any ? { model: null, mistakes: mistakes.sorted() } : { model, mistakes: [] };
}

/** The parts that can be read although others are broken, so that one run shows all mistakes. */
function withoutBroken(value: unknown, broken: ReadonlySet<string | number>): TariffFile | null {
  if (typeof value !== 'object' || value === null || broken.has('service')) return null;
  const file = value as TariffFile;
  if (file.service === undefined) return null;
  const sound = Object.fromEntries(Object.entries(file).filter(([key]) => !broken.has(key)));
  return { ...(sound as TariffFile), rules: broken.has('rules') ? [] : (file.rules ?? []) };
}

function readParts(
  file: TariffFile,
  broken: ReadonlySet<string | number>,
  inputs: TariffInputs,
  mistakes: MistakeList,
): TariffModel {
  const base = SERVICES[file.service];
  if (file.effective !== undefined && Number.isNaN(dayOfDate(file.effective))) {
    mistakes.add(['effective'], `\`${file.effective}\` is no day of the calendar.`, 'Correct the date.');
  }
  if (file.timeZone !== undefined && !inputs.isTimeZone(file.timeZone)) {
    mistakes.add(['timeZone'], `\`${file.timeZone}\` is no time zone.`, 'Write an IANA name, for example Europe/Kyiv.');
  }
  const holidays = readHolidays(file.holidays ?? [], mistakes);
  const bands = readBands(file, mistakes);
  const zones = readZones(file, inputs.readSideFile, mistakes);
  // Names cannot be checked against a part that is itself broken.
  const namesKnown = !['rules', 'bands', 'registers', 'zones', 'zonesFile'].some((key) => broken.has(key));
  const rules = namesKnown ? readRules(file, base, bands, zones, mistakes) : [];
  if (namesKnown && !mistakes.any) checkReach(rules, bands, zones, mistakes);
  if (file.crossing === 'by-increment' && (base !== 'ms' || bands.by !== 'clock')) {
    mistakes.add(
      ['crossing'],
      'Only time with `bands` can be divided at a border: other quantities have no counter there.',
      'Remove it: the band at the start holds.',
    );
  }
  const allowances = namesKnown ? readAllowances(file, base, bands, zones, mistakes) : [];
  checkComponents(file, rules, mistakes);
  (file.tests ?? []).forEach((test, index) => checkTest(test, base, ['tests', index], mistakes));
  return {
    name: file.name,
    title: file.title ?? file.name,
    effective: file.effective,
    currency: file.currency,
    timeZone: file.timeZone,
    service: file.service,
    base,
    tax: {
      percentText: file.tax?.percent ?? '0',
      percent: decimalRatio(file.tax?.percent ?? '0'),
      included: file.tax?.included ?? false,
    },
    rounding: file.rounding,
    holidays,
    bands,
    zones,
    crossing: file.crossing ?? 'by-start',
    rules,
    fees: readFees(file),
    allowances,
    tests: file.tests ?? [],
  };
}
