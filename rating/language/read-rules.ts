/** `rules`: ordered, the first one that matches holds. Also finds rules and zones that can never meet. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import type { MistakeList } from './mistakes.ts';
import { DEFAULT_COMPONENT, type BandsModel, type RuleModel, type TariffModel, type ZonesModel } from './model.ts';
import { readPrice } from './read-price.ts';
import { conditionsText, readWhen } from './read-when.ts';

type Path = readonly (string | number)[];

/** Names to numbers; unknown names are mistakes. `undefined` matches everything. */
export function numbersOf(
  wanted: string | readonly string[] | undefined,
  known: readonly string[],
  what: string,
  path: Path,
  mistakes: MistakeList,
): number[] | null {
  if (wanted === undefined) return null;
  return [wanted].flat().flatMap((name) => {
    const number = known.indexOf(name);
    if (number !== -1) return [number];
    const names = known.filter((one) => one !== '').slice(0, 12);
    const cure =
      names.length === 0 ? `This tariff has no ${what}s: add them or remove this.` : `Known: ${names.join(', ')}.`;
    mistakes.add(path, `There is no ${what} \`${name}\`.`, cure);
    return [];
  });
}

export function readRules(
  file: TariffFile,
  base: BaseUnit,
  { bands, zones, numbers, series }: Pick<TariffModel, 'bands' | 'zones' | 'numbers' | 'series'>,
  mistakes: MistakeList,
): RuleModel[] {
  return file.rules.map((rule, index) => {
    const path = ['rules', index];
    const clockBands = bands.by === 'clock' ? bands.names : [];
    const registerBands = bands.by === 'register' ? bands.names : [];
    const byClock = numbersOf(rule.band, clockBands, 'band', [...path, 'band'], mistakes);
    const byRegister = numbersOf(rule.register, registerBands, 'register', [...path, 'register'], mistakes);
    return {
      zones: numbersOf(rule.zone, zones.names, 'zone', [...path, 'zone'], mistakes),
      bands: byClock ?? byRegister,
      when: readWhen(rule.when, numbers, [...path, 'when'], mistakes),
      component: rule.component ?? DEFAULT_COMPONENT,
      price: readPrice(rule.price, base, series, [...path, 'price'], mistakes),
    };
  });
}

/** Which rules come into question, by zone × bands + band. */
export interface RuleTable {
  /** The first one; -1 where nothing matches. */
  first: Int16Array;
  /** Index in `chains` of all of them in order, up to the first without conditions. Null when no rule has any. */
  chainOf: Int32Array | null;
  chains: readonly Int16Array[];
}

export function ruleTable(rules: readonly RuleModel[], zones: number, bands: number): RuleTable {
  const chains = new Chains(zones * bands);
  const all = (count: number) => Array.from({ length: count }, (_, index) => index);
  const [everyZone, everyBand] = [all(zones), all(bands)];
  rules.forEach((rule, index) => {
    for (const zone of rule.zones ?? everyZone) {
      for (const band of rule.bands ?? everyBand) chains.add(zone * bands + band, index, rule.when.length > 0);
    }
  });
  const conditional = rules.some((rule) => rule.when.length > 0);
  return { first: chains.first, chainOf: conditional ? chains.of : null, chains: conditional ? chains.list() : [] };
}

/** Lists of rules, of which many places have the same: each is kept once, as the list before it and one rule more. */
class Chains {
  readonly first: Int16Array;
  readonly of: Int32Array;
  private readonly closed: Uint8Array;
  private readonly before = [-1];
  private readonly rule = [-1];
  private readonly longer = new Map<number, number>();

  constructor(places: number) {
    this.first = new Int16Array(places).fill(-1);
    this.of = new Int32Array(places);
    this.closed = new Uint8Array(places);
  }

  add(place: number, rule: number, conditional: boolean): void {
    if (this.closed[place] === 1) return;
    if (this.first[place] === -1) this.first[place] = rule;
    if (!conditional) this.closed[place] = 1;
    const key = this.of[place] * 0x10000 + rule;
    let chain = this.longer.get(key);
    if (chain === undefined) {
      chain = this.rule.push(rule) - 1;
      this.before.push(this.of[place]);
      this.longer.set(key, chain);
    }
    this.of[place] = chain;
  }

  list(): Int16Array[] {
    return this.rule.map((_, number) => {
      const rules: number[] = [];
      for (let chain = number; chain > 0; chain = this.before[chain]) rules.push(this.rule[chain]);
      return Int16Array.from(rules.reverse());
    });
  }
}

/** Rules that earlier ones hide, zones and bands that no rule prices. */
export function checkReach(
  rules: readonly RuleModel[],
  bands: BandsModel,
  zones: ZonesModel,
  mistakes: MistakeList,
): void {
  const { first, chainOf, chains } = ruleTable(rules, zones.names.length, bands.names.length);
  const used = new Set(
    chainOf === null ? first : [...new Set(chainOf)].flatMap((chain) => withoutRepeats(rules, chains[chain])),
  );
  rules.forEach((_, index) => {
    if (used.has(index)) return;
    mistakes.add(
      ['rules', index],
      'Earlier rules match everything that this one could.',
      'Put it before them or remove it.',
    );
  });
  zones.names.forEach((name, zone) => {
    const row = first.subarray(zone * bands.names.length, (zone + 1) * bands.names.length);
    const missing = bands.names.filter((_, band) => row[band] === -1);
    if (missing.length === 0) return;
    const where = [
      name === '' ? '' : `zone \`${name}\``,
      missing[0] === '' ? '' : `band ${missing.map((one) => `\`${one}\``).join(', ')}`,
    ];
    mistakes.add(
      ['rules'],
      `No rule prices ${where.filter((part) => part !== '').join(', ')}.`,
      'Add a rule for it, or leave the zone out: its usage then waits in suspense.',
    );
  });
}

/** A rule with the conditions of an earlier one of its list is never reached by it. */
function withoutRepeats(rules: readonly RuleModel[], chain: Int16Array): number[] {
  const seen = new Set<string>();
  return [...chain].filter((rule) => {
    const text = conditionsText(rules[rule].when);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}
