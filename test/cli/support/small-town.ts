/** One subscriber, one tariff, one source: enough for every command. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../../platform/paths.ts';

const FORMAT = `
format: test-calls
family: delimited
separator: ';'
columns: 4
timeZone: UTC
fields:
  - { name: from, column: 1 }
  - { name: to, column: 2 }
  - { name: at, column: 3, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }
  - { name: seconds, column: 4, type: duration, unit: s }
classes:
  - { class: call, kind: usage, service: voice }
record: { start: at, quantity: seconds, callingParty: from, calledParty: to }
identity: [from, at]
`;

/** 0.60 for each begun minute, tax of 20 % in it. */
const TARIFF = `
name: plain
title: Test
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
zones: { ukraine: ['380'] }
rules:
  - { zone: ukraine, price: { price: 0.60, per: 1min, first: 1min, then: 1min } }
`;

const GUIDING = `
guiding: test
rules:
  - { class: call, views: [{ view: retail, by: [callingParty] }] }
`;

const REGISTRY = `
parties: [{ id: P-1, name: Somebody }]
accounts: [{ id: A-1, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv }]
subscriptions:
  - id: S-1
    accountId: A-1
    identifiers: [{ kind: number, value: '380441234567' }]
    tariffs: [{ view: retail, service: voice, tariff: plain }]
`;

/** Three calls of the subscriber (1.20, 0.60 and 1.20), one line of garbage, one call of somebody unknown. */
export const CALLS = [
  '380441234567;380671112233;2026-10-15 12:00:00;61',
  '380441234567;380671112233;2026-10-15 13:00:00;10',
  'garbage',
  '380449999999;380671112233;2026-10-15 14:00:00;10',
  '380441234567;380671112233;2026-10-15 15:00:00;120',
];

/** Writes everything into the folder and returns the configuration file. */
export function writeSmallTown(folder: string, port = 0): string {
  const files: Record<string, string> = {
    'tollgrid.yaml': [
      `server: { port: ${port} }`,
      'logging: { level: error }',
      'definitions: { formats: [formats], tariffs: [tariffs], guiding: guiding.yaml, registry: [registry.yaml] }',
      'sources: [{ name: exchange, format: test-calls, directory: inbox, pollMs: 50 }]',
      '',
    ].join('\n'),
    'formats/test-calls.yaml': FORMAT,
    'tariffs/plain.yaml': TARIFF,
    'guiding.yaml': GUIDING,
    'registry.yaml': REGISTRY,
    'inbox/calls.csv': CALLS.map((line) => `${line}\n`).join(''),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return path.join(folder, 'tollgrid.yaml');
}

const MAIN = path.join(projectRoot, 'dist', 'cli', 'main.js');

export interface Ended {
  status: number | null;
  out: string;
  err: string;
}

/** Runs the shipped command to its end. */
export function tollgrid(config: string, ...args: string[]): Ended {
  const result = spawnSync(process.execPath, [MAIN, ...args, '--config', config], {
    encoding: 'utf8',
    timeout: 150_000,
  });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

/** Starts the shipped command and resolves when its stderr holds the text. */
export async function tollgridUntil(config: string, text: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, ...args, '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${seen}`)));
  });
  return child;
}

export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}
