import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { checkTariff, formatMistake, testTariff } from '../../../rating/index.ts';
import { noSideFile } from '../support/tariffs.ts';

const FOLDER = path.join(import.meta.dirname, 'tariffs');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

describe('what settlement computes is what was worked out elsewhere:', () => {
  for (const name of files) {
    const text = readFileSync(path.join(FOLDER, name), 'utf8');
    it(name, () => {
      expect(checkTariff(text, noSideFile, name).map(formatMistake)).toEqual([]);
      const results = testTariff(text, noSideFile, name);
      expect(results.length).toBeGreaterThan(0);
      expect(results.filter(({ ok }) => !ok).map((one) => `${one.name}: ${one.differences.join('; ')}`)).toEqual([]);
    });
  }
});
