// What `npm start`, `npm test` and `npm run check` share. Plain JavaScript without packages: a clean clone has none yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const at = (...parts) => path.join(root, ...parts);

const NODE_MIN = [20, 19];
const NOT_SOURCES = new Set([
  'node_modules',
  'dist',
  'data',
  'test',
  'test-long',
  'scripts',
  'dashboards',
  'deploy',
  'docs',
  'examples',
  '.git',
]);

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Ends the process with a clear line when this Node is too old to run the program at all. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  say(`NODE_TOO_OLD: Tollgrid needs Node.js ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}.`);
  say('Install a current Node.js from https://nodejs.org and run the command again.');
  process.exit(2);
}

/** Runs a program of this project in the foreground and returns its exit code. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) say(`${command}: ${result.error.message}`);
  return result.status ?? 1;
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(at(file)))
      .update('\0');
  return hash.digest('hex');
}

function stampIs(file, value) {
  return existsSync(file) && readFileSync(file, 'utf8') === value;
}

/**
 * Installs packages when package.json or the lock file is not the one that was installed.
 * `npm install`, not `npm ci`: see docs/decisions/0009-npm-install.md.
 */
export function install() {
  const stamp = at('node_modules', '.tollgrid-installed');
  const inputs = ['package.json', 'package-lock.json'].filter((file) => existsSync(at(file)));
  if (stampIs(stamp, hashOf(inputs))) return;
  say('Installing packages (the first time this takes about a minute) ...');
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const args = [...npm.slice(1), 'install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm's own lines go to stderr: stdout belongs to the command that runs afterwards.
  const code = run(npm[0], args, { stdio: ['ignore', 2, 2] });
  if (code !== 0) {
    say('INSTALL_FAILED: npm could not install the packages; its message stands above.');
    say('Check the network and the registry (`npm config get registry`) and run the command again.');
    process.exit(3);
  }
  writeFileSync(stamp, hashOf(inputs));
}

/** All TypeScript sources that go into dist/, relative and sorted. */
function sources(folder = '') {
  const found = [];
  for (const entry of readdirSync(at(folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (folder !== '' || !NOT_SOURCES.has(entry.name)) found.push(...sources(name));
    } else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts')) {
      found.push(name);
    }
  }
  return found.sort();
}

/** Compiled files whose source is gone would still be found by imports. */
function removeOrphans(kept) {
  const wanted = new Set(kept.map((file) => file.slice(0, -3)));
  for (const entry of readdirSync(at('dist'), { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const name = path.relative(at('dist'), file);
    if (entry.isFile() && /\.js(\.map)?$/.test(name) && !wanted.has(name.replace(/\.js(\.map)?$/, ''))) rmSync(file);
  }
}

/** An empty database made once for all first starts; without it each makes its own. */
function makeEmptyRegistry(files) {
  const stamp = at('dist', '.tollgrid-empty-registry');
  const wanted = hashOf([
    'package-lock.json',
    ...files.filter((file) => /^(registry|schemas.migrations)\W/.test(file)),
  ]);
  if (stampIs(stamp, wanted)) return;
  if (run(process.execPath, [at('scripts', 'lib', 'empty-registry.mjs')], { stdio: ['ignore', 2, 2] }) === 0)
    writeFileSync(stamp, wanted);
}

/** Compiles to dist/ when a source differs, by content, from what was compiled last. */
export function build() {
  const files = sources();
  const stamp = at('dist', '.tollgrid-built');
  const wanted = hashOf(['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', ...files]);
  if (stampIs(stamp, wanted)) return;
  say('Building ...');
  mkdirSync(at('dist'), { recursive: true });
  const compiler = at('node_modules', 'typescript', 'bin', 'tsc');
  const code = run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: ['ignore', 2, 2] });
  if (code !== 0) {
    say('BUILD_FAILED: the sources do not compile; the messages stand above.');
    process.exit(1);
  }
  removeOrphans(files);
  makeEmptyRegistry(files);
  if (existsSync(at('dist', 'cli', 'main.js'))) chmodSync(at('dist', 'cli', 'main.js'), 0o755);
  writeFileSync(stamp, wanted);
}
