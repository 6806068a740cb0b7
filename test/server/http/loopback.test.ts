import http, { type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEdge, type Edge } from './fake-services.ts';

interface Answer {
  status: number;
  code: string | undefined;
}

describe('a server on loopback without keys', () => {
  let edge: Edge;
  let port: number;

  beforeAll(async () => {
    edge = createEdge({ config: { port: 0 } });
    await edge.app.listen({ host: '127.0.0.1', port: 0 });
    port = (edge.app.server.address() as AddressInfo).port;
  });
  afterAll(() => edge.app.close());

  function send(
    method: string,
    headers: OutgoingHttpHeaders,
    route = method === 'GET' ? '/v1/status' : '/v1/admin/verify',
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.request(
        { host: '127.0.0.1', port, method, path: route, headers, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const body = JSON.parse(Buffer.concat(chunks).toString()) as { code?: string };
            resolve({ status: response.statusCode!, code: body.code });
          });
        },
      );
      request.on('error', reject);
      request.end();
    });
  }

  it('takes whoever calls it by a loopback name and its port for the operator', async () => {
    for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]', '127.9.9.9']) {
      expect([host, await send('GET', { host: `${host}:${port}` })]).toEqual([host, { status: 200, code: undefined }]);
    }
  });

  it('refuses every other Host, on public routes too', async () => {
    const hosts = [
      'evil.example',
      `evil.example:${port}`,
      `localhost.evil.example:${port}`,
      '127.0.0.1',
      'localhost:1',
      `0.0.0.0:${port}`,
      `10.0.0.1:${port}`,
      `localhost:${port}@evil`,
    ];
    for (const host of hosts) {
      expect([host, await send('GET', { host })]).toEqual([host, { status: 403, code: 'HOST_REFUSED' }]);
      expect([host, (await send('GET', { host }, '/health')).code]).toEqual([host, 'HOST_REFUSED']);
      expect([host, (await send('GET', { host }, '/nothing')).code]).toEqual([host, 'HOST_REFUSED']);
    }
  });

  it('refuses what a proxy on this machine carries in', async () => {
    for (const name of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']) {
      expect((await send('GET', { host: `localhost:${port}`, [name]: '10.0.0.1' })).code).toBe('HOST_REFUSED');
    }
  });

  it('refuses changes asked for by pages of other origins', async () => {
    const host = `localhost:${port}`;
    expect(await send('POST', { host })).toEqual({ status: 200, code: undefined });
    expect(await send('POST', { host, origin: `http://${host}` })).toEqual({ status: 200, code: undefined });
    const origins = [
      'https://evil.example',
      'null',
      'http://localhost:1',
      `https://${host}`,
      `http://127.0.0.1:${port}`,
    ];
    for (const origin of origins) {
      expect([origin, (await send('POST', { host, origin })).code]).toEqual([origin, 'ORIGIN_REFUSED']);
    }
    expect((await send('POST', { host, 'sec-fetch-site': 'cross-site' })).code).toBe('ORIGIN_REFUSED');
    // Reading is harmless: without CORS headers the other page never sees the answer.
    expect((await send('GET', { host, origin: 'https://evil.example' })).status).toBe(200);
  });

  it('gives no page of another origin leave to read', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/health`, { headers: { origin: 'https://evil.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('has its time limits', () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout } = edge.app.server;
    expect({ headersTimeout, requestTimeout, keepAliveTimeout }).toEqual({
      headersTimeout: 20_000,
      requestTimeout: 600_000,
      keepAliveTimeout: 72_000,
    });
  });
});
