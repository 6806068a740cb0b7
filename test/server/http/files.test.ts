import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createEdge, type Edge } from './fake-services.ts';

describe('PUT /v1/files/:source/:name', () => {
  let edge: Edge;
  afterEach(() => edge.app.close());

  const put = (url: string, payload: Buffer | Readable, headers: Record<string, string> = {}) =>
    edge.inject({ method: 'PUT', url, payload, headers: { 'content-type': 'application/octet-stream', ...headers } });

  it('streams the bytes to the intake, over the body limit of other routes too', async () => {
    edge = createEdge({ config: { bodyBytesMax: 1000 } });
    const file = randomBytes(200_000);
    const answer = await put(
      '/v1/files/town-pbx/Master%20%D1%84.csv?format=asterisk',
      Readable.from([file.subarray(0, 70_000), file.subarray(70_000)]),
    );
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({ fileEntry: 1, lastEntry: 1, slices: 1, sizeBytes: 200_000 });
    expect(edge.calls[0]!.input).toMatchObject({ source: 'town-pbx', name: 'Master ф.csv', format: 'asterisk' });
    const again = await put('/v1/files/town-pbx/other.csv', file, { 'content-type': 'text/csv' });
    expect([again.statusCode, again.json<object>()]).toEqual([
      200,
      { fileEntry: 2, lastEntry: 2, slices: 1, sizeBytes: 200_000, duplicateOf: 1 },
    ]);
  });

  it('takes no path for a name', async () => {
    edge = createEdge();
    for (const name of ['..%2Fx', '%00', 'a%5Cb']) {
      expect((await put(`/v1/files/town/${name}`, Buffer.from('x'))).json()).toMatchObject({ code: 'REQUEST_INVALID' });
    }
    expect(edge.calls).toEqual([]);
  });

  it('refuses a file over the limit, declared or not, and the intake hears of it', async () => {
    edge = createEdge({ config: { fileBytesMax: 100_000 } });
    expect((await put('/v1/files/town/big', randomBytes(100_001))).json()).toMatchObject({
      code: 'BODY_TOO_LARGE',
      status: 413,
    });
    expect(edge.calls).toEqual([]);
    const undeclared = await put('/v1/files/town/big', Readable.from([randomBytes(60_000), randomBytes(60_000)]));
    expect(undeclared.json()).toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(undeclared.headers.connection).toBe('close');
  });

  it('gets the refusal back to a sender that is still sending', async () => {
    edge = createEdge({ config: { fileBytesMax: 100_000, port: 0 } });
    await edge.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = edge.app.server.address() as AddressInfo;
    const request = http.request({
      host: '127.0.0.1',
      port,
      method: 'PUT',
      path: '/v1/files/town/a.csv',
      headers: { 'content-type': 'text/csv' },
    });
    request.on('error', () => undefined);
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
    request.write(randomBytes(200_000));
    const [response] = await answered;
    expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
    request.destroy();
  });

  it('passes on why the intake refused a file that it did not read to the end', async () => {
    edge = createEdge();
    edge.fail(Object.assign(new Error('disk'), { code: 'EIO' }));
    expect(
      (await put('/v1/files/town/a.csv', Readable.from([randomBytes(60_000), randomBytes(60_000)]))).json(),
    ).toMatchObject({ code: 'INTERNAL' });
  });

  it('fails the stream of the intake when the sender breaks off', async () => {
    let outcome: Promise<unknown> = Promise.resolve();
    edge = createEdge();
    const ingest = edge.services.ingestFile;
    const services = {
      ...edge.services,
      ingestFile: (input: Parameters<typeof ingest>[0]) => (outcome = ingest(input)) as ReturnType<typeof ingest>,
    };
    const whole = createEdge({ services, config: { port: 0 } });
    await whole.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = whole.app.server.address() as AddressInfo;
    const request = http.request({
      host: '127.0.0.1',
      port,
      method: 'PUT',
      path: '/v1/files/town/a.csv',
      headers: { 'content-length': '1000000', 'content-type': 'text/csv' },
    });
    request.on('error', () => undefined);
    const arrived = once(whole.app.server, 'request');
    request.write(randomBytes(1000));
    await arrived;
    await new Promise((resolve) => setTimeout(resolve, 50));
    request.destroy();
    await expect
      .poll(() =>
        outcome.then(
          () => 'kept',
          () => 'refused',
        ),
      )
      .toBe('refused');
    await whole.app.close();
  });
});
