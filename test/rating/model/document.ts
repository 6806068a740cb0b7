/** A tariff file as a tree of texts: figures stay digits. Only what the language says about writing, nothing about meaning. */
import { parse } from 'yaml';
import { Q } from './rational.ts';

export type Tree = string | Tree[] | { [key: string]: Tree };
export type Fields = { [key: string]: Tree };

export function readDocument(text: string): Fields {
  return parse(text, { schema: 'failsafe' }) as Fields;
}

export const fields = (tree: Tree | undefined): Fields => (tree ?? {}) as Fields;
export const list = (tree: Tree | undefined): Tree[] => (Array.isArray(tree) ? tree : tree === undefined ? [] : [tree]);
export const texts = (tree: Tree | undefined): string[] => list(tree) as string[];
export const text = (tree: Tree | undefined): string => (tree ?? '') as string;
export const money = (tree: Tree | undefined): Q => (tree === undefined ? Q.zero : Q.of(text(tree)));

const TIME: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
const DATA: Record<string, number> = {
  B: 1,
  kB: 1000,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
const ENERGY: Record<string, number> = { Wh: 1, kWh: 1000, MWh: 1e6 };
const VOLUME: Record<string, number> = { l: 1, m3: 1000 };
const EVENT: Record<string, number> = { event: 1, '': 1 };

const UNITS: Record<string, Record<string, number>> = {
  voice: TIME,
  data: DATA,
  electricity: ENERGY,
  heat: ENERGY,
  gas: VOLUME,
  water: VOLUME,
  sewage: VOLUME,
};

export function unitsOf(service: string): Record<string, number> {
  return UNITS[service] ?? EVENT;
}

/** In base units of the service: ms, bytes, Wh, litres, events. */
export function quantity(tree: Tree | undefined, service: string): Q {
  if (tree === undefined) return Q.zero;
  const [, digits = '', unit = ''] = /^([\d.]+) ?(\S*)$/.exec(text(tree)) ?? [];
  const factor = unitsOf(service)[unit];
  if (factor === undefined) throw new Error(`${text(tree)} is no quantity of ${service}`);
  return Q.of(digits).times(BigInt(factor));
}
