import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, it, expect } from 'vitest';
import { runCommandLine } from '../../../cli/program.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-generate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const io = { out: (line: string) => out.push(line), note: (line: string) => notes.push(line), interactive: false };
  const exitCode = await runCommandLine(['generate', ...args], io as never);
  return { exitCode, out, notes };
}

describe('tollgrid generate', () => {
  it('makes a town and names its files with their records', async () => {
    const place = path.join(folder, 'town');
    const { exitCode, out } = await run('--seed', '1', '--out', place);
    expect(exitCode).toBe(0);
    expect(out).toHaveLength(7);
    expect(out).toContain(`${path.join(place, 'inbox/exchange/calls-20261015.txt')}: 683 records`);
    expect(existsSync(path.join(place, 'registry.yaml'))).toBe(true);
  });

  it('makes a file of calls and answers in JSON', async () => {
    const place = path.join(folder, 'calls');
    const { exitCode, out } = await run(
      '--calls',
      '250',
      '--accounts',
      '10',
      '--prefixes',
      '300',
      '--out',
      place,
      '--json',
    );
    expect(exitCode).toBe(0);
    const calls = JSON.parse(out[0]!) as { files: string[]; records: number; bytes: number };
    expect(calls.records).toBe(250);
    expect(readFileSync(calls.files[0]!).length).toBe(calls.bytes);
  });

  it.each([
    [['--garbage', '101'], '"101" is not a percentage'],
    [['--day', '2026-13-01'], '"2026-13-01" is not a day'],
    [['--calls', '10', '--accounts', '0'], 'accounts: 0'],
    [['--calls', '10', '--days', '0'], 'days: 0'],
    [['--calls', '10', '--prefixes', '99999999'], 'prefixes: 99999999'],
  ])('refuses %j', async (args, problem) => {
    const { exitCode, notes } = await run('--out', path.join(folder, 'none'), ...args);
    expect(exitCode).toBe(2);
    expect(notes.join('\n')).toContain(`ARGUMENTS_INVALID: ${problem}`);
    expect(existsSync(path.join(folder, 'none'))).toBe(false);
  });
});
