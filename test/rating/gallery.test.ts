import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { projectRoot } from '../../platform/paths.ts';
import { testTariff } from '../../rating/index.ts';
import { referenceSections } from '../../scripts/pages/tariff-reference.ts';
import { judge } from './model/judge.ts';

const folder = path.join(projectRoot, 'examples', 'tariffs');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const beside = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

describe('the gallery', () => {
  it('has price lists of five countries, and open examples', () => {
    expect(files.length).toBeGreaterThanOrEqual(25);
    for (const country of ['ua', 'uz', 'ba', 'pl', 'cz', 'open']) {
      expect(files.filter((name) => name.startsWith(`${country}-`)).length, country).toBeGreaterThanOrEqual(3);
    }
  });

  it('is called as its files are, and says in the first lines what it is', () => {
    for (const file of files) {
      const text = beside(file);
      expect(text.startsWith('# '), file).toBe(true);
      expect(text).toContain(`\nname: ${path.basename(file, '.yaml')}\n`);
      expect(text, `${file}: no source`).toMatch(
        /^# .*(Source|Invented|Four ways|A price of|A call with|Internet transit|United States)/ms,
      );
    }
  });

  it('names the document of every published amount', () => {
    for (const file of files) {
      for (const { name, source, note } of judge(beside(file), beside)) {
        if (source === 'published') expect(note, `${file}: ${name}`).not.toBe('');
      }
    }
  });
});

describe('the reference', () => {
  it('says of every key what it means, and shows it', () => {
    const keys = referenceSections().flatMap((section) => section.keys);
    expect(keys.length).toBeGreaterThan(150);
    expect(keys.filter(({ meaning }) => meaning === '').map((key) => key.path)).toEqual([]);
    expect(keys.filter(({ example }) => example === null).map((key) => key.path)).toEqual([]);
  });
});

describe.each(files)('%s', (file) => {
  for (const result of testTariff(beside(file), beside, file)) {
    it(result.name, () => {
      expect(result.differences).toEqual([]);
    });
  }

  it('is what the rational model finds', () => {
    const verdicts = judge(beside(file), beside);
    expect(verdicts.length).toBeGreaterThan(0);
    expect(verdicts.flatMap(({ name, differences }) => differences.map((one) => `${name}: ${one}`))).toEqual([]);
  });
});
