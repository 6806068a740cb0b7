/** Other versions of Node, from the package registry, kept outside of the tree: the golden log has to give the same on each. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../platform/paths.ts';
import type { GoldenResult } from './rebuild.ts';

/** Versions that results must be equal on. */
export const RUNTIME_MAJORS = [20, 22, 24];

const FETCH_MS = 180_000;
const RUN_MS = 240_000;

export const THIS_MAJOR = Number(process.versions.node.split('.')[0]);

/** `TOLLGRID_NODES`, or a folder of the user's cache. */
function cacheFolder(): string {
  return process.env['TOLLGRID_NODES'] ?? path.join(os.homedir(), '.cache', 'tollgrid', 'nodes');
}

/** Path of a Node of that major version, fetched when it is not there; a text says why there is none. */
export function nodeOf(major: number): { path: string } | { missing: string } {
  if (major === THIS_MAJOR) return { path: process.execPath };
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = path.join(cacheFolder(), `${major}`);
  const binary = path.join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (runs(binary, major)) return { path: binary };
  fs.mkdirSync(folder, { recursive: true });
  // The package of a platform holds the program alone; nothing of it is run while it is installed.
  const fetched = spawnSync(
    'npm',
    ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${major}`],
    { encoding: 'utf8', timeout: FETCH_MS },
  );
  if (runs(binary, major)) return { path: binary };
  const why = fetched.error?.message ?? fetched.stderr.trim().split('\n').at(-1) ?? 'it does not run';
  return { missing: `Node ${major} could not be fetched (${name}): ${why}` };
}

function runs(binary: string, major: number): boolean {
  if (!fs.existsSync(binary)) return false;
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  return stdout?.startsWith(`v${major}.`) ?? false;
}

/** Rebuilds under another Node: front, rater and engine, all processes. */
export function rebuiltUnder(node: string): GoldenResult {
  const script = path.join(projectRoot, 'scripts', 'golden.ts');
  const done = spawnSync(node, ['--import', 'tsx', script, '--print'], {
    cwd: projectRoot,
    encoding: 'utf8',
    timeout: RUN_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  if (done.status !== 0) throw new Error(`${node} ended with ${done.status ?? done.error?.message}: ${done.stderr}`);
  return JSON.parse(done.stdout) as GoldenResult;
}
