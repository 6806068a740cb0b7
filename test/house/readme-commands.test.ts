import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, it, expect } from 'vitest';
import { projectRoot } from '../../platform/paths.ts';
import { documentedBlocks, isLeftRunning, rehearsed } from './support/documented-commands.ts';
import { LeftRunning } from './support/left-running.ts';
import { projectFiles } from './support/sources.ts';

const LEFT_BEHIND = new Set(['node_modules', 'data', '.git', 'coverage']);
const pages = projectFiles('.md')
  .map(documentedBlocks)
  .filter((blocks) => blocks.length > 0);

describe('documented commands', () => {
  it('are read from README.md, and from other pages when marked', () => {
    const text = 'a\n```sh\nnpm start\n```\n```sh not-run\nrm x\n```\n```sh run\nls\n```\n```js\nx\n```';
    expect(documentedBlocks({ name: 'README.md', text })).toEqual([
      { page: 'README.md', line: 3, script: 'npm start' },
      { page: 'README.md', line: 9, script: 'ls' },
    ]);
    expect(documentedBlocks({ name: 'docs/a.md', text }).map((block) => block.script)).toEqual(['ls']);
  });

  it('are rehearsed without cloning, without tests, and with a start that ends', () => {
    expect(rehearsed('git clone x\ncd x\n$ npm start\nnpm test')).toBe('npm start -- --once');
    expect(rehearsed('npm start -- --config a.yaml')).toBe('npm start -- --once --config a.yaml');
    expect(rehearsed('npm start -- --once')).toBe('npm start -- --once');
    expect(rehearsed('id=$(npx tollgrid audit)')).toBe('id=$(node dist/cli/main.js audit)');
  });
});

/** Commands find by themselves where it serves. */
const ENV = { ...process.env, TOLLGRID_SERVER_PORT: '0', NO_COLOR: '1' };

describe.each(pages.map((blocks) => ({ page: blocks[0]!.page, blocks })))('commands of $page', ({ blocks }) => {
  const clone = mkdtempSync(path.join(tmpdir(), 'tollgrid-clone-'));

  beforeAll(() => {
    cpSync(projectRoot, clone, {
      recursive: true,
      filter: (source) => !LEFT_BEHIND.has(path.relative(projectRoot, source).split(path.sep)[0]!),
    });
    symlinkSync(path.join(projectRoot, 'node_modules'), path.join(clone, 'node_modules'));
  });

  let running: LeftRunning | null = null;

  afterAll(async () => {
    running?.kill();
    rmSync(clone, { recursive: true, force: true, maxRetries: 5 });
  });

  it.each(blocks.map((block) => ({ where: `${block.page}:${block.line}`, block })))(
    'work as written at $where',
    async ({ block }) => {
      if (isLeftRunning(block)) {
        running = new LeftRunning(clone, ENV);
        await running.serves();
        expect(running.said).toContain('The audit closes at zero difference');
        return;
      }
      const script = rehearsed(block.script);
      if (script === '') return;
      const result = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
        cwd: clone,
        encoding: 'utf8',
        timeout: 170_000,
        env: ENV,
      });
      expect(result.status, `${script}\n${result.stdout}\n${result.stderr}`).toBe(0);
    },
    180_000,
  );

  if (!blocks.some(isLeftRunning)) return;
  it('end in order with Ctrl-C, and a command starts Tollgrid when nothing runs', async () => {
    await running!.interrupt();
    expect(running!.said).toContain('Draining');
    const audit = spawnSync('npx', ['tollgrid', 'audit'], { cwd: clone, encoding: 'utf8', env: ENV });
    expect([audit.status, audit.stdout]).toEqual([0, expect.stringContaining('The audit closes')]);
  });
});

describe('the ways in', () => {
  it('.ci/run is a program', () => {
    expect(existsSync(path.join(projectRoot, '.ci', 'run'))).toBe(true);
    expect(() => execFileSync('bash', ['-n', path.join(projectRoot, '.ci', 'run')])).not.toThrow();
  });
});
