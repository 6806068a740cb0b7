// `npm run check`: every gate but the whole test suite. All gates run; the end says which ones failed.
import { checkNode, build, install, root, run, say } from './lib/prepare.mjs';
import { lockFileChange } from './lib/lock-file.mjs';

checkNode();
install();
build();

const tool = (file, ...args) => run(process.execPath, [file, ...args]);
const gates = [
  ['types', () => tool('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit')],
  [
    'lint',
    () => tool('node_modules/eslint/bin/eslint.js', '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'),
  ],
  ['format', () => tool('node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')],
  ['generated files', () => run(process.execPath, ['--import', 'tsx', 'scripts/generate.ts', '--check'])],
  ['lock file', () => lockFileChange(root)],
  ['house and documented commands', () => tool('node_modules/vitest/vitest.mjs', 'run', 'test/house')],
];

const failed = [];
for (const [name, gate] of gates) {
  const started = Date.now();
  const code = gate();
  say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (code !== 0) failed.push(name);
}
say(failed.length === 0 ? 'All gates are open.' : `Failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
