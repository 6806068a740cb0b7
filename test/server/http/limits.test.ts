/** How much one key may do in a second. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyRequest } from 'fastify';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createBudgets } from '../../../server/http/budgets.ts';
import { createMetrics } from '../../../server/http/index.ts';
import { DEFAULT_HTTP_CONFIG } from '../../../server/http/options.ts';
import { createEdge, type Edge } from './fake-services.ts';

const SECRET = 'abcdefghijklmnopqrst';
const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-limits-'));
const apiKeysFile = path.join(folder, 'keys.yaml');
const sha256 = createHash('sha256').update(SECRET).digest('hex');
writeFileSync(apiKeysFile, JSON.stringify(['a', 'b'].map((id) => ({ id, sha256, scopes: ['admin'] }))));
afterAll(() => rmSync(folder, { recursive: true }));

let edge: Edge;
afterEach(() => edge.app.close());
const { metrics, registry } = createMetrics();

function open(limits: Partial<(typeof DEFAULT_HTTP_CONFIG)['limits']>): void {
  const config = { apiKeysFile, limits: { ...DEFAULT_HTTP_CONFIG.limits, ...limits } };
  edge = createEdge({ config, operatorToken: 'run-token', metrics });
}

const ask = (token: string, url = '/v1/status') =>
  edge.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
const push = (key: string, lines: number) =>
  edge.inject({
    method: 'POST',
    url: '/v1/usage',
    headers: { authorization: `Bearer tg_${key}_${SECRET}`, 'content-type': 'application/x-ndjson' },
    payload: '{"specversion":"1.0"}\n'.repeat(lines),
  });

describe('limits of a key', () => {
  it('hold for its requests on all routes together, and for nobody else', async () => {
    open({ requestsPerSecond: 3 });
    const a = `tg_a_${SECRET}`;
    // All at once: a slow machine must not need more than a second for them.
    await edge.app.ready();
    const answers = await Promise.all([ask(a), ask(a, '/v1/accounts'), ask(a, '/v1/charges'), ask(a), push('a', 1)]);
    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 200, 429, 429]);
    for (const answer of refused) {
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.json()).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 1 } });
    }
    expect(await registry.getSingleMetricAsString('tollgrid_errors_total')).toContain('{code="RATE_LIMITED"} 2');
    for (const url of ['/health', '/ready', '/metrics'])
      expect([url, (await ask(a, url)).statusCode]).toEqual([url, 200]);
    expect((await ask(`tg_b_${SECRET}`)).statusCode).toBe(200);
    for (let time = 0; time < 5; time++) expect((await ask('run-token')).statusCode).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    expect((await ask(a)).statusCode).toBe(200);
  });

  it('hold for what it pushes: one request may go over, the next one waits until that is worked off', async () => {
    open({ eventsPerSecond: 10 });
    expect((await push('a', 600)).statusCode).toBe(202);
    const refused = await push('a', 1);
    expect(refused.statusCode).toBe(429);
    // 59 seconds of debt, less what went by since.
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(30);
    expect(Number(refused.headers['retry-after'])).toBeLessThan(60);
    expect((await push('b', 1)).statusCode).toBe(202);
    expect((await ask(`tg_a_${SECRET}`)).statusCode).toBe(200);
    expect(edge.calls.filter(({ method }) => method === 'pushUsage')).toHaveLength(2);
  });

  it('are off unless they are set', async () => {
    open({});
    const answers = await Promise.all(Array.from({ length: 30 }, () => push('a', 100)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
  });
});

describe('a budget', () => {
  it('fills again at its rate and keeps a second of it at most', () => {
    let nowMs = 0;
    const budgets = createBudgets({ eventsPerSecond: 0, bytesPerSecond: 1000 }, () => nowMs);
    const request = { principal: { id: 'a', operator: false } } as FastifyRequest;
    const waits = (): unknown => {
      try {
        budgets.of(request);
        return null;
      } catch (error) {
        return (error as { details: { retryAfterSeconds: number } }).details.retryAfterSeconds;
      }
    };
    budgets.of(request).spend('bytes', 3500);
    expect(waits()).toBe(3);
    nowMs += 1000;
    expect(waits()).toBe(2);
    nowMs += 1500;
    expect(waits()).toBeNull();
    nowMs += 60_000;
    budgets.of(request).spend('bytes', 1001);
    expect(waits()).toBe(1);
    // Events are not limited here.
    nowMs += 1000;
    budgets.of(request).spend('events', 1_000_000);
    expect(waits()).toBeNull();
  });
});
