/**
 * Compiles `node-rdkafka` from its own sources with npm's node-gyp and the headers of the running Node: no install script
 * runs, nothing is fetched where the headers lie beside Node.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { TollgridError } from '../errors.ts';
import { addonFolder, isAddonBuilt, wantedStamp } from './addon.ts';

const TAIL_LINES = 12;

export interface BuildOptions {
  /** Also when it is compiled already. */
  again: boolean;
  say(line: string): void;
}

/** Errors: KAFKA_TOOLS_MISSING, KAFKA_BUILD_FAILED. */
export async function buildAddon({ again, say }: BuildOptions): Promise<void> {
  if (isAddonBuilt() && !again) return say('The Kafka client is compiled for this Node.js.');
  const missing = missingTools();
  if (missing.length > 0) {
    throw new TollgridError('KAFKA_TOOLS_MISSING', `Missing to compile it: ${missing.join(', ')}.`);
  }
  if (!compiles('#include <zstd.h>')) say('Without libzstd-dev topics that are compressed with zstd cannot be read.');
  const gyp = nodeGyp();
  if (gyp === null)
    throw new TollgridError('KAFKA_TOOLS_MISSING', 'Missing to compile it: npm, which brings node-gyp.');
  say('Compiling the Kafka client, once: one to three minutes ...');
  rmSync(path.join(addonFolder, 'build'), { recursive: true, force: true });
  // librdkafka's own configuration has to be there before make runs with several jobs.
  await run(process.execPath, [gyp, 'configure', ...headers()]);
  await run(process.execPath, [path.join('util', 'configure.js')]);
  await run(process.execPath, [gyp, 'build', ...headers()]);
  writeFileSync(path.join(addonFolder, 'build', '.tollgrid-built'), wantedStamp());
  say('The Kafka client is compiled.');
}

/** Where Node brings its headers along, those; otherwise node-gyp fetches them in its usual way. */
function headers(): string[] {
  const prefix = path.resolve(path.dirname(realpathSync(process.execPath)), '..');
  return existsSync(path.join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : [];
}

function missingTools(): string[] {
  const programs = ['g++', 'make', 'python3'].filter((program) => onPath(program) === null);
  if (programs.includes('g++')) return programs;
  const headersOf = [
    ['openssl/ssl.h', 'OpenSSL headers'],
    ['zlib.h', 'zlib headers'],
  ] as const;
  return [...programs, ...headersOf.filter(([file]) => !compiles(`#include <${file}>`)).map(([, name]) => name)];
}

function compiles(line: string): boolean {
  return (
    spawnSync('g++', ['-x', 'c++', '-E', '-'], { input: `${line}\n`, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0
  );
}

function onPath(program: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, program)).find((file) => existsSync(file)) ?? null;
}

function nodeGyp(): string | null {
  const npm = onPath('npm');
  const homes = [
    ...(npm === null ? [] : [path.resolve(path.dirname(realpathSync(npm)), '..')]),
    path.resolve(path.dirname(realpathSync(process.execPath)), '../lib/node_modules/npm'),
  ];
  const files = homes.map((home) => path.join(home, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'));
  return files.find((file) => existsSync(file)) ?? null;
}

function run(command: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, MAKEFLAGS: `-j${availableParallelism()}` };
  const child = spawn(command, args, { cwd: addonFolder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  const keep = (chunk: Buffer): void => {
    tail = (tail + chunk.toString()).split('\n').slice(-TAIL_LINES).join('\n');
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new TollgridError('KAFKA_BUILD_FAILED', error.message)));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new TollgridError('KAFKA_BUILD_FAILED', `${path.basename(args[0])} ended with ${code}:\n${tail}`));
    });
  });
}
