import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createEdge, type Edge } from './fake-services.ts';

describe('what a machine with a second copy asks for', () => {
  let edge: Edge;
  beforeEach(() => (edge = createEdge()));
  afterAll(() => edge.app.close());

  const get = (url: string) => edge.inject({ method: 'GET', url });

  it('are entries after one, with where they stand in the headers, or nothing', async () => {
    const answer = await get('/v1/copies/east/log?after=8&waitMs=50');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'tollgrid-segment': '1',
      'tollgrid-offset': '72',
      'tollgrid-head': '9',
      'tollgrid-epoch': '3',
    });
    expect(answer.rawPayload).toEqual(Buffer.from('TGL1'));
    const nothing = await get('/v1/copies/east/log?after=9');
    expect([nothing.statusCode, nothing.headers['tollgrid-head'], nothing.body]).toEqual([204, '9', '']);
    expect(edge.calls).toEqual([
      { method: 'copyLog', input: { copy: 'east', afterNo: 8, waitMs: 50 } },
      { method: 'copyLog', input: { copy: 'east', afterNo: 9, waitMs: 0 } },
    ]);
  });

  it('are received files from an offset on, and small files by their names', async () => {
    const sha256 = 'ab'.repeat(32);
    expect((await get(`/v1/copies/east/spool/${sha256}?offset=3`)).body).toBe('eived');
    expect((await get('/v1/copies/east/files')).json()).toEqual({
      items: [{ path: 'statements/2026-01-02.json', sizeBytes: 2, sha256: 'ab' }],
    });
    expect((await get('/v1/copies/east/files/statements/2026-01-02.json')).body).toBe('{}');
    expect(edge.calls.map(({ input }) => input)).toEqual([
      { copy: 'east', sha256, offset: 3 },
      undefined,
      'statements/2026-01-02.json',
    ]);
  });

  it('is refused when it is no name, no hash or no number', async () => {
    for (const url of [
      'East/log?after=1',
      'east/log',
      'east/log?after=-1',
      'east/log?after=1&waitMs=99999',
      'east/spool/abc',
      `east/spool/${'ab'.repeat(32)}?offset=x`,
      'east/files/statements/..%2F..%2Fepoch',
      'east/files/../epoch',
    ]) {
      expect([url, (await get(`/v1/copies/${url}`)).statusCode]).toEqual([
        url,
        expect.toSatisfy((n) => n === 400 || n === 404),
      ]);
    }
    expect(edge.calls).toEqual([]);
  });
});
