/** Gas that is sold as energy: numbers of all, of the customer, of the day, of the day in an area. */
import type { Fields, Tree } from '../model/document.ts';
import { fields } from '../model/document.ts';
import type { Random } from './random.ts';

export const CALORIFIC_FILE = 'calorific.csv';
export const AREAS_FILE = 'areas.csv';
const DAY_MS = 86_400_000;

export function randomEnergy(random: Random): Fields {
  const factor = (value: () => string): Tree =>
    random.pick<Tree>([
      value(),
      { attribute: 'factor' },
      { file: CALORIFIC_FILE },
      { file: AREAS_FILE, area: 'area' },
      { file: AREAS_FILE, area: 'area' },
    ]);
  return {
    calorific: factor(() => `${random.int(9, 12)}.${random.int(0, 99_999)}`),
    ...(random.chance(0.7) ? { correction: factor(() => `0.${random.int(900, 999)}`) } : {}),
    ...(random.chance(0.3) ? { in: random.pick(['kWh', 'MJ']) } : {}),
    ...(random.chance(0.5) ? { dayBegins: random.pick(['06:00', '00:00', '23:30']) } : {}),
    ...(random.chance(0.3) ? { round: random.pick(['1kWh', '10Wh', '1Wh']) } : {}),
  };
}

/** Now and then one is missing, or is no number. */
export function randomAttributes(random: Random): Record<string, string> {
  return {
    ...(random.chance(0.97) ? { area: random.pick(['a', 'a', 'b', 'b', 'c']) } : {}),
    ...(random.chance(0.97) ? { factor: random.pick(['1', '0.975', '10.123456789', '1.02264', 'none']) } : {}),
  };
}

/** What prices are in: the words of `electricity` suit. */
export const pricedAs = (tariff: Fields): string =>
  Object.keys(fields(tariff.energy)).length > 0 ? 'electricity' : (tariff.service as string);

/** Every day of two years but a few; area b has other values and other gaps, c has none. */
export function energyFile(name: string): string | null {
  if (name !== CALORIFIC_FILE && name !== AREAS_FILE) return null;
  const lines = Array.from({ length: 760 }, (_, index) => {
    const date = new Date(Date.UTC(2025, 11, 1) + index * DAY_MS).toISOString().slice(0, 10);
    const value = (base: number) => (base + ((index * 7919) % 2003) / 1000).toFixed(4);
    if (name === CALORIFIC_FILE) return index % 97 === 5 ? [] : [`${date},${value(9)}`];
    return [
      ...(index % 89 === 7 ? [] : [`${date},a,${value(9)}`]),
      ...(index % 83 === 3 ? [] : [`${date};b;${value(10)}`]),
    ];
  });
  return `${lines.flat().reverse().join('\n')}\n`;
}
