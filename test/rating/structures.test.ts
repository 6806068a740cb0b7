import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { stringify } from 'yaml';
import { projectRoot } from '../../platform/paths.ts';
import { checkTariff, testTariff } from '../../rating/index.ts';
import { readSource } from '../../rating/language/source.ts';
import { BEYOND_ONE_FILE, STRUCTURES, type Structure } from './structures/structures.ts';

type Part = Record<string, unknown>;

/** The tariff as it is read, and the files beside it. */
function open({ file, test }: Structure): { tariff: Part; test: Part; beside: (name: string) => string } {
  const [folder, name] = file.includes('/') ? file.split('/') : ['', file];
  const base =
    folder === ''
      ? path.join(projectRoot, 'examples', 'tariffs')
      : path.join(import.meta.dirname, folder === 'golden' ? 'golden' : 'settlement/tariffs');
  const tariff = readSource(readFileSync(path.join(base, `${name}.yaml`), 'utf8')).value as Part;
  const found = (tariff['tests'] as Part[]).find((one, index) => (one['name'] ?? `test ${index + 1}`) === test);
  expect(found, `${file} has no test "${test}"`).toBeDefined();
  return { tariff, test: found!, beside: (beside) => readFileSync(path.join(base, beside), 'utf8') };
}

/** The parts that hold the last key of a path, through lists; `*` is any key. */
function holders(root: unknown, keys: readonly string[]): { part: Part; key: string }[] {
  if (Array.isArray(root)) return root.flatMap((one) => holders(one, keys));
  if (typeof root !== 'object' || root === null) return [];
  const [key, ...rest] = keys;
  const names = key === '*' ? Object.keys(root) : Object.hasOwn(root, key) ? [key] : [];
  if (rest.length === 0) return names.map((name) => ({ part: root as Part, key: name }));
  return names.flatMap((name) => holders((root as Part)[name], rest));
}

function places(tariff: Part, test: Part, shown: string) {
  const [place, wanted] = shown.split('=');
  const keys = place.split('.');
  const root = keys[0] === 'given' || keys[0] === 'expect' ? test : tariff;
  return holders(root, keys).filter(({ part, key }) => wanted === undefined || String(part[key]) === wanted);
}

/** The named test holds: in a tariff without mistakes. */
function holds(tariff: Part, structure: Structure, beside: (name: string) => string): boolean {
  const text = stringify(tariff);
  if (checkTariff(text, beside).length > 0) return false;
  return testTariff(text, beside).some(({ name, ok }) => name === structure.test && ok);
}

describe('a structure of price lists', () => {
  it.each(STRUCTURES)('$what: $file', (structure) => {
    const { tariff, test, beside } = open(structure);
    for (const shown of structure.shows) {
      expect(places(tariff, test, shown).length, `${structure.file} has no ${shown}`).toBeGreaterThan(0);
    }
    expect(holds(tariff, structure, beside)).toBe(true);
    for (const { part, key } of places(tariff, test, structure.shows[0])) {
      if (structure.instead === undefined) delete part[key];
      else part[key] = typeof structure.instead === 'function' ? structure.instead(part[key]) : structure.instead;
    }
    expect(holds(tariff, structure, beside), 'the test does not depend on it').toBe(false);
  });

  it.each(BEYOND_ONE_FILE)('%s: %s', (_what, file, test) => {
    const text = readFileSync(path.join(projectRoot, 'test', `${file}.test.ts`), 'utf8');
    expect(text).toContain(`it('${test}'`);
  });

  it('is listed once', () => {
    const names = [...STRUCTURES.map(({ what }) => what), ...BEYOND_ONE_FILE.map(([what]) => what)];
    expect(new Set(names).size).toBe(names.length);
  });
});
