import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { testTariff } from '../../rating/index.ts';

const folder = path.join(import.meta.dirname, 'golden');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

describe('worked examples', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
    for (const result of testTariff(read(file), read, file)) {
      it(`${file}: ${result.name}`, () => {
        expect(result.differences).toEqual([]);
      });
    }
  }
});
