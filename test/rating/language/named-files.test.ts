import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '../../../platform/paths.ts';
import { readTariffHead } from '../../../rating/index.ts';

const gallery = path.join(projectRoot, 'examples', 'tariffs');

describe('the head of a tariff file', () => {
  it('is the same as all of the file says', () => {
    for (const name of readdirSync(gallery).filter((one) => one.endsWith('.yaml'))) {
      const text = readFileSync(path.join(gallery, name), 'utf8');
      const all = parse(text) as Record<string, unknown>;
      const files = [...text.matchAll(/^(?!#).*?(?:zonesFile|numbersFile|file): ([\w.-]+\.csv)/gm)].map(
        (one) => one[1],
      );
      expect(readTariffHead(text), name).toEqual({
        version: `${String(all['name'])}@${String(all['effective'])}`,
        files: [...new Set(files)],
      });
    }
  });

  it('is found behind rules, in braces, and without an end of the last line', () => {
    const table: [string, string[]][] = [
      ['name: a\neffective: 2026-01-01\nrules:\n  - { price: 1 }\n\n# prices\n- x\nzonesFile: z.csv', ['z.csv']],
      ['{ name: a, effective: 2026-01-01, rules: [], zonesFile: z.csv }', ['z.csv']],
      ['zonesFile: z.csv\nname: a\neffective: 2026-01-01\ntests:\n  - { given: {} }', ['z.csv']],
      ['name: a\neffective: 2026-01-01\nrules: [{ price: &f { file: z.csv } }]\nseries: { s: *f }', ['z.csv']],
    ];
    for (const [text, files] of table) expect(readTariffHead(text)).toEqual({ version: 'a@2026-01-01', files });
  });
});
