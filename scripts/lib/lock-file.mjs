// Would an install change the lock file? Asked in a copy, so that the answer changes nothing.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run, say } from './prepare.mjs';

/** 0 when package-lock.json fits package.json, 1 otherwise. */
export function lockFileChange(root) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-lock-'));
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      if (existsSync(path.join(root, file))) copyFileSync(path.join(root, file), path.join(folder, file));
    }
    const args = ['install', '--package-lock-only', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    const code = run('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    if (code !== 0) return code;
    const [before, after] = [root, folder].map((where) => readFileSync(path.join(where, 'package-lock.json'), 'utf8'));
    if (before === after) return 0;
    say('package-lock.json does not fit package.json: run `npm install` and commit both.');
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
