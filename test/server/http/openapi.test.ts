import { afterAll, describe, expect, it } from 'vitest';
import { openapiDocument } from '../../../server/http/index.ts';
import { createEdge } from './fake-services.ts';

interface Operation {
  description: string;
  security: unknown[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

describe('the description of the API', () => {
  const { app } = createEdge();
  afterAll(() => app.close());

  it('is the same each time, from the server and for the repository', async () => {
    const first = JSON.stringify(await openapiDocument());
    expect(JSON.stringify(await openapiDocument())).toBe(first);
    expect((await app.inject('/openapi.json')).body).toBe(first);
  });

  it('names for each route its scope, its answers and the form of refusals', async () => {
    const { openapi, paths } = (await openapiDocument()) as Document;
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/health',
        '/ready',
        '/metrics',
        '/v1/usage',
        '/v1/charges',
        '/v1/sessions',
        '/v1/charges/{id}/explain',
        '/v1/accounts',
        '/v1/accounts/{id}',
        '/v1/accounts/{id}/usage-summary',
        '/v1/audit',
        '/v1/suspense',
        '/v1/suspense/{address}/bytes',
        '/v1/suspense/recycle',
        '/v1/suspense/write-off',
        '/v1/settlements',
        '/v1/registry/import',
        '/v1/registry/changes',
        '/v1/publications',
        '/v1/tariffs',
        '/v1/tariffs/{name}/history',
        '/v1/tariffs/versions/{reference}',
        '/v1/tariffs/drafts',
        '/v1/tariffs/drafts/{version}/publish',
        '/v1/tariffs/drafts/{version}/withdraw',
        '/v1/tariffs/diff',
        '/v1/tariffs/canaries',
        '/v1/tariffs/canaries/{id}',
        '/v1/tariffs/canaries/{id}/cancel',
        '/v1/sources',
        '/v1/outputs',
        '/v1/files/{source}/{name}',
        '/v1/files',
        '/v1/files/{entry}',
        '/v1/files/{entry}/release',
        '/v1/files/{entry}/reject',
        '/v1/incidents',
        '/v1/incidents/{id}/close',
        '/v1/entries/{no}/processed',
        '/v1/admin/rebuild',
        '/v1/admin/verify',
        '/v1/admin/shutdown',
        '/v1/export',
        '/v1/status',
      ]),
    );
    for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      expect(operation.description).toMatch(/Scope: [\w:]+\.$/);
      expect(operation.security).toEqual(operation.description.endsWith('Scope: public.') ? [] : [{ key: [] }]);
      expect(Object.keys(operation.responses.default!.content!)).toEqual(['application/problem+json']);
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
    }
    const push = paths['/v1/usage']!.post!;
    expect(Object.keys(push.requestBody!.content)).toContain('application/cloudevents-batch+json');
    expect(Object.keys(paths['/v1/export']!.get!.responses['200']!.content!)).toEqual(['text/plain']);
  });

  it('comes with a page to try it that loads nothing from elsewhere', async () => {
    const page = await app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/(src|href)="https?:/);
    expect(page.headers['content-security-policy']).toMatch(/default-src 'self'/);
    const scripts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      (match) => new URL(match[1]!, 'http://localhost/docs/').pathname,
    );
    expect(scripts.length).toBeGreaterThan(2);
    for (const url of scripts) expect([url, (await app.inject(url)).statusCode]).toEqual([url, 200]);
    expect((await app.inject('/docs/static/swagger-initializer.js')).body).toContain('"validatorUrl":null');
  });
});
