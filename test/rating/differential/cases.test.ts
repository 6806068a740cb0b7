/** Where engine and model differed once, or one of them had no answer: each with what it costs, worked out by hand. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { checkTariff, formatMistake, testTariff } from '../../../rating/index.ts';
import { judge } from '../model/judge.ts';
import { noSideFile } from '../support/tariffs.ts';

const FOLDER = path.join(import.meta.dirname, 'cases');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

describe('what was found by comparing, in the engine and in the model:', () => {
  it.each(files)('%s', (name) => {
    const text = readFileSync(path.join(FOLDER, name), 'utf8');
    expect(checkTariff(text, noSideFile, name).map(formatMistake)).toEqual([]);
    const results = testTariff(text, noSideFile, name);
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ ok }) => !ok).map((one) => `${one.name}: ${one.differences.join('; ')}`)).toEqual([]);
    const own = judge(text, noSideFile).filter(({ differences }) => differences.length > 0);
    expect(own.map((one) => `${one.name}: ${one.differences.join('; ')}`)).toEqual([]);
  });
});
