import { createHash } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { TollgridError } from '../../../platform/errors.ts';
import { createEdge, type Edge } from './fake-services.ts';
import type { PushUsage } from '../../../server/http/index.ts';

const EVENT = '{"specversion":"1.0","id":"1","source":"/pbx","type":"call", "data":{"n": 1.10}}';

describe('POST /v1/usage', () => {
  let edge: Edge;
  beforeEach(() => (edge = createEdge()));
  afterAll(() => edge.app.close());

  const push = (contentType: string, payload: string | Buffer, headers: Record<string, string> = {}, query = '') =>
    edge.inject({
      method: 'POST',
      url: `/v1/usage${query}`,
      headers: { 'content-type': contentType, ...headers },
      payload,
    });
  const pushed = () => edge.calls.map(({ input }) => input as PushUsage);

  it('stores the bytes of a single event and answers 202 with the entry', async () => {
    const answer = await push('application/cloudevents+json; charset=utf-8', EVENT);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ accepted: 1, entry: 1, flawed: 0, flaws: [] });
    const [call] = pushed();
    expect(call!.source).toBe('http');
    expect(Buffer.from(call!.events[0]!).toString()).toBe(EVENT);
    expect(call!.requestSha256).toBe(createHash('sha256').update(EVENT).digest('hex'));
  });

  it('takes batches and NDJSON, for the source that is named', async () => {
    expect(
      (await push('application/cloudevents-batch+json', `[${EVENT},${EVENT}]`, {}, '?source=pbx-1')).json(),
    ).toMatchObject({ accepted: 2 });
    expect((await push('application/x-ndjson', `${EVENT}\n${EVENT}\n${EVENT}`)).json()).toMatchObject({ accepted: 3 });
    expect(pushed().map(({ source, events }) => [source, events.length])).toEqual([
      ['pbx-1', 2],
      ['http', 3],
    ]);
  });

  it('accepts a flawed event with its neighbours and says so', async () => {
    const answer = await push('application/cloudevents-batch+json', `[${EVENT},{"id":"2"}]`);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      accepted: 2,
      entry: 1,
      flawed: 1,
      flaws: [{ index: 1, problem: 'specversion is not "1.0", source is missing or empty, type is missing or empty' }],
    });
    expect(pushed()[0]!.events).toHaveLength(2);
  });

  it('refuses a body that is no JSON and stores nothing', async () => {
    const answer = await push('application/cloudevents+json', '{"id":');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'BODY_NOT_JSON', type: 'docs/errors.md#body_not_json', status: 400 });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(edge.calls).toEqual([]);
  });

  it('answers the same for the same key and body, and 409 for another body', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const first = await push('application/cloudevents+json', EVENT, headers);
    const second = await push('application/cloudevents+json', EVENT, headers);
    const third = await push('application/cloudevents+json', EVENT.replace('call', 'text'), headers);
    expect([first.statusCode, second.statusCode, third.statusCode]).toEqual([202, 202, 409]);
    expect(second.json()).toEqual(first.json());
    expect([first.headers['idempotency-replayed'], second.headers['idempotency-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect(third.json()).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  it('says whose the key is', async () => {
    await push('application/cloudevents+json', EVENT, { 'idempotency-key': 'k-2' });
    expect(edge.calls).toMatchObject([{ input: { idempotencyKey: 'k-2', caller: 'operator' } }]);
  });

  it('says when to come again while the intake is busy', async () => {
    edge.fail(new TollgridError('INTAKE_BUSY', 'Too much in flight.', { retryAfterSeconds: 3 }));
    const answer = await push('application/cloudevents+json', EVENT);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('3');
  });

  it('takes an event in binary mode, once for a key whatever the order of its headers', async () => {
    const binary = { 'ce-specversion': '1.0', 'ce-id': '1%20a', 'ce-source': '/pbx', 'ce-type': 'call' };
    const reversed = Object.fromEntries(Object.entries(binary).reverse());
    const key = { 'idempotency-key': 'b-1' };
    const first = await push('application/json', '{"n":1.10}', { ...binary, ...key });
    expect([first.statusCode, first.json()]).toEqual([202, { accepted: 1, entry: 1, flawed: 0, flaws: [] }]);
    const again = await push('application/json', '{"n":1.10}', { ...key, ...reversed });
    expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([202, 'true']);
    const other = await push('application/json', '{"n":1.10}', { ...binary, ...key, 'ce-id': '2' });
    expect(other.json()).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(Buffer.from(pushed()[0]!.events[0]!).toString()).toBe(
      '{"specversion":"1.0","id":"1 a","source":"/pbx","type":"call","datacontenttype":"application/json","data":{"n":1.10}}',
    );
    const image = await push('image/png', Buffer.from([137, 80]), { ...binary, 'ce-id': '' });
    expect(image.json()).toMatchObject({ accepted: 1, flaws: [{ index: 0, problem: 'id is missing or empty' }] });
    expect((await push('application/json', '1', { ...binary, 'ce-id': '%FF' })).json()).toMatchObject({
      code: 'REQUEST_INVALID',
      details: { problems: [{ at: 'headers.ce-id' }] },
    });
  });

  it('refuses other content types, bodies over the limit and bad parameters', async () => {
    expect((await push('text/plain', EVENT)).json()).toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED', status: 415 });
    expect((await push('application/cloudevents+json', EVENT, {}, '?source=../x')).json()).toMatchObject({
      code: 'REQUEST_INVALID',
    });
    expect((await push('application/cloudevents+json', EVENT, { 'idempotency-key': 'a b' })).json()).toMatchObject({
      code: 'REQUEST_INVALID',
    });
    const small = createEdge({ config: { bodyBytesMax: 50 } });
    const answer = await small.inject({
      method: 'POST',
      url: '/v1/usage',
      headers: { 'content-type': 'application/json' },
      payload: EVENT,
    });
    expect(answer.json()).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 });
    await small.app.close();
    expect(edge.calls).toEqual([]);
  });
});
