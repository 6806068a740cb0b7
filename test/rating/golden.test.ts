import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { testTariff } from '../../rating/index.ts';

const folder = path.join(import.meta.dirname, 'golden');
const noSideFile = (name: string): string => {
  throw new Error(`no file ${name}`);
};

describe('worked examples', () => {
  for (const file of readdirSync(folder)) {
    for (const result of testTariff(readFileSync(path.join(folder, file), 'utf8'), noSideFile, file)) {
      it(`${file}: ${result.name}`, () => {
        expect(result.differences).toEqual([]);
      });
    }
  }
});
