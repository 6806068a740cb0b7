import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, it, expect } from 'vitest';
import type { Io } from '../../cli/io.ts';
import { buildProgram, examplesOf, runCommandLine } from '../../cli/program.ts';
import { ERRORS } from '../../schemas/errors.ts';

let folder: string;
let out: string[];
let notes: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-cli-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command line and keeps what it printed. */
async function run(...args: string[]): Promise<number> {
  out = [];
  notes = [];
  const io: Io = { out: (line) => out.push(line), note: (line) => notes.push(line), interactive: false };
  return runCommandLine(args, io);
}

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

const configIn = (text: string): string => {
  const file = path.join(folder, 'tollgrid.yaml');
  writeFileSync(file, text);
  return file;
};

describe('every command', () => {
  const commands = leaves(buildProgram());

  it.each(commands.map((command) => ({ name: `${command.parent!.name()} ${command.name()}`, command })))(
    '$name has help, an example that begins with its name, and --json',
    ({ command }) => {
      expect(command.description()).not.toBe('');
      expect(command.options.map((option) => option.long)).toContain('--json');
      expect(command.options.every((option) => option.description !== '')).toBe(true);
      expect(command.registeredArguments.every((argument) => argument.description !== '')).toBe(true);
      const path =
        command.parent!.name() === 'tollgrid' ? command.name() : `${command.parent!.name()} ${command.name()}`;
      for (const example of examplesOf(command)) expect(example.startsWith(`tollgrid ${path}`)).toBe(true);
      expect(examplesOf(command).length).toBeGreaterThan(0);
      for (const [, code] of examplesOf(command)
        .join('\n')
        .matchAll(/--code (\w+)/g))
        expect(ERRORS).toHaveProperty(code!);
    },
  );

  it('has its own name', () => {
    const names = commands.map((command) => `${command.parent!.name()} ${command.name()}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('a command line', () => {
  it('shows help and the version with exit code 0', async () => {
    expect(await run('--help')).toBe(0);
    expect(out.join('\n')).toContain('Usage: tollgrid');
    expect(await run('charges', '--help')).toBe(0);
    expect(out.join('\n')).toContain('tollgrid charges --account A-1001');
    expect(await run('--version')).toBe(0);
    expect(out[0]).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it.each([
    [['chargs'], /unknown command 'chargs' \(Did you mean charges\?\)/],
    [['charges'], /required option '-a, --account <id>' not specified/],
    [['charges', '-a', 'A-1', '--limit', 'many'], /"many" is not a whole number/],
    [['settle', '--period', '2026-13'], /"2026-13" is not a month/],
    [['rerate', '--from', '2026-03', '--to', '2026-04'], /needs --dry-run or --approve/],
    [['rerate', '--dry-run'], /needs --from and --to/],
    [['rerate', '--from', '2026-03-15', '--to', '2026-04', '--dry-run'], /"2026-03-15" is not a month/],
    [['rerate', 'undo', 'last'], /"last" is not the number of an entry/],
    [['explain', '12'], /"12" is not the id of a charge/],
    [['suspense'], /a sub-command is missing/],
    [['suspense', 'write-off', '--reason', 'x'], /needs --code or --address/],
    [['audit', '--fast'], /unknown option '--fast'/],
  ])('that is wrong (%j) ends with code 2, one message and a cure', async (args, message) => {
    expect(await run(...args)).toBe(2);
    const line = notes.find((note) => note.startsWith('ARGUMENTS_INVALID: '));
    expect(line).toMatch(message);
    expect(notes.at(-1)).toContain('--help');
    expect(out).toEqual([]);
  });

  it('gives a sub-command its options, also those that the command above it has', async () => {
    const program = buildProgram();
    const rerate = program.commands.find((command) => command.name() === 'rerate')!;
    const undo = rerate.commands.find((command) => command.name() === 'undo')!.action(() => {});
    await program.parseAsync(['rerate', 'undo', '57', '--by', 'Ana', '--json', '-c', 'a.yaml'], { from: 'user' });
    expect(undo.opts()).toMatchObject({ by: 'Ana', json: true, config: 'a.yaml' });
    expect(rerate.opts()).toEqual({ timeout: expect.any(Number) });
  });

  it('tells errors as JSON when asked to', async () => {
    expect(await run('explain', 'x', '--json')).toBe(2);
    expect(JSON.parse(notes[0]!)).toMatchObject({ error: { code: 'ARGUMENTS_INVALID', cure: expect.any(String) } });
  });
});

describe('tests of tariffs', () => {
  const HEAD =
    'effective: 2026-01-01\ncurrency: UAH\ntimeZone: Europe/Kyiv\nservice: sms\n' +
    'tax: { percent: 0, included: true }\nrounding: { at: record, mode: half-up, decimals: 2 }\n' +
    'rules: [{ price: { price: 0.50, per: 1, unit: started } }]\n';
  const TEST =
    'tests: [{ given: { start: 2026-10-14T12:00, quantity: 2 }, expect: { amount: 1 }, source: computed }]\n';
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, `${name}.yaml`), text);

  it('are run in all files of a folder, also beside one with mistakes and one without tests', async () => {
    write('a', 'name: a\n');
    write('b', `name: b\n${HEAD}`);
    write('c', `name: c\n${HEAD}${TEST}`);
    expect(await run('tariff', 'test', folder)).toBe(1);
    const text = out.join('\n');
    expect(text).toContain('a.yaml:1: `effective` is missing');
    expect(text).toContain('b.yaml\n  no test stands in it');
    expect(text).toContain('ok     test 1: 1.00 (computed)');
    expect(out.at(-1)).toBe('1 hold, 0 do not. 1 file(s) have mistakes.');

    rmSync(path.join(folder, 'a.yaml'));
    expect(await run('tariff', 'test', folder)).toBe(0);
    expect(out.at(-1)).toBe('1 hold, 0 do not.');
  });
});

describe('the configuration', () => {
  it('is found good and its data directory named', async () => {
    const file = configIn('dataDir: here\n');
    expect(await run('config', 'check', '--config', file)).toBe(0);
    expect(out).toEqual([`The configuration is good; the data directory is ${path.join(folder, 'here')}.`]);
  });

  it('is shown with everything filled in', async () => {
    expect(await run('config', 'show', '--json', '--config', configIn('server: { port: 9000 }\n'))).toBe(0);
    expect(JSON.parse(out[0]!)).toMatchObject({ server: { port: 9000, host: '127.0.0.1' }, sources: [] });
  });

  it('never shows its secrets', async () => {
    process.env['TOLLGRID_LEDGER_PASSWORD'] = 'hidden-word';
    try {
      await run('config', 'show', '--config', configIn(''));
      expect(out.join('\n')).not.toContain('hidden-word');
    } finally {
      delete process.env['TOLLGRID_LEDGER_PASSWORD'];
    }
  });

  it('with mistakes ends with code 2 and all of them', async () => {
    const file = configIn('server:\n  prt: 1\n  host: 7\n');
    expect(await run('config', 'check', '--config', file)).toBe(2);
    const text = notes.join('\n');
    expect(text).toContain('CONFIG_INVALID');
    expect(text).toContain('tollgrid.yaml:2');
    expect(text).toContain('tollgrid.yaml:3');
  });
});

describe('status', () => {
  it('ends with code 3 when nothing runs on the data directory', async () => {
    expect(await run('status', '--json', '--config', configIn('dataDir: here\n'))).toBe(3);
    expect(JSON.parse(out[0]!)).toEqual({ running: false, dataDir: path.join(folder, 'here') });
  });
});

describe('doctor', () => {
  it('finds this machine fit and makes nothing', async () => {
    const file = configIn('dataDir: here\nserver: { port: 0 }\n');
    await run('doctor', '--json', '--config', file);
    const { findings } = JSON.parse(out[0]!) as { findings: { name: string; state: string }[] };
    expect(findings.map((finding) => finding.name)).toEqual(
      expect.arrayContaining(['Node.js', 'memory', 'engine', 'data directory', 'disk', 'port', 'clock']),
    );
    expect(findings.find((finding) => finding.name === 'engine')!.state).toBe('good');
    expect(findings.find((finding) => finding.name === 'port')!.state).toBe('good');
  });
});
