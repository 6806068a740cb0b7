/** All published tariff versions, with one numbering of zones, bands, versions and currencies for the charge columns. */
import { TollgridError } from '../../platform/errors.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { versionName } from '../language/index.ts';
import { ruleNames } from './rule-names.ts';

export interface BookVersion {
  readonly tariff: CompiledTariff;
  readonly versionNo: number;
  readonly currencyNo: number;
  /** The version's own zone and band numbers → the book's. */
  readonly zoneNos: Uint16Array;
  readonly bandNos: Uint16Array;
  /** As `ruleNames`: the book's numbers of what charges say of their rules; 0 where no rule has conditions. */
  readonly componentNos: Uint16Array;
}

const NUMBERS_MAX = 0xffff;

/** Strings and their numbers; number 0 is ''. */
class Dictionary {
  readonly names: string[] = [''];
  private readonly numbers = new Map<string, number>([['', 0]]);

  numberOf(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      if (number > NUMBERS_MAX)
        throw new TollgridError('TARIFF_INVALID', 'The tariffs have more than 65,535 zones, bands or versions.');
      this.numbers.set(name, number);
    }
    return number;
  }
}

export class TariffBook {
  /** Meaning of `zoneNo`, `bandNo`, `componentNo`, `versionNo` (`name@yyyy-mm-dd`, `#2` after a correction), `currencyNo`; 0 is ''. */
  readonly zones: readonly string[];
  readonly bands: readonly string[];
  readonly components: readonly string[];
  readonly versions: readonly string[];
  readonly currencies: readonly string[];
  /** By tariff number: the versions, newest first, because usage is mostly new. */
  readonly tariffs: readonly (readonly BookVersion[])[];
  /** Some version divides usages at borders of months and versions. */
  readonly divides: boolean;
  private readonly numbers = new Map<string, number>();
  private readonly byVersion = new Map<string, BookVersion>();

  /** Of two with the same name and effective date the later one in the list holds: a correction. */
  static build(list: readonly CompiledTariff[]): TariffBook {
    return new TariffBook([...new Map(list.map((tariff) => [versionName(tariff.model), tariff])).values()]);
  }

  private constructor(list: readonly CompiledTariff[]) {
    const [zones, bands, components, versions, currencies] = [
      new Dictionary(),
      new Dictionary(),
      new Dictionary(),
      new Dictionary(),
      new Dictionary(),
    ];
    const groups: BookVersion[][] = [];
    for (const tariff of list) {
      const entry: BookVersion = {
        tariff,
        versionNo: versions.numberOf(tariff.version),
        currencyNo: currencies.numberOf(tariff.model.currency),
        zoneNos: Uint16Array.from(tariff.model.zones.names, (name) => zones.numberOf(name)),
        bandNos: Uint16Array.from(tariff.model.bands.names, (name) => bands.numberOf(name)),
        componentNos: Uint16Array.from(ruleNames(tariff), (name) => components.numberOf(name)),
      };
      let number = this.numbers.get(tariff.name);
      if (number === undefined) {
        number = groups.push([]) - 1;
        this.numbers.set(tariff.name, number);
      }
      groups[number].push(entry);
      this.byVersion.set(versionName(tariff.model), entry);
    }
    for (const group of groups) group.sort((a, b) => b.tariff.effectiveMs - a.tariff.effectiveMs);
    this.tariffs = groups;
    this.divides = list.some((tariff) => tariff.divides);
    this.zones = zones.names;
    this.bands = bands.names;
    this.components = components.names;
    this.versions = versions.names;
    this.currencies = currencies.names;
  }

  /** The look-up's tariff numbers → this book's; -1 for tariffs it does not know. */
  bind(tariffNames: readonly string[]): Int32Array {
    return Int32Array.from(tariffNames, (name) => this.numbers.get(name) ?? -1);
  }

  /** By `name@yyyy-mm-dd`. Of an earlier revision (`#2` behind it) the one that took its place. */
  version(version: string): BookVersion | undefined {
    const revision = version.indexOf('#');
    return this.byVersion.get(revision === -1 ? version : version.slice(0, revision));
  }

  /** Versions of a tariff, oldest first; empty when it is unknown. */
  versionsOf(tariff: string): readonly BookVersion[] {
    const number = this.numbers.get(tariff);
    return number === undefined ? [] : this.tariffs[number].toReversed();
  }
}

/** The version that holds at a time; undefined before the first one. */
export function versionAt(newestFirst: readonly BookVersion[], atMs: number): BookVersion | undefined {
  for (let index = 0; index < newestFirst.length; index++) {
    const version = newestFirst[index];
    if (version.tariff.effectiveMs <= atMs) return version;
  }
  return undefined;
}
