import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { projectRoot } from '../../platform/paths.ts';
import { testTariff } from '../../rating/index.ts';
import { TariffFileSchema } from '../../schemas/tariff.ts';
import { noSideFile } from './support/tariffs.ts';

const page = readFileSync(path.join(projectRoot, 'docs', 'tariffs.md'), 'utf8');
const tariffs = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]);

describe('docs/tariffs.md', () => {
  it('shows tariffs whose tests hold', () => {
    expect(tariffs.length).toBeGreaterThanOrEqual(3);
    for (const text of tariffs) {
      const results = testTariff(text, noSideFile);
      expect(results.length).toBeGreaterThan(0);
      expect(results.flatMap((result) => result.differences)).toEqual([]);
    }
  });

  it('mentions every key of the language', () => {
    const keys = new Set<string>();
    const collect = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties } = schema as { properties?: Record<string, unknown> };
      for (const name of Object.keys(properties ?? {})) keys.add(name);
      Object.values(schema).forEach(collect);
    };
    collect(TariffFileSchema);
    const period = readFileSync(path.join(projectRoot, 'docs', 'tariffs', 'period.md'), 'utf8');
    expect([...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(page + period))).toEqual([]);
  });
});
