import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { TollgridError } from '../../../platform/errors.ts';
import { createMetrics } from '../../../server/http/index.ts';
import { createEdge } from './fake-services.ts';

function logged() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, logger: pino({ level: 'trace' }, stream) };
}

describe('refusals', () => {
  it('tell nothing of the inside when something unknown fails, and lead to the log line', async () => {
    const { lines, logger } = logged();
    const edge = createEdge({ logger });
    for (const error of [
      new Error('password=hunter2 at /srv/db'),
      new TollgridError('INTERNAL', 'password=hunter2', { secret: 1 }),
    ]) {
      edge.fail(error);
      const answer = await edge.inject({ method: 'GET', url: '/v1/audit' });
      const problem = answer.json<{ code: string; details: { requestId: string } }>();
      expect([answer.statusCode, problem.code]).toEqual([500, 'INTERNAL']);
      expect(answer.body).not.toMatch(/hunter2|srv|secret/);
      const line = lines.find((text) => text.includes(problem.details.requestId) && text.includes('hunter2'));
      expect(line).toBeDefined();
    }
    await edge.app.close();
  });

  it('carry the facts of a coded error', async () => {
    const edge = createEdge();
    edge.fail(new TollgridError('NOT_FOUND', 'No such period.', { period: '2026-01' }));
    const answer = await edge.inject({ method: 'POST', url: '/v1/settlements', payload: { period: '2026-01' } });
    expect(answer.json()).toEqual({
      type: 'docs/errors.md#not_found',
      title: expect.any(String) as string,
      status: 404,
      code: 'NOT_FOUND',
      detail: 'No such period.',
      cure: expect.any(String) as string,
      details: { period: '2026-01' },
    });
    await edge.app.close();
  });
});

describe('what is kept of a request', () => {
  it('names the route, never the path, the query or the body', async () => {
    const { lines, logger } = logged();
    const edge = createEdge({ logger });
    await edge.inject({ method: 'GET', url: '/v1/accounts/38164123456' });
    await edge.inject({ method: 'GET', url: '/v1/charges?account=38164123456&bad=38164123456' });
    await edge.inject({ method: 'GET', url: '/unknown/38164123456' });
    await edge.inject({
      method: 'POST',
      url: '/v1/usage',
      headers: { 'content-type': 'application/json' },
      payload: '{"a":"38164123456"',
    });
    await edge.app.close();
    expect(lines.join('')).not.toContain('38164123456');
    const requests = lines
      .map((line) => JSON.parse(line) as { route?: string; status?: number })
      .filter(({ route }) => route !== undefined);
    expect(requests.map(({ route, status }) => [route, status])).toEqual([
      ['/v1/accounts/:id', 404],
      ['/v1/charges', 400],
      ['(unknown)', 404],
      ['/v1/usage', 400],
    ]);
  });

  it('is a warning when something failed, and none when a sender was told to wait', async () => {
    const { lines, logger } = logged();
    const edge = createEdge({ logger });
    edge.fail(new TollgridError('INTAKE_BUSY', 'Too much in flight.', { retryAfterSeconds: 3 }));
    await edge.inject({ method: 'GET', url: '/v1/audit' });
    edge.fail(new TollgridError('INTERNAL', 'x'));
    await edge.inject({ method: 'GET', url: '/v1/audit' });
    await edge.app.close();
    const levels = lines
      .map((line) => JSON.parse(line) as { level: number; msg: string; status: number })
      .filter(({ msg }) => msg === 'request')
      .map(({ level, status }) => [status, level]);
    const { debug, warn } = logger.levels.values;
    expect(levels).toEqual([
      [503, debug],
      [500, warn],
    ]);
  });

  it('is counted by route, status and code', async () => {
    const { registry, metrics } = createMetrics();
    const edge = createEdge({ metrics });
    await edge.inject({ method: 'GET', url: '/v1/accounts/A-1' });
    await edge.inject({ method: 'GET', url: '/v1/accounts/A-9' });
    await edge.inject({ method: 'GET', url: '/v1/other/A-9' });
    await edge.app.close();
    const text = await registry.metrics();
    expect(text).toContain('tollgrid_http_request_seconds_count{method="GET",route="/v1/accounts/:id",status="200"} 1');
    expect(text).toContain('tollgrid_http_request_seconds_count{method="GET",route="(unknown)",status="404"} 1');
    expect(text).toContain('tollgrid_errors_total{code="NOT_FOUND"} 1');
    expect(text).not.toContain('A-9');
  });
});
