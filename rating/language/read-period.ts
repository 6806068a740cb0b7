/** `period`: what is settled for a span of time. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import type { TariffFilePeriod } from '../../schemas/tariff-period.ts';
import { decimalRatio } from '../arithmetic/ratio.ts';
import type { MistakeList } from './mistakes.ts';
import type { BandsModel, RuleModel, ZonesModel } from './model.ts';
import type { ComponentModel, PeriodModel } from './period-model.ts';
import { PeriodReader, type Item, type Path } from './read-period-common.ts';
import { readDemand, readLosses, readNet, readPercentile, readReactive } from './read-period-energy.ts';
import { readBenefit, readCommitment, readShare } from './read-period-money.ts';
import { readAllowance, readFee, readNorm, readTiers } from './read-period-use.ts';

export function readPeriod(
  file: TariffFile,
  base: BaseUnit,
  bands: BandsModel,
  zones: ZonesModel,
  mistakes: MistakeList,
): PeriodModel {
  const period: TariffFilePeriod = file.period ?? {};
  const reader = new PeriodReader(base, bands, zones, mistakes, period.cycle);
  const all = <K extends ListKey, T>(key: K, read: (reader: PeriodReader, item: Item<K>, path: Path) => T): T[] =>
    ((period[key] ?? []) as Item<K>[]).map((item, index) => read(reader, item, ['period', key, index]));
  const allowances = all('allowances', readAllowance);
  return {
    cycle: reader.defaultCycle,
    split: splitOf(period.split),
    exchange: exchangeOf(period.exchange, reader),
    fees: all('fees', readFee),
    // Sorting keeps the order of the file among equals.
    allowances: allowances.sort((a, b) => a.priority - b.priority),
    tiers: all('tiers', readTiers),
    demand: all('demand', readDemand),
    percentile: all('percentile', readPercentile),
    reactive: all('reactive', readReactive),
    losses: all('losses', readLosses),
    norms: all('norms', readNorm),
    net: all('net', readNet),
    shares: [
      ...all('surcharges', (_, item, path) => readShare(reader, item, path, 1n)),
      ...all('discounts', (_, item, path) => readShare(reader, item, path, -1n)),
    ],
    benefits: all('benefits', readBenefit),
    commitments: all('commitments', readCommitment),
  };
}

const LISTS = [
  'fees',
  'allowances',
  'tiers',
  'demand',
  'percentile',
  'reactive',
  'losses',
  'norms',
  'net',
  'surcharges',
  'discounts',
  'benefits',
  'commitments',
] as const;
type ListKey = (typeof LISTS)[number];

function splitOf(split: TariffFilePeriod['split']): PeriodModel['split'] {
  if (split === undefined || split === 'none') return null;
  const weights = split === 'days' ? Array<string>(12).fill('1') : split.profile;
  return weights.map(decimalRatio);
}

function exchangeOf(exchange: TariffFilePeriod['exchange'], reader: PeriodReader): PeriodModel['exchange'] {
  if (exchange === undefined) return null;
  const rates = Object.entries(exchange.rates).map(([date, text]) => ({
    day: reader.day(date, ['period', 'exchange', 'rates', date]),
    rate: decimalRatio(text),
    text,
  }));
  if (rates.length === 0) reader.mistakes.add(['period', 'exchange', 'rates'], 'There is no rate.', 'Add one.');
  return { to: exchange.to, rates: rates.sort((a, b) => a.day - b.day), at: exchange.at ?? 'end' };
}

/** A line of a bill is found by its component: two things of one name could not be told apart. */
export function checkComponents(file: TariffFile, rules: readonly RuleModel[], mistakes: MistakeList): void {
  const period: TariffFilePeriod = file.period ?? {};
  const taken = new Map(rules.map((rule) => [rule.component, 'a rule']));
  const tiers = new Set((period.tiers ?? []).map(({ component }) => component));
  const known = new Set([
    ...taken.keys(),
    ...LISTS.flatMap((list) => (period[list] ?? []).map((one) => one.component)),
  ]);
  for (const list of LISTS) {
    (period[list] ?? []).forEach((item, index) => {
      const path = ['period', list, index];
      const other = taken.get(item.component);
      if (other !== undefined) {
        mistakes.add(
          [...path, 'component'],
          `\`${item.component}\` is already the component of ${other}.`,
          'Choose another name.',
        );
      }
      taken.set(item.component, `\`${list}\``);
      if ('into' in item && item.into !== undefined && !tiers.has(item.into)) {
        mistakes.add([...path, 'into'], `There are no \`tiers\` named \`${item.into}\`.`, 'Name one of them.');
      }
      for (const name of 'of' in item && list !== 'demand' ? [item.of ?? []].flat() : []) {
        if (known.has(name)) continue;
        mistakes.add([...path, 'of'], `There is no component \`${name}\`.`, `Known: ${[...known].join(', ')}.`);
      }
    });
  }
}

/** What goes into tiers is worked out with them, and each month by itself: no other one is at hand. */
export function checkFlows({ losses, net, tiers }: PeriodModel, mistakes: MistakeList): void {
  const same = (a: ComponentModel, b: ComponentModel) =>
    a.billed === b.billed && JSON.stringify(a.cycle) === JSON.stringify(b.cycle);
  for (const [list, items] of Object.entries({ losses, net })) {
    items.forEach((item, index) => {
      const into = tiers.find(({ component }) => component === item.into);
      if (into === undefined || (same(item, into) && into.countsFrom === null)) return;
      mistakes.add(
        ['period', list, index, 'into'],
        `\`${into.component}\` has another cycle, or counts from another day.`,
        'Give both the same `cycle` and `billed`, and leave out `countsFrom`; or write a `price` here.',
      );
    });
  }
}
