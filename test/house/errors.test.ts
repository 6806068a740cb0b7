import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { projectRoot } from '../../platform/paths.ts';
import { ERRORS, type ErrorEntry } from '../../schemas/errors.ts';
import { programFiles } from './support/sources.ts';

const codes = Object.keys(ERRORS);
const entries = Object.entries<ErrorEntry>(ERRORS);
const sources = programFiles().filter((file) => !file.name.startsWith('schemas/errors'));
const allText = sources.map((file) => file.text).join('\n');

describe('error codes', () => {
  it('are all documented in docs/errors.md', () => {
    const page = readFileSync(path.join(projectRoot, 'docs', 'errors.md'), 'utf8');
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('are all used', () => {
    expect(codes.filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(allText))).toEqual([]);
  });

  it('exist wherever one is raised', () => {
    const raised = [...allText.matchAll(/(?:new TollgridError|\berrorNo)\(\s*'([A-Z0-9_]+)'/g)].map(
      (match) => match[1]!,
    );
    expect(raised.length).toBeGreaterThan(0);
    expect([...new Set(raised)].filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('stand in one area only', async () => {
    const areas = ['platform', 'mediation', 'rating', 'ledger', 'registry', 'server', 'commands', 'copy'];
    const tables = await Promise.all(
      areas.map(async (area) => {
        const module = (await import(`../../schemas/errors/${area}.ts`)) as Record<string, Record<string, ErrorEntry>>;
        return Object.keys(module[`${area.replace(/s$/, '')}Errors`]!);
      }),
    );
    const all = tables.flat();
    expect(all.filter((code, index) => all.indexOf(code) !== index)).toEqual([]);
  });

  it('say what happened, what to do and what counts it', () => {
    for (const [code, entry] of entries) {
      expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
      expect(entry.cause, code).toMatch(/\.$/);
      expect(entry.cure, code).toMatch(/\.$/);
      expect(entry.counter, code).not.toBe('');
      expect([1, 2, 3], code).toContain(entry.exit);
      expect(entry.http, code).toBeGreaterThanOrEqual(400);
      expect(entry.http, code).toBeLessThan(600);
    }
  });
});
