import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { SCOPES, type Policy } from '../../../server/http/policy.ts';
import { createEdge, type Edge } from './fake-services.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const secrets: Record<string, string> = {};
function keysFile(keys: Record<string, { scopes: string[]; division?: string; sources?: string[] }>): string {
  const list = Object.entries(keys).map(([id, key]) => {
    secrets[id] ??= randomBytes(32).toString('base64url');
    return { id, sha256: createHash('sha256').update(secrets[id]).digest('hex'), ...key };
  });
  const file = path.join(folder, `${randomBytes(6).toString('hex')}.yaml`);
  writeFileSync(file, stringify(list));
  return file;
}

const bearer = (id: string) => ({ authorization: `Bearer tg_${id}_${secrets[id]}` });

function edgeWithKeys(keys: Parameters<typeof keysFile>[0], operatorToken?: string): Edge {
  return createEdge({
    config: { host: '0.0.0.0', apiKeysFile: keysFile(keys) },
    ...(operatorToken !== undefined && { operatorToken }),
  });
}

describe('policies', () => {
  it('are demanded of every route when it is registered', async () => {
    const { app } = createEdge();
    expect(() => app.get('/open', async () => 'x')).toThrow('has no policy');
    void app.register(async (inner) => {
      inner.get('/hidden', async () => 'x');
    });
    await expect(app.ready()).rejects.toThrow('route GET /hidden has no policy');
  });

  it('let anonymous callers see nothing but the public routes', async () => {
    const routes: { method: string; url: string; policy: Policy }[] = [];
    const { app, calls } = edgeWithKeys({ one: { scopes: ['admin'] } });
    app.addHook('onRoute', (route) => {
      routes.push({ method: String(route.method), url: route.url, policy: route.config!.policy! });
    });
    await app.ready();

    const open = routes.filter(({ policy }) => policy.scope === 'public').map(({ url }) => url);
    expect(open.filter((url) => !url.startsWith('/docs')).sort()).toEqual([
      '/',
      '/health',
      '/health',
      '/openapi.json',
      '/ready',
      '/ready',
      '/ready/intake',
      '/ready/intake',
    ]);
    const guarded = routes.filter(({ policy }) => policy.scope !== 'public');
    expect(guarded.length).toBeGreaterThan(20);
    for (const { method, url } of guarded) {
      const answer = await app.inject({ method: method as 'GET', url: url.replaceAll(/:\w+/g, '1') });
      expect([method, url, answer.statusCode]).toEqual([method, url, 401]);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      expect(answer.headers['tollgrid-log-head']).toBeUndefined();
    }
    expect(calls).toEqual([]);
    await app.close();
  });

  it('let a key do what its scopes say and nothing else', async () => {
    const edge = edgeWithKeys(
      Object.fromEntries(SCOPES.map((scope) => [scope.replace(':', '-'), { scopes: [scope] }])),
    );
    const routes: { method: 'GET'; url: string; policy: Policy }[] = [];
    edge.app.addHook('onRoute', ({ method, url, config }) => {
      if (config!.policy!.scope !== 'public')
        routes.push({ method: method as 'GET', url: url.replaceAll(/:\w+/g, '1'), policy: config!.policy! });
    });
    await edge.app.ready();
    for (const { method, url, policy } of routes) {
      for (const scope of SCOPES) {
        const { statusCode } = await edge.inject({ method, url, headers: bearer(scope.replace(':', '-')) });
        const allowed = policy.scope !== 'operator' && (scope === policy.scope || scope === 'admin');
        expect([method, url, scope, statusCode !== 403]).toEqual([method, url, scope, allowed]);
      }
    }
    await edge.app.close();
  });
});

describe('API keys', () => {
  it('are refused when anything in them is wrong', async () => {
    const edge = edgeWithKeys({ one: { scopes: ['audit:read'] } });
    const status = async (authorization: string) =>
      (await edge.inject({ method: 'GET', url: '/v1/status', headers: { authorization } })).json<{ code?: string }>()
        .code;
    expect(await status(bearer('one').authorization)).toBeUndefined();
    const secret = secrets.one!;
    for (const wrong of [`tg_two_${secret}`, `tg_one_${secret}x`, `tg_one_${secret.slice(1)}`, 'tg_one_', secret, '']) {
      expect(await status(`Bearer ${wrong}`)).toBe('KEY_REFUSED');
    }
    expect(await status(`Basic ${secret}`)).toBe('KEY_REFUSED');
    await edge.app.close();
  });

  it('name the key as who gave a command', async () => {
    const edge = edgeWithKeys({ billing: { scopes: ['settlements:write'] } });
    await edge.inject({
      method: 'POST',
      url: '/v1/settlements',
      headers: bearer('billing'),
      payload: { period: '2026-01' },
    });
    expect(edge.calls).toEqual([{ method: 'settle', input: { period: '2026-01', by: 'billing' } }]);
    await edge.app.close();
  });

  it('keep a key of a division to the accounts of that division', async () => {
    const edge = edgeWithKeys({ north: { scopes: ['admin'], division: '/north/' } });
    const get = async (url: string) => (await edge.inject({ method: 'GET', url, headers: bearer('north') })).statusCode;
    expect(await get('/v1/accounts/A-1')).toBe(200);
    expect(await get('/v1/charges?account=A-1')).toBe(200);
    expect(await get('/v1/charges/7.3.0/explain')).toBe(200);
    // A-2 is of `northern`, which only begins with the same letters; A-9 does not exist.
    for (const id of ['A-2', 'A-9']) {
      for (const url of [
        `/v1/accounts/${id}`,
        `/v1/accounts/${id}/usage-summary?period=2026-01`,
        `/v1/charges?account=${id}`,
        `/v1/usage?account=${id}`,
        `/v1/sessions?account=${id}`,
      ]) {
        expect([url, await get(url)]).toEqual([url, 404]);
      }
    }
    for (const url of [
      '/v1/charges',
      '/v1/sessions',
      '/v1/usage',
      '/v1/suspense',
      '/v1/export',
      '/v1/audit',
      '/v1/publications',
      '/v1/tariffs',
      '/v1/tariffs/town/history',
      '/v1/status',
    ]) {
      expect([url, await get(url)]).toEqual([url, 403]);
    }
    expect(await get('/v1/accounts')).toBe(200);
    expect(edge.calls.at(-1)).toMatchObject({ method: 'accounts', input: { division: 'north' } });
    await edge.app.close();

    const root = edgeWithKeys({ root: { scopes: ['audit:read'], division: 'root' } });
    expect((await root.inject({ method: 'GET', url: '/v1/audit', headers: bearer('root') })).statusCode).toBe(200);
    await root.app.close();

    const south = edgeWithKeys({ south: { scopes: ['charges:read'], division: 'south' } });
    const explained = await south.inject({ method: 'GET', url: '/v1/charges/7.3.0/explain', headers: bearer('south') });
    const absent = await south.inject({ method: 'GET', url: '/v1/charges/7.3.9/explain', headers: bearer('south') });
    expect([explained.statusCode, explained.body]).toEqual([404, absent.body]);
    await south.app.close();
  });

  it('keep a key of sources to pushing as them', async () => {
    const edge = edgeWithKeys({ pbx: { scopes: ['admin'], sources: ['pbx-1', 'pbx-2'] } });
    const ask = (method: 'GET' | 'POST' | 'PUT', url: string) =>
      edge.inject({
        method,
        url,
        headers: { ...bearer('pbx'), 'content-type': 'application/json' },
        ...(method !== 'GET' && { payload: '{"specversion":"1.0"}' }),
      });
    expect((await ask('POST', '/v1/usage?source=pbx-2')).statusCode).toBe(202);
    expect((await ask('PUT', '/v1/files/pbx-1/a.csv')).statusCode).toBe(201);
    expect((await ask('GET', '/v1/entries/1/processed')).statusCode).toBe(200);
    const pushed = edge.calls.length;
    for (const [method, url] of [
      ['POST', '/v1/usage?source=pbx-3'],
      ['POST', '/v1/usage'],
      ['PUT', '/v1/files/exchange/a.csv'],
    ] as const) {
      expect([url, (await ask(method, url)).json<object>()]).toEqual([
        url,
        expect.objectContaining({ code: 'SOURCE_NOT_OF_KEY', status: 403 }),
      ]);
    }
    for (const url of ['/v1/usage', '/v1/charges', '/v1/accounts', '/v1/sources', '/v1/files', '/v1/status']) {
      expect([url, (await ask('GET', url)).json<{ code: string }>().code]).toEqual([url, 'SCOPE_MISSING']);
    }
    expect(edge.calls.length).toBe(pushed);
    await edge.app.close();
  });

  it('are demanded before the server listens to others', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.org']) {
      expect(() => createEdge({ config: { host } })).toThrow(expect.objectContaining({ code: 'SERVER_KEYS_REQUIRED' }));
    }
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(() => createEdge({ config: { host } })).not.toThrow();
  });

  it.each([
    ['nothing', ''],
    ['no list', 'id: one'],
    ['a secret in place of its hash', '[{ id: one, sha256: secret, scopes: [admin] }]'],
    ['an unknown scope', `[{ id: one, sha256: ${'a'.repeat(64)}, scopes: [root] }]`],
    ['a reserved id', `[{ id: operator, sha256: ${'a'.repeat(64)}, scopes: [admin] }]`],
    [
      'an id that stands twice',
      `[{ id: a, sha256: ${'a'.repeat(64)}, scopes: [admin] }, { id: a, sha256: ${'b'.repeat(64)}, scopes: [admin] }]`,
    ],
    [
      'a key of a division and of sources',
      `[{ id: a, sha256: ${'a'.repeat(64)}, scopes: [admin], division: north, sources: [pbx] }]`,
    ],
    ['no source in its list', `[{ id: a, sha256: ${'a'.repeat(64)}, scopes: [admin], sources: [] }]`],
    ['a source of no such name', `[{ id: a, sha256: ${'a'.repeat(64)}, scopes: [admin], sources: [../x] }]`],
    ['no YAML', '[{'],
  ])('of a file with %s stop the start', (_name, text) => {
    const file = path.join(folder, 'bad.yaml');
    writeFileSync(file, text);
    expect(() => createEdge({ config: { apiKeysFile: file } })).toThrow(
      expect.objectContaining({ code: 'API_KEYS_INVALID' }),
    );
    expect(() => createEdge({ config: { apiKeysFile: `${file}.absent` } })).toThrow(
      expect.objectContaining({ code: 'API_KEYS_INVALID' }),
    );
  });

  it('leave the operator on this machine a token of its own, for this machine only', async () => {
    const edge = edgeWithKeys({ one: { scopes: ['admin'] } }, 'run-token');
    const stop = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
      edge.inject({ method: 'POST', url: '/v1/admin/shutdown', headers, remoteAddress });
    expect((await stop(bearer('one'))).json()).toMatchObject({ code: 'SCOPE_MISSING' });
    expect((await stop({ authorization: 'Bearer run-token' }, '10.0.0.9')).json()).toMatchObject({
      code: 'KEY_REFUSED',
    });
    expect((await stop({ authorization: 'Bearer run-token', 'x-forwarded-for': '10.0.0.9' })).json()).toMatchObject({
      code: 'KEY_REFUSED',
    });
    expect((await stop({ authorization: 'Bearer run-token' })).statusCode).toBe(202);
    await edge.app.close();
  });
});
