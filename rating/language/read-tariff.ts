/** A tariff file → its model, or everything that is wrong with it. */
import { SERVICES } from '../../schemas/columns/usage-columns.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import { dayOfDate } from '../arithmetic/calendar.ts';
import { decimalRatio } from '../arithmetic/ratio.ts';
import { MistakeList, type Mistake } from './mistakes.ts';
import type { TariffModel } from './model.ts';
import { checkLaterBands, checkRuleComponents, rulesOfLaterBands } from './check-components.ts';
import { checkCrossing } from './check-crossing.ts';
import { readBands } from './read-bands.ts';
import { readDays } from './read-days.ts';
import { readEnergy } from './read-energy.ts';
import { readNumbers } from './read-numbers.ts';
import { checkComponents, checkFlows, readPeriod } from './read-period.ts';
import { checkReach, readRules } from './read-rules.ts';
import { readSeries } from './read-series.ts';
import { checkTest } from './read-tests.ts';
import { readZones, type ReadSideFile } from './read-zones.ts';
import { addSchemaFindings } from './schema-findings.ts';
import { readSource } from './source.ts';

export interface TariffInputs {
  readSideFile: ReadSideFile;
  /** Not a file to be published, but what was. */
  published?: boolean;
  /** UTC offset changes of an IANA zone; null for names that are none. */
  transitions(name: string): readonly (readonly [number, number])[] | null;
}

/** Parts whose names are used in others. */
const NAMED_PARTS = [
  'rules',
  'bands',
  'registers',
  'zones',
  'zonesFile',
  'numbers',
  'numbersFile',
  'series',
  'daySets',
  'seasons',
];

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
  const measuredIn = SERVICES[file.service];
  const asEnergy = (file.energy !== undefined || broken.has('energy')) && file.service === 'gas';
  const base = asEnergy ? 'Wh' : measuredIn;
  if (file.effective !== undefined && Number.isNaN(dayOfDate(file.effective))) {
    mistakes.add(['effective'], `\`${file.effective}\` is no day of the calendar.`, 'Correct the date.');
  }
  const transitions = file.timeZone === undefined ? null : inputs.transitions(file.timeZone);
  if (file.timeZone !== undefined && transitions === null) {
    mistakes.add(['timeZone'], `\`${file.timeZone}\` is no time zone.`, 'Write an IANA name, for example Europe/Kyiv.');
  }
  const { readSideFile } = inputs;
  const days = readDays(file, readSideFile, mistakes);
  const bands = readBands(file, days, mistakes);
  const zones = readZones(file, readSideFile, mistakes);
  const numbers = readNumbers(file, readSideFile, mistakes);
  const energy = readEnergy(file, readSideFile, mistakes);
  const series = readSeries(file, base, { readSideFile, transitions }, mistakes);
  // Names cannot be checked against a part that is itself broken.
  const namesKnown = !NAMED_PARTS.some((key) => broken.has(key));
  const rules = namesKnown ? readRules(file, base, { bands, zones, numbers, series }, mistakes) : [];
  if (namesKnown && !mistakes.any) checkReach(rules, bands, zones, mistakes);
  checkCrossing(file, base, bands, rules, mistakes);
  const period = readPeriod(namesKnown ? file : { ...file, period: {} }, base, bands, zones, mistakes);
  checkComponents(file, rules, mistakes);
  if (inputs.published !== true) checkFlows(period, mistakes);
  const onRecord = file.rounding?.at === 'record' || file.rounding?.at === 'session';
  if (file.period?.exchange !== undefined && onRecord && inputs.published !== true) {
    mistakes.add(
      ['period', 'exchange'],
      'Only lines are exchanged: record charges would stay in the currency of the tariff.',
      'Round at day, line or document.',
    );
  }
  if (namesKnown && !mistakes.any) {
    const places = { at: file.rounding.at, zones: zones.names.length, bands: bands.names.length };
    checkRuleComponents(rules, period, places, mistakes);
    const divides = (file.crossing ?? 'by-start') !== 'by-start' && bands.by === 'clock';
    // What was published before this was asked stays valid: its settlement says SETTLE_RULE_UNKNOWN.
    if (divides && inputs.published !== true)
      checkLaterBands(rules, rulesOfLaterBands(rules, period, places), mistakes);
  }
  const tests = file.tests ?? [];
  tests.forEach((test, index) => {
    checkTest(test, { base, measuredIn }, ['tests', index], mistakes);
    const same = tests.findIndex(({ name }) => name !== undefined && name === test.name);
    if (same !== -1 && same < index) {
      mistakes.add(['tests', index, 'name'], `Test ${same + 1} is called so too.`, 'Choose another name.');
    }
  });
  return {
    name: file.name,
    title: file.title ?? file.name,
    effective: file.effective,
    currency: file.currency,
    timeZone: file.timeZone,
    service: file.service,
    base,
    measuredIn,
    energy,
    tax: {
      percentText: file.tax?.percent ?? '0',
      percent: decimalRatio(file.tax?.percent ?? '0'),
      included: file.tax?.included ?? false,
    },
    rounding: file.rounding,
    days,
    clock: file.clock ?? 'local',
    bands,
    zones,
    zonesOf: file.zonesOf ?? 'calledParty',
    numbers,
    series,
    crossing: file.crossing ?? 'by-start',
    payee: file.payee ?? '',
    rules,
    period,
    tests,
  };
}
