import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, it, expect } from 'vitest';
import { generateCalls, type GenerateCallsOptions } from '../../../cli/generate/index.ts';
import { checkTariff } from '../../../rating/language/index.ts';
import { readRegistryFile } from '../../../registry/index.ts';
import { checkGuiding } from '../../../mediation/guiding/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-calls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function generate(options: Partial<GenerateCallsOptions> = {}) {
  const outFile = path.join(folder, String(made++), 'Master.csv');
  return generateCalls({ seed: 1, records: 5000, accounts: 500, prefixes: 1000, ...options, outFile });
}
const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');
const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Splits a line of the file by hand: no comma stands inside its quotes. */
const cells = (line: string) => line.split(',').map((cell) => cell.replace(/^"|"$/g, ''));

describe('a generated file of calls', () => {
  it('is the same bytes for the same seed, and others for another', async () => {
    const [one, same, other] = [await generate(), await generate(), await generate({ seed: 2 })];
    expect(hashOf(same.files[0]!)).toBe(hashOf(one.files[0]!));
    expect(hashOf(same.zonesFile)).toBe(hashOf(one.zonesFile));
    expect(hashOf(other.files[0]!)).not.toBe(hashOf(one.files[0]!));
  });

  it('has a line for each record, about 190 bytes long, and says how many bytes there are', async () => {
    const calls = await generate();
    const text = readFileSync(calls.files[0]!, 'utf8');
    expect(linesOf(calls.files[0]!)).toHaveLength(5000);
    expect(text.endsWith('\n')).toBe(true);
    expect(calls.bytes).toBe(text.length);
    expect(calls.bytes / 5000).toBeGreaterThan(180);
    expect(calls.bytes / 5000).toBeLessThan(205);
  });

  it('has lines of the sixteen columns that Asterisk writes, and their times agree', async () => {
    const calls = await generate();
    for (const line of linesOf(calls.files[0]!)) {
      const row = cells(line);
      expect(row).toHaveLength(16);
      const [start, answer, end] = row.slice(9, 12).map((text) => Date.parse(text.replace(' ', 'T') + 'Z') / 1000);
      expect(end! - start!).toBe(Number(row[12]));
      expect(end! - answer!).toBe(Number(row[13]));
      expect(Number(row[13])).toBeGreaterThan(0);
      expect(row[14]).toBe('ANSWERED');
    }
  });

  it('spreads the calls over the days in ascending order, answered inside them', async () => {
    const calls = await generate({ days: 3 });
    const starts = linesOf(calls.files[0]!).map((line) => cells(line)[9]!.slice(0, 16));
    expect(starts).toEqual([...starts].sort());
    expect(new Set(starts.map((start) => start.slice(0, 10)))).toEqual(
      new Set(['2026-09-01', '2026-09-02', '2026-09-03']),
    );
    const answers = linesOf(calls.files[0]!).map((line) => cells(line)[10]!);
    expect(answers.every((answer) => answer < '2026-09-04')).toBe(true);
  });

  it('calls numbers of the numbering plan, and every prefix has a zone', async () => {
    const calls = await generate();
    const zones = new Map(
      linesOf(calls.zonesFile)
        .slice(1)
        .map((line) => line.split(',') as [string, string]),
    );
    expect(zones.size).toBe(1000);
    expect(new Set(zones.values()).size).toBeGreaterThan(100);
    for (const line of linesOf(calls.files[0]!)) {
      const called = cells(line)[2]!;
      expect(called).toMatch(/^\d{12}$/);
      expect(Array.from({ length: 8 }, (_, n) => called.slice(0, n + 1)).some((prefix) => zones.has(prefix))).toBe(
        true,
      );
    }
  });

  it('has callers that are all in its registry', async () => {
    const calls = await generate();
    const registry = await readRegistryFile(readFileSync(calls.registryFile, 'utf8'), calls.registryFile);
    expect(registry).toHaveLength(1500);
    const numbers = new Set(
      registry.flatMap(({ input }) =>
        input.kind === 'subscription' ? input.identifiers!.map(({ value }) => value) : [],
      ),
    );
    expect(numbers.size).toBe(500);
    expect(linesOf(calls.files[0]!).every((line) => numbers.has(cells(line)[1]!))).toBe(true);
  });

  it('comes with a tariff and guiding rules without mistakes', async () => {
    const calls = await generate();
    const readSideFile = (name: string) => readFileSync(path.join(calls.tariffDir, name), 'utf8');
    expect(checkTariff(readSideFile('calls.yaml'), readSideFile)).toEqual([]);
    expect(checkGuiding(readFileSync(calls.guidingFile, 'utf8'))).toEqual([]);
  });

  it('has unanswered calls and garbage as asked for, counted exactly', async () => {
    const calls = await generate({ unansweredPercent: 10, garbagePercent: 1 });
    const lines = linesOf(calls.files[0]!);
    const unanswered = lines.filter((line) => line.includes('"NO ANSWER"'));
    expect(calls.unanswered).toBe(unanswered.length);
    expect(unanswered.every((line) => cells(line)[10] === '' && line.includes('",,"'))).toBe(true);
    expect(calls.answered + calls.unanswered + calls.garbage).toBe(5000);
    expect(calls.unanswered / 5000).toBeCloseTo(0.1, 1);
    expect(calls.garbage / 5000).toBeCloseTo(0.01, 2);
    expect(calls.garbage).toBeGreaterThan(0);
  });

  it('can have an id that makes every record unique', async () => {
    const calls = await generate({ format: 'asterisk-csv-uniqueid' });
    const ids = linesOf(calls.files[0]!).map((line) => cells(line)[16]!);
    expect(new Set(ids).size).toBe(5000);
  });
});
