/** Tollgrid started as the container starts it: its configuration, variables, keys, health check; scraped by its Prometheus. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../server/front/tollgrid-process.ts';
import { compose, inProject } from './documents.ts';

const START_MS_MAX = 120_000;

describe('the service', () => {
  let folder: string;
  let port: number;
  let child: ChildProcess;
  let url: string;

  const env = (): Record<string, string> => ({
    ...compose().services.tollgrid.environment,
    TOLLGRID_SERVER_API_KEYS_FILE: path.join(folder, 'keys', 'api-keys.yaml'),
    TOLLGRID_CONFIG: inProject('deploy', 'config', 'tollgrid.yaml'),
    TOLLGRID_DATA_DIR: path.join(folder, 'data'),
    TOLLGRID_SERVER_PORT: String(port),
    PATH: process.env.PATH!,
    TMPDIR: os.tmpdir(),
  });
  const token = (name: string): string => fs.readFileSync(path.join(folder, 'keys', `${name}.token`), 'utf8');
  const ask = (route: string, name?: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${route}`, {
      ...init,
      headers: { ...init.headers, ...(name !== undefined && { authorization: `Bearer ${token(name)}` }) },
    });
  const command = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', inProject('cli', 'main.ts'), ...args], {
      env: env(),
      encoding: 'utf8',
    });

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-deploy-'));
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
    expect(spawnSync('sh', [inProject('deploy', 'make-keys.sh'), path.join(folder, 'keys')]).status).toBe(0);
    const told = fs.openSync(path.join(folder, 'told.log'), 'a');
    child = spawn(process.execPath, ['--import', 'tsx', inProject('cli', 'main.ts'), 'start'], {
      env: env(),
      stdio: ['ignore', told, told],
    });
    fs.closeSync(told);
    for (const endMs = performance.now() + START_MS_MAX; ; await pause(50)) {
      if (child.exitCode !== null || performance.now() > endMs) {
        throw new Error(fs.readFileSync(path.join(folder, 'told.log'), 'utf8'));
      }
      if ((await ask('/ready').catch(() => null))?.ok === true) return;
    }
  });

  afterAll(async () => {
    if (child?.exitCode === null) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('passes its health check, which fails when nobody answers', () => {
    const [, program, ...args] = compose().services.tollgrid.healthcheck.test;
    expect(program).toBe('node');
    const check = (asked: number) =>
      spawnSync(
        process.execPath,
        args.map((arg) => arg.replace('8400', String(asked))),
        { encoding: 'utf8' },
      ).status;
    expect(check(port)).toBe(0);
    expect(check(1)).toBe(1);
  });

  it('lets the scraper see figures and nothing else, and the operator everything', async () => {
    expect((await ask('/metrics')).status).toBe(401);
    expect(await (await ask('/metrics', 'prometheus')).text()).toContain('tollgrid_log_head');
    expect((await ask('/v1/status', 'prometheus')).status).toBe(403);
    expect((await ask('/v1/status', 'admin')).status).toBe(200);
    const event = { specversion: '1.0', id: 'a', source: '/deploy', type: 'tollgrid.usage.voice' };
    const pushed = await ask('/v1/usage?source=pbx', 'admin', {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ ...event, time: '2026-10-16T09:00:00Z', data: { from: '1', to: '2', durationMs: 1000 } }),
    });
    expect(pushed.status).toBe(202);
  });

  it('is asked by the command beside it', () => {
    const checked = command('config', 'check');
    expect(checked.status, checked.stderr).toBe(0);
    const status = command('status');
    expect(status.status, status.stdout + status.stderr).toBe(0);
    expect(status.stdout).toContain('ready');
  });
});
