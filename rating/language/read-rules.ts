/** `rules`: ordered, the first one that matches holds. Also finds rules and zones that can never meet. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import type { MistakeList } from './mistakes.ts';
import { DEFAULT_COMPONENT, type BandsModel, type RuleModel, type ZonesModel } from './model.ts';
import { readPrice } from './read-price.ts';

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
  bands: BandsModel,
  zones: ZonesModel,
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
      component: rule.component ?? DEFAULT_COMPONENT,
      price: readPrice(rule.price, base, [...path, 'price'], mistakes),
    };
  });
}

/** Rule number by zone × bands + band; -1 where nothing matches. */
export function ruleTable(rules: readonly RuleModel[], zones: number, bands: number): Int16Array {
  const table = new Int16Array(zones * bands).fill(-1);
  const all = (count: number) => Array.from({ length: count }, (_, index) => index);
  const [everyZone, everyBand] = [all(zones), all(bands)];
  rules.forEach((rule, index) => {
    for (const zone of rule.zones ?? everyZone) {
      for (const band of rule.bands ?? everyBand) {
        if (table[zone * bands + band] === -1) table[zone * bands + band] = index;
      }
    }
  });
  return table;
}

/** Rules that earlier ones hide, zones and bands that no rule prices. */
export function checkReach(
  rules: readonly RuleModel[],
  bands: BandsModel,
  zones: ZonesModel,
  mistakes: MistakeList,
): void {
  const table = ruleTable(rules, zones.names.length, bands.names.length);
  const used = new Set(table);
  rules.forEach((_, index) => {
    if (used.has(index)) return;
    mistakes.add(
      ['rules', index],
      'Earlier rules match everything that this one could.',
      'Put it before them or remove it.',
    );
  });
  zones.names.forEach((name, zone) => {
    const row = table.subarray(zone * bands.names.length, (zone + 1) * bands.names.length);
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
