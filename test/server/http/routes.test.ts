import { TollgridError } from '../../../platform/errors.ts';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createEdge, type Edge } from './fake-services.ts';
import { CHARGE, FILE, INCIDENT, PREVIEW, STATEMENT } from './samples.ts';

describe('the API', () => {
  let edge: Edge;
  beforeEach(() => (edge = createEdge()));
  afterAll(() => edge.app.close());

  const get = (url: string, headers: Record<string, string> = {}) => edge.inject({ method: 'GET', url, headers });
  const post = (url: string, payload?: object | string, headers: Record<string, string> = {}) =>
    edge.inject({ method: 'POST', url, headers, ...(payload !== undefined && { payload }) });
  const problems = (answer: { json(): { details: { problems: unknown } } }) => answer.json().details.problems;

  it('gives lists as { items, next } and passes filters, limit and cursor on', async () => {
    const answer = await get(
      '/v1/charges?account=A-1&service=voice&from=2026-01-01&to=2026-02-01T00:00:00%2B01:00&limit=5&cursor=abc',
    );
    expect(answer.json()).toEqual({ items: [CHARGE], next: 'bmV4dA' });
    expect(answer.headers).toMatchObject({ 'tollgrid-ledger-entry': '40', 'tollgrid-log-head': '42' });
    expect(edge.calls).toEqual([
      {
        method: 'charges',
        input: {
          account: 'A-1',
          service: 'voice',
          fromMs: Date.UTC(2026, 0, 1),
          toMs: Date.UTC(2026, 0, 31, 23),
          limit: 5,
          cursor: 'abc',
        },
      },
    ]);
  });

  it.each([
    'usage',
    'charges',
    'sessions',
    'accounts',
    'suspense',
    'sources',
    'outputs',
    'publications',
    'files',
    'incidents',
    'tariffs',
  ])('lists %s by 100 unless told', async (list) => {
    const answer = await get(`/v1/${list}`);
    expect(answer.statusCode).toBe(200);
    expect(Object.keys(answer.json<object>())).toEqual(['items', 'next']);
    expect(edge.calls[0]).toMatchObject({ method: list, input: { limit: 100 } });
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2', 'offset=1']) {
      expect((await get(`/v1/${list}?${query}`)).json()).toMatchObject({ code: 'REQUEST_INVALID' });
    }
  });

  it('previews, approves and takes back re-ratings', async () => {
    const wish = { from: '2026-03', to: '2026-04', tariff: 'phone' };
    const begun = await post('/v1/rerates/previews', wish);
    expect([begun.statusCode, begun.json()]).toEqual([202, { ...PREVIEW, wish }]);
    expect((await get('/v1/rerates/previews/3')).json()).toEqual(PREVIEW);
    expect((await get('/v1/rerates/previews/4')).json()).toMatchObject({ code: 'NOT_FOUND' });
    expect((await get('/v1/rerates/previews/3/differences?limit=5')).json()).toEqual({ items: [CHARGE], next: null });
    const digest = '0f'.repeat(32);
    expect((await post('/v1/rerates', { ...wish, digest, by: 'Olha', note: 'why' })).json()).toEqual({ entry: 44 });
    expect(edge.calls.at(-1)).toEqual({ method: 'rerate', input: { ...wish, digest, by: 'Olha', note: 'why' } });
    expect((await post('/v1/rerates/44/undo', {})).json()).toEqual({ entry: 45 });
    expect(edge.calls.at(-1)).toMatchObject({ method: 'undoRerate', input: { rerate: 44, by: 'operator' } });
    for (const wrong of [
      { from: '2026-03' },
      { ...wish, from: '2026-13' },
      { ...wish, digest: 'x' },
      { ...wish, all: true },
    ])
      expect((await post('/v1/rerates', wrong)).json()).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('lists every mistake of a request', async () => {
    const answer = await get('/v1/charges?limit=0&colour=red&service=voices');
    expect(problems(answer)).toEqual([
      { at: 'querystring', message: 'does not know colour' },
      { at: 'querystring.service', message: expect.stringMatching(/^must be one of voice, sms, /) as string },
      { at: 'querystring.limit', message: 'must be >= 1' },
    ]);
    expect(answer.json()).toMatchObject({ code: 'REQUEST_INVALID', detail: 'The request has 3 mistake(s).' });
  });

  it('refuses times that do not exist and empty spans', async () => {
    expect(problems(await get('/v1/usage?from=2026-02-01&to=2026-02-01'))).toEqual([
      { at: 'querystring.to', message: 'must be after from' },
    ]);
    expect((await get('/v1/usage?from=2026-02-30')).statusCode).toBe(400);
    expect((await get('/v1/usage?from=yesterday')).statusCode).toBe(400);
  });

  it('explains a charge with the figures of each step', async () => {
    const answer = await get('/v1/charges/7.3.0/explain');
    expect(answer.json()).toMatchObject({
      charge: { id: '7.3.0' },
      steps: [{ data: { unitPrice: { micros: 2_000_000, per: 60_000 } } }],
    });
    expect((await get('/v1/charges/7.3.1/explain')).json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    expect((await get('/v1/charges/7.3/explain')).json()).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('gives an account, its summary and 404 for an unknown one', async () => {
    expect((await get('/v1/accounts/A-1')).json()).toMatchObject({
      id: 'A-1',
      party: { name: 'Somebody' },
      subscriptions: [],
    });
    expect((await get('/v1/accounts/A-9')).statusCode).toBe(404);
    expect((await get('/v1/accounts/A-1/usage-summary?period=2026-01')).json()).toMatchObject({
      account: 'A-1',
      period: '2026-01',
    });
    expect((await get('/v1/accounts/A-1/usage-summary')).statusCode).toBe(400);
    expect((await get('/v1/accounts/A-1/usage-summary?period=2026-13')).statusCode).toBe(400);
  });

  it('adds the hint of the code to records in suspense and gives their bytes', async () => {
    expect((await get('/v1/suspense?code=BODY_NOT_JSON')).json()).toMatchObject({
      items: [{ address: '7.4', hint: expect.stringContaining('UTF-8 JSON') as string }],
    });
    const bytes = await get('/v1/suspense/7.4/bytes');
    expect(bytes.headers['content-type']).toBe('application/octet-stream');
    expect([...bytes.rawPayload]).toEqual([1, 0xff, 0]);
    expect((await get('/v1/suspense/7.5/bytes')).statusCode).toBe(404);
  });

  it('passes commands on with who gave them', async () => {
    expect((await post('/v1/suspense/recycle', { code: 'GUIDE_NO_OWNER' })).json()).toEqual({ entry: 11 });
    expect((await post('/v1/suspense/write-off', { address: '7.4', reason: 'test call' })).statusCode).toBe(202);
    expect((await post('/v1/settlements', { period: '2026-01' })).json()).toEqual({ entry: 13 });
    expect(edge.calls.map(({ input }) => input)).toEqual([
      { code: 'GUIDE_NO_OWNER', by: 'operator' },
      { address: '7.4', reason: 'test call', by: 'operator' },
      { period: '2026-01', by: 'operator' },
    ]);
    expect((await get('/v1/settlements/13')).json()).toMatchObject({ settled: 2, failed: 1, lines: 5 });
    expect((await get('/v1/settlements/14')).statusCode).toBe(404);
  });

  it('passes decisions on files and incidents on with who gave them, and demands a reason to give up', async () => {
    expect((await get('/v1/files?state=held&source=town&limit=5')).json()).toEqual({ items: [FILE], next: 'bmV4dA' });
    expect((await get('/v1/files/5')).json()).toEqual(FILE);
    expect((await get('/v1/files/6')).json()).toMatchObject({ code: 'NOT_FOUND' });
    expect((await get('/v1/incidents?all=true')).json()).toEqual({ items: [INCIDENT], next: 'bmV4dA' });
    edge.calls.length = 0;
    for (const [url, body] of [
      ['/v1/files/5/reject', {}],
      ['/v1/files/x/release', {}],
      ['/v1/files/5/release', { by: 'somebody' }],
      ['/v1/incidents/5/close', { reason: 'x' }],
      ['/v1/incidents/5.0/close', {}],
    ] as const) {
      expect([url, (await post(url, body)).statusCode]).toEqual([url, 400]);
    }
    expect(edge.calls).toEqual([]);
    expect((await post('/v1/files/5/release', {})).json()).toEqual({ entry: 17 });
    expect((await post('/v1/files/5/reject', { reason: 'broken' })).statusCode).toBe(202);
    expect((await post('/v1/incidents/5.0/close', { reason: 'known' })).json()).toEqual({ entry: 19 });
    expect(edge.calls.map(({ input }) => input)).toEqual([
      { file: 5, by: 'operator' },
      { file: 5, reason: 'broken', by: 'operator' },
      { incident: '5.0', reason: 'known', by: 'operator' },
    ]);
  });

  it('never writes everything off, and takes no field it does not know', async () => {
    expect((await post('/v1/suspense/write-off', { reason: 'all' })).statusCode).toBe(400);
    expect((await post('/v1/suspense/recycle', { by: 'somebody' })).statusCode).toBe(400);
    // A code that does not exist must not look as if nothing waited.
    const slips = [
      await get('/v1/suspense?code=GUIDE_NO_OWNR'),
      await post('/v1/suspense/recycle', { code: 'GUIDE_NO_OWNR' }),
      await post('/v1/suspense/write-off', { code: 'GUIDE_NO_OWNR', reason: 'test call' }),
    ];
    for (const slip of slips) expect(slip.json()).toMatchObject({ code: 'REQUEST_INVALID', status: 400 });
    expect((await post('/v1/settlements', { period: 202601 })).statusCode).toBe(400);
    expect(
      (
        await post('/v1/settlements', '{"period":"2026-01","__proto__":{"by":"x"}}', {
          'content-type': 'application/json',
        })
      ).statusCode,
    ).toBe(400);
    expect(edge.calls).toEqual([]);
  });

  it('imports registry files and takes registry objects', async () => {
    const imported = await post('/v1/registry/import?name=town.yaml', 'accounts: []', {
      'content-type': 'application/yaml',
    });
    expect(imported.json()).toMatchObject({ entry: 14 });
    expect(edge.calls[0]!.input).toEqual({ name: 'town.yaml', text: 'accounts: []', by: 'operator' });
    expect((await post('/v1/registry/import?name=../x.yaml', 'a', { 'content-type': 'text/yaml' })).statusCode).toBe(
      400,
    );

    const party = { kind: 'party', id: 'P-1', name: 'Ana', division: 'north' };
    expect((await post('/v1/registry/changes', { objects: [party] })).json()).toMatchObject({ entry: 15, created: 1 });
    const refused = await post('/v1/registry/changes', { objects: [{ ...party, no: 7 }, { kind: 'ghost' }] });
    expect(problems(refused)).toEqual([
      { at: 'body.objects.0', message: 'does not know no' },
      { at: 'body.objects.1', message: expect.any(String) as string },
    ]);
  });

  it('publishes documents and lists them', async () => {
    const answer = await post('/v1/publications', {
      kind: 'tariff',
      name: 'town',
      document: 'a: 1',
      files: { 'zones.csv': '381,home' },
    });
    expect(answer.json()).toEqual({ entry: 16, sha256: 'ab', unchanged: false });
    expect(edge.calls[0]!.input).toEqual({
      kind: 'tariff',
      name: 'town',
      document: 'a: 1',
      files: { 'zones.csv': '381,home' },
      by: 'operator',
    });
    expect(problems(await post('/v1/publications', { kind: 'song', name: 'x', document: 'y' }))).toEqual([
      { at: 'body.kind', message: 'must be one of format, tariff, guiding, policy' },
    ]);
  });

  it('publishes tariffs signed, also as corrections', async () => {
    const signed = { person: 'O. Petrenko', note: 'night price', correct: true };
    await post('/v1/publications', { kind: 'tariff', name: 'town', document: 'a: 1', ...signed });
    expect(edge.calls[0]!.input).toMatchObject({ ...signed, by: 'operator' });
    const wrong = await post('/v1/publications', { kind: 'tariff', name: 'town', document: 'a: 1', person: 7 });
    expect(problems(wrong)).toEqual([{ at: 'body.person', message: 'must be string' }]);
    edge.fail(new TollgridError('TARIFF_PUBLISHED', 'town@2026-01-01 was published.'));
    expect((await post('/v1/publications', { kind: 'tariff', name: 'town', document: 'a: 1' })).json()).toMatchObject({
      status: 409,
      code: 'TARIFF_PUBLISHED',
    });
  });

  it('keeps drafts, publishes and withdraws them, and tells the history of a tariff', async () => {
    expect((await get('/v1/tariffs/town/history')).json()).toMatchObject({ items: [{ state: 'published' }] });
    expect((await get('/v1/tariffs/village/history')).statusCode).toBe(404);
    expect((await get('/v1/tariffs/versions/town%402026-01-01%232')).json()).toEqual({
      ...{ version: 'town@2026-01-01#2', document: 'a: 1', files: {} },
    });
    expect((await get('/v1/tariffs/versions/town')).statusCode).toBe(400);
    const draft = { document: 'a: 1', files: { 'zones.csv': '381,home' }, note: 'for winter' };
    expect((await post('/v1/tariffs/drafts', draft)).json()).toMatchObject({ entry: 17, tests: [{ ok: true }] });
    expect(edge.calls.at(-1)!.input).toEqual({ ...draft, by: 'operator' });
    const signed = { person: 'O. Petrenko', note: 'winter' };
    expect((await post('/v1/tariffs/drafts/town%402027-01-01/publish', signed)).json()).toMatchObject({ entry: 18 });
    expect(edge.calls.at(-1)!.input).toEqual({ version: 'town@2027-01-01', ...signed, by: 'operator' });
    expect(problems(await post('/v1/tariffs/drafts/town%402027-01-01/publish', {}))).toHaveLength(1);
    const withdrawn = await post('/v1/tariffs/drafts/town%402027-01-01/withdraw', {});
    expect([withdrawn.statusCode, withdrawn.json()]).toEqual([202, { entry: 19 }]);
  });

  it('compares tariffs, and tries them on real usage', async () => {
    const sent = { document: 'a: 1' };
    expect((await post('/v1/tariffs/diff', { from: 'town@2026-01-01', to: sent })).json()).toMatchObject({
      same: true,
    });
    expect(edge.calls[0]!.input).toEqual({ from: 'town@2026-01-01', to: sent, shown: 20 });
    expect((await post('/v1/tariffs/diff', { from: 'town', to: sent })).statusCode).toBe(400);
    const asked = { tariff: 'town@2026-01-01#draft', from: '2026-10-01', to: '2026-11-01', accounts: ['A-1'] };
    const begun = await post('/v1/tariffs/canaries', asked);
    expect([begun.statusCode, begun.json()]).toMatchObject([202, { state: 'running' }]);
    expect(edge.calls.at(-1)!.input).toEqual(asked);
    const { id } = begun.json<{ id: string }>();
    expect((await get(`/v1/tariffs/canaries/${id}`)).json()).toMatchObject({ progress: { done: 1, of: 2 } });
    expect((await post(`/v1/tariffs/canaries/${id}/cancel`)).json()).toMatchObject({ state: 'cancelled' });
    expect((await get('/v1/tariffs/canaries/00000000-0000-4000-8000-00000000000f')).statusCode).toBe(404);
    for (const [from, to] of [
      ['2026-10-01', '2026-10-01'],
      ['2026-10-02', '2026-10-01'],
      ['2026-02-30', '2026-03-01'],
      ['yesterday', '2026-10-01'],
    ]) {
      expect((await post('/v1/tariffs/canaries', { ...asked, from, to })).json()).toMatchObject({
        code: 'REQUEST_INVALID',
      });
    }
  });

  it('audits, verifies, rebuilds and exports', async () => {
    expect((await get('/v1/audit?wait=true')).json()).toMatchObject({
      closes: true,
      total: { received: 5, difference: 0 },
    });
    expect(edge.calls[0]!.input).toEqual({ wait: true, by: 'file' });
    expect((await post('/v1/admin/verify')).json()).toMatchObject({ ok: true });
    expect((await post('/v1/admin/rebuild')).json()).toMatchObject({ rows: 3 });
    expect((await post('/v1/admin/rebuild', { threads: 2 })).statusCode).toBe(200);
    expect(edge.calls.at(-1)!.input).toEqual({ threads: 2 });
    const exported = await get('/v1/export');
    expect(exported.body).toBe('a\nb\n');
    expect(exported.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('takes what an audit is by, a source and a span of acceptance', async () => {
    await get('/v1/audit?by=hour&source=town&from=2026-01-01&to=2026-01-02');
    expect(edge.calls[0]!.input).toEqual({
      wait: false,
      by: 'hour',
      source: 'town',
      fromMs: Date.UTC(2026, 0, 1),
      toMs: Date.UTC(2026, 0, 2),
    });
    expect((await get('/v1/audit?by=day')).statusCode).toBe(400);
  });

  it('states days, gives statements and the key, and checks them', async () => {
    expect((await get('/v1/audit/statements')).json()).toMatchObject({ items: [{ date: STATEMENT.date }] });
    expect((await get(`/v1/audit/statements/${STATEMENT.date}`)).json()).toEqual(STATEMENT);
    expect((await get('/v1/audit/statements/2026-01-01')).json()).toMatchObject({ code: 'STATEMENT_UNKNOWN' });
    expect((await post('/v1/audit/statements/2026-01-04')).json()).toMatchObject({ date: '2026-01-04' });
    expect((await post('/v1/audit/statements/yesterday')).statusCode).toBe(400);
    expect((await get('/v1/audit/key')).json()).toMatchObject({ id: 'ab' });
    expect((await post('/v1/audit/verify', { statement: STATEMENT })).json()).toMatchObject({ ok: true });
    expect(edge.calls.at(-1)!.input).toEqual({ statement: STATEMENT });
    expect((await post('/v1/audit/verify', { day: 1 })).statusCode).toBe(400);
  });

  it('waits for an entry no longer than a minute', async () => {
    expect((await get('/v1/entries/9/processed?timeoutMs=50')).json()).toEqual({ processed: true, processedEntry: 9 });
    expect(edge.calls[0]!.input).toEqual([9, 50]);
    expect((await get('/v1/entries/9/processed?timeoutMs=60001')).statusCode).toBe(400);
  });

  it('stops after the answer', async () => {
    expect((await post('/v1/admin/shutdown')).json()).toEqual({ stopping: true });
    await new Promise((resolve) => setImmediate(resolve));
    expect(edge.calls.map(({ method }) => method)).toEqual(['shutdown']);
  });

  it('shows health, readiness with reasons, and metrics', async () => {
    expect((await get('/health')).json()).toEqual({ status: 'ok' });
    expect((await get('/ready')).statusCode).toBe(200);
    edge.ready = false;
    const waiting = await get('/ready');
    expect([waiting.statusCode, waiting.json()]).toEqual([503, { ready: false, reasons: ['engine is starting'] }]);
    expect((await get('/metrics')).body).toBe('tollgrid_log_head 9\n');
    expect((await get('/v1/status')).json()).toMatchObject({ logHead: 9, children: [{ role: 'engine' }] });
  });

  it('has an index, for programs and for people', async () => {
    expect((await get('/')).json()).toMatchObject({ name: 'tollgrid', links: { audit: '/v1/audit' } });
    expect((await get('/', { accept: 'text/html' })).body).toContain('<a href="/docs">');
  });

  it('answers unknown routes and methods with a problem', async () => {
    expect((await get('/v1/nothing')).json()).toMatchObject({ code: 'ROUTE_UNKNOWN', status: 404 });
    expect((await edge.inject({ method: 'DELETE', url: '/v1/charges' })).json()).toMatchObject({
      code: 'ROUTE_UNKNOWN',
    });
    expect((await get('/v1/accounts/%E0%A4%A')).json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
  });
});
