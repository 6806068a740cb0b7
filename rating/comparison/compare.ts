/**
 * What is different between two tariffs, in words and as data: prices, bands, zones, components and everything else that
 * stands in their files. Values that mean the same are the same, however they are written.
 */
import type { Publication } from '../../schemas/log-entries.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import { readPublication, readSource, valueWords, versionName, type TariffModel } from '../language/index.ts';
import { Changes, type PartDifference } from './changes.ts';
import { comparePrefixes } from './prefixes.ts';
import { compareRules } from './rules.ts';
import { sameValue } from './values.ts';

export type { PartDifference, TariffChange } from './changes.ts';

export interface TariffDifference {
  /** Versions as their files say them. */
  from: string;
  to: string;
  same: boolean;
  /** Parts in which something changed. */
  parts: PartDifference[];
}

/** Parts that are told value by value elsewhere. */
const APART: readonly string[] = ['rules', 'zones', 'zonesFile', 'numbers', 'numbersFile', 'series', 'period', 'tests'];
/** Parts that are lists by name: told name by name. */
const NAMED: readonly string[] = ['bands', 'registers', 'daySets', 'seasons', 'tax', 'rounding'];

interface Side {
  file: TariffFile;
  model: TariffModel;
  publication: Publication;
}

/** `shownMax`: of each part so many changes are shown; all are counted. Throws TARIFF_INVALID. */
export function compareTariffs(from: Publication, to: Publication, shownMax = 20): TariffDifference {
  const [one, other] = [sideOf(from), sideOf(to)];
  const parts: PartDifference[] = [];
  const part = (name: string, compare: (changes: Changes) => void): void => {
    const changes = new Changes(name, shownMax);
    compare(changes);
    if (changes.found !== null) parts.push(changes.found);
  };
  const { base } = one.model;
  part('tariff', (changes) => compareHeads(one, other, changes));
  for (const name of NAMED) {
    part(name, (changes) => compareKeys(valueAt(one, name), valueAt(other, name), base, changes));
  }
  part('zones', (changes) => comparePrefixes(one.model.zones, other.model.zones, changes));
  part('numbers', (changes) => compareNumbers(one.model, other.model, changes));
  part('series', (changes) => compareSeries(one, other, changes));
  part('rules', (changes) => compareRules(one.file.rules, other.file.rules, base, changes));
  for (const kind of periodKinds(one, other)) {
    part(`period.${kind}`, (changes) => comparePeriod(one, other, kind, changes));
  }
  part('tests', (changes) => compareTests(one, other, changes));
  part('clock changes', (changes) => compareClocks(one, other, changes));
  return { from: versionName(one.model), to: versionName(other.model), same: parts.length === 0, parts };
}

function sideOf(publication: Publication): Side {
  const model = readPublication(publication);
  return { model, publication, file: readSource(publication.document).value as TariffFile };
}

function valueAt({ file }: Side, key: string): unknown {
  return (file as Record<string, unknown>)[key];
}

function compareHeads(one: Side, other: Side, changes: Changes): void {
  const left = [...APART, ...NAMED];
  const head = (side: Side) => Object.fromEntries(Object.entries(side.file).filter(([key]) => !left.includes(key)));
  compareKeys(head(one), head(other), one.model.base, changes);
}

/** Each key of two values; a list is told item by item. */
function compareKeys(one: unknown, other: unknown, base: TariffModel['base'], changes: Changes): void {
  const [before, after] = [asRecord(one), asRecord(other)];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[key], after[key]];
    if (sameValue(old, now, base)) continue;
    if (isTexts(old) && isTexts(now)) {
      for (const item of old) if (!now.includes(item)) changes.add(key, '', item, null);
      for (const item of now) if (!old.includes(item)) changes.add(key, '', null, item);
    } else changes.add(key, '', written(old), written(now));
  }
}

/** As a prefix may stand in several sets, each of them is told apart. */
function compareNumbers(one: TariffModel, other: TariffModel, changes: Changes): void {
  for (const name of new Set([...one.numbers.keys(), ...other.numbers.keys()])) {
    const [old, now] = [new Set(one.numbers.get(name)), new Set(other.numbers.get(name))];
    for (const prefix of old) if (!now.has(prefix)) changes.add(name, '', prefix, null);
    for (const prefix of now) if (!old.has(prefix)) changes.add(name, '', null, prefix);
  }
}

function compareSeries(one: Side, other: Side, changes: Changes): void {
  compareKeys(one.file.series, other.file.series, one.model.base, changes);
  for (const before of one.model.series) {
    const after = other.model.series.find(({ name }) => name === before.name);
    if (after === undefined || before.everyMs !== after.everyMs) continue;
    const priceAt = ({ fromMs, everyMs, prices, denominator }: typeof before, atMs: number): string | null => {
      const price = prices[(atMs - fromMs) / everyMs] ?? null;
      return price === null ? null : decimal(price, denominator * 1_000_000n);
    };
    const first = Math.min(before.fromMs, after.fromMs);
    const end = Math.max(...[before, after].map(({ fromMs, everyMs, prices }) => fromMs + everyMs * prices.length));
    for (let atMs = first; atMs < end; atMs += before.everyMs) {
      const [old, now] = [priceAt(before, atMs), priceAt(after, atMs)];
      if (old !== now) changes.add(before.name, new Date(atMs).toISOString(), old, now);
    }
  }
}

/** Micro-units over a denominator that is a power of ten, as a series has it. */
function decimal(value: bigint, denominator: bigint): string {
  const digits = String(denominator).length - 1;
  const text = String(value < 0n ? -value : value).padStart(digits + 1, '0');
  const fraction = text.slice(text.length - digits).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${text.slice(0, text.length - digits)}${fraction === '' ? '' : `.${fraction}`}`;
}

function periodKinds(...sides: Side[]): string[] {
  return [...new Set(sides.flatMap(({ file }) => Object.keys(file.period ?? {})))];
}

/** Components by name; two of a name are numbered. */
function comparePeriod(one: Side, other: Side, kind: string, changes: Changes): void {
  const { base } = one.model;
  const [before, after] = [one, other].map(({ file }) => (file.period as Record<string, unknown> | undefined)?.[kind]);
  if (!Array.isArray(before ?? after)) return compareKeys({ [kind]: before }, { [kind]: after }, base, changes);
  const [old, now] = [byComponent(before), byComponent(after)];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [a, b] = [old.get(name), now.get(name)];
    if (a === undefined || b === undefined) changes.add(name, '', written(a), written(b));
    else {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        if (!sameValue(a[key], b[key], base)) changes.add(name, key, written(a[key]), written(b[key]));
      }
    }
  }
}

function byComponent(list: unknown): Map<string, Record<string, unknown>> {
  const found = new Map<string, Record<string, unknown>>();
  for (const one of (list ?? []) as Record<string, unknown>[]) {
    const component = typeof one['component'] === 'string' ? one['component'] : 'usage';
    let name = component;
    for (let number = 2; found.has(name); number++) name = `${component} (${number})`;
    found.set(name, one);
  }
  return found;
}

function compareTests(one: Side, other: Side, changes: Changes): void {
  const byName = ({ file }: Side) =>
    Object.fromEntries((file.tests ?? []).map(({ name, ...test }, index) => [name ?? `test ${index + 1}`, test]));
  compareKeys(byName(one), byName(other), one.model.base, changes);
}

/** The same text can rest on other clocks: those of the day on which it was prepared. */
function compareClocks(one: Side, other: Side, changes: Changes): void {
  const zoneOf = ({ model, publication }: Side) => JSON.stringify(publication.data.zones[model.timeZone]);
  if (one.model.timeZone === other.model.timeZone && zoneOf(one) !== zoneOf(other)) {
    changes.add(one.model.timeZone, '', 'as known then', 'as known now');
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function written(value: unknown): string | null {
  return value === undefined ? null : valueWords(value);
}
