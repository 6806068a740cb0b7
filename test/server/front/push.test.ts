/** Usage that clients push: from the request's bytes to charges, once, whatever is repeated. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System } from './system.ts';

const START_MS = 180_000;
let system: System;

beforeAll(async () => {
  system = await System.start();
}, START_MS);
afterAll(() => system.remove());

interface Answer {
  status: number;
  replayed: string | null;
  body: Record<string, unknown>;
}

/** One event per line, as a client sends them. */
async function post(events: (object | string)[], key?: string): Promise<Answer> {
  const response = await fetch(`${system.front.url}/v1/usage?source=pbx`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...(key !== undefined && { 'idempotency-key': key }) },
    body: events.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n') + '\n',
  });
  const body = (await response.json()) as Answer['body'];
  if (response.status === 202) await system.processed(body['entry'] as number);
  return { status: response.status, replayed: response.headers.get('idempotency-replayed'), body };
}

const event = (id: string, service: string, data: object): object => ({
  specversion: '1.0',
  id,
  source: '/test',
  type: `tollgrid.usage.${service}`,
  time: '2026-10-15T09:00:00Z',
  data,
});

/** The hotel's rooms pay by the second: the tariff's own examples. */
const call = (id: string, seconds: number): object =>
  event(id, 'voice', { account: 'hotel-rooms', to: '380671234567', durationMs: seconds * 1000 });

describe('pushed usage', () => {
  it('is rated in each service, at the prices that its tariffs give as examples', async () => {
    const answer = await post([
      call('v-1', 107),
      event('d-1', 'data', { login: 'shop4@town', bytes: 1_234_900_000 }),
      event('e-1', 'electricity', { meter: 'E100012', register: '1.8.1', wh: 10_000, endAt: '2026-10-15T10:00:00Z' }),
    ]);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 3, flawed: 0 } });
    const of = async (account: string, service: string): Promise<object> =>
      (await system.charges(account)).find((one) => one.service === service)!;
    expect(await of('A-1002', 'voice')).toMatchObject({ amount: '0.604800', billed: 107_000, zone: 'mobile' });
    expect(await of('A-1005', 'data')).toMatchObject({ amount: '296.160000', tax: '49.360000', billed: 1_234_000_000 });
    expect(await of('A-1013', 'electricity')).toMatchObject({
      kind: 'valuation',
      quantity: 10_000,
      amount: '43.200000',
    });
    expect(await system.totals()).toEqual({ received: 3, rated: 3 });
  });

  it('is rated in binary mode, and packed files are told by what they hold', async () => {
    const response = await fetch(`${system.front.url}/v1/usage?source=pbx`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': 'b%201', 'ce-source': '/binary' },
        ...{ 'ce-type': 'tollgrid.usage.voice', 'ce-time': '2026-10-15T09:30:00Z', 'content-encoding': 'gzip' },
      },
      body: gzipSync('{"account":"hotel-rooms","to":"380671234567",\n"durationMs":107000}'),
    });
    expect(response.status).toBe(202);
    await system.processed();
    const charge = (await system.charges('A-1002')).find(({ startAt }) => startAt.startsWith('2026-10-15T09:30'));
    expect(charge).toMatchObject({ amount: '0.604800', billed: 107_000 });

    const file = `${JSON.stringify(call('f-1', 60))}\n${JSON.stringify(call('f-2', 60))}\n`;
    const put = async (body: string | Uint8Array, headers: Record<string, string>): Promise<[number, object]> => {
      const url = `${system.front.url}/v1/files/pbx/a.ndjson?format=cloudevents`;
      const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': 'text/plain', ...headers }, body });
      return [answer.status, (await answer.json()) as object];
    };
    const before = await system.totals();
    const [status, first] = await put(gzipSync(file), { 'content-encoding': 'gzip' });
    expect([status, first]).toEqual([201, expect.objectContaining({ sizeBytes: file.length })]);
    const { fileEntry } = first as { fileEntry: number };
    expect(await put(file, {})).toEqual([200, expect.objectContaining({ duplicateOf: fileEntry })]);
    await system.processed();
    const after = await system.totals();
    expect([after['rated']! - before['rated']!, after['duplicate'], (await system.audit()).closes]).toEqual([
      2,
      2,
      true,
    ]);
  });

  it('with a key is taken once, and another body under the same key is refused', async () => {
    const before = await system.totals();
    const first = await post([call('k-1', 60)], 'key-1');
    expect(first).toMatchObject({ status: 202, replayed: null });
    const head = system.services.status().logHead;
    const again = await post([call('k-1', 60)], 'key-1');
    expect(again).toMatchObject({ status: 202, replayed: 'true', body: { entry: first.body['entry'], accepted: 1 } });
    expect(await post([call('k-2', 60)], 'key-1')).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_CONFLICT' },
    });
    expect(system.services.status().logHead).toBe(head);
    expect(await system.totals()).toEqual({
      ...before,
      received: before['received']! + 1,
      rated: before['rated']! + 1,
    });
  });

  it('with a key is taken once also when the same request comes several times at the same moment', async () => {
    const events = [Buffer.from(JSON.stringify(call('k-3', 60)))];
    const push = (): Promise<{ entryNo: number; replayed: boolean }> =>
      system.services.pushUsage({ source: 'pbx', events, requestSha256: 'same', idempotencyKey: 'key-3' });
    const answers = await Promise.all([push(), push(), push()]);
    expect(answers.map(({ replayed }) => replayed)).toEqual([false, true, true]);
    expect(new Set(answers.map(({ entryNo }) => entryNo)).size).toBe(1);
  });

  it('is a duplicate when it says the same again, and waits when it says something else', async () => {
    await system.processed();
    const before = await system.totals();
    await post([call('c-1', 60)]);
    await post([call('c-1', 60)]);
    await post([call('c-1', 61)]);
    await post([call('c-1', 61)]);
    expect(await system.totals()).toEqual({
      received: before['received']! + 4,
      rated: before['rated']! + 1,
      duplicate: before['duplicate']! + 2,
      suspended: 1,
    });
    const [waiting] = (await system.services.suspense({ code: 'DUPLICATE_CONFLICT', limit: 10 })).items;
    const bytes = await system.services.suspenseBytes(waiting!.address);
    expect(JSON.parse(Buffer.from(bytes!).toString())).toEqual(call('c-1', 61));
  });

  it('waits with its bytes when it is no event, and its neighbours are rated', async () => {
    const before = await system.totals();
    const line = '{"specversion":"1.0", torn';
    const { status, body } = await post([call('n-1', 60), line, call('n-2', 60)]);
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 3, flawed: 1 });
    const after = await system.totals();
    expect([after['rated']! - before['rated']!, after['suspended']! - before['suspended']!]).toEqual([2, 1]);
    const [waiting] = (await system.services.suspense({ code: 'DECODE_JSON', limit: 10 })).items;
    expect(waiting!.address).toBe(`${String(body['entry'])}.1`);
    expect(Buffer.from((await system.services.suspenseBytes(waiting!.address))!).toString()).toBe(line);
    expect(await post(['no event at all', 'nor this'])).toMatchObject({ status: 400, body: { code: 'BODY_NOT_JSON' } });
  });

  it(
    'is still known after a restart: by its key, by its id, and what waits for a decision',
    async () => {
      const { folder } = system;
      const before = await system.totals();
      await system.stop();
      system = await System.start({ folder });
      expect(await post([call('k-1', 60)], 'key-1')).toMatchObject({ status: 202, replayed: 'true' });
      expect(await post([call('k-9', 60)], 'key-1')).toMatchObject({ status: 409 });
      await post([call('v-1', 107), call('c-1', 61), call('c-1', 62)]);
      const after = await system.totals();
      expect(after).toEqual({
        ...before,
        received: before['received']! + 3,
        duplicate: before['duplicate']! + 2,
        suspended: before['suspended']! + 1,
      });
      expect((await system.audit()).closes).toBe(true);
    },
    START_MS,
  );
});
