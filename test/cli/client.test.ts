import { createServer, type IncomingMessage, type Server } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it, expect } from 'vitest';
import { collect, items, untilProcessed } from '../../cli/answers.ts';
import { connect, findFront, type Api } from '../../cli/client.ts';
import { TollgridError } from '../../platform/errors.ts';

interface Seen {
  method: string;
  url: string;
  type: string | undefined;
  authorization: string | undefined;
  body: string;
}

let folder: string;
let server: Server;
let seen: Seen[];
/** What the server answers, by number of the request. */
let answers: { status?: number; json?: unknown; text?: string }[];
let api: Api;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-client-'));
  seen = [];
  answers = [];
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { 'content-type': type, authorization } = request.headers;
      const { status = 200, json, text } = answers[seen.length] ?? {};
      seen.push({ method: request.method!, url: request.url!, type, authorization, body });
      response.writeHead(status).end(text ?? JSON.stringify(json ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  api = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'token-1');
});

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

const failure = async (work: Promise<unknown>): Promise<TollgridError> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TollgridError);
  return error as TollgridError;
};

describe('the way to the API', () => {
  it('sends the token, the query without what is undefined, and JSON', async () => {
    await api.post('/v1/settlements', { period: '2026-03' }, { a: 'x y', b: undefined, c: true });
    expect(seen).toEqual([
      {
        method: 'POST',
        url: '/v1/settlements?a=x+y&c=true',
        type: 'application/json',
        authorization: 'Bearer token-1',
        body: '{"period":"2026-03"}',
      },
    ]);
  });

  it('sends the bytes of a file, also of an empty one', async () => {
    const [full, empty] = [path.join(folder, 'a.csv'), path.join(folder, 'b.csv')];
    writeFileSync(full, 'a;b\n'.repeat(50_000));
    writeFileSync(empty, '');
    await api.putFile('/v1/files/s/a.csv', full, { format: 'x' });
    await api.putFile('/v1/files/s/b.csv', empty);
    expect(seen.map(({ url, body }) => [url, body.length])).toEqual([
      ['/v1/files/s/a.csv?format=x', 200_000],
      ['/v1/files/s/b.csv', 0],
    ]);
  });

  it('gives back the code, message and details of a refusal', async () => {
    answers = [{ status: 409, json: { code: 'IDEMPOTENCY_CONFLICT', detail: 'used before', details: { entry: 7 } } }];
    const error = await failure(api.get('/v1/audit'));
    expect(error).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      message: 'used before',
      details: { entry: 7 },
      exitCode: 1,
    });
  });

  it('does not trust what answers in another tongue', async () => {
    answers = [
      { status: 502, text: '<html>' },
      { status: 500, json: { code: 'toString' } },
    ];
    expect(await failure(api.get('/'))).toMatchObject({ code: 'INTERNAL' });
    expect(await failure(api.get('/'))).toMatchObject({ code: 'INTERNAL' });
  });

  it('says that nobody answers', async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await failure(connect(`http://127.0.0.1:${port}`).get('/v1/status'))).toMatchObject({
      code: 'FRONT_UNREACHABLE',
      exitCode: 3,
    });
  });

  it('says which file cannot be read', async () => {
    const error = await failure(api.putFile('/v1/files/s/x', path.join(folder, 'none')));
    expect(error.code).toBe('FILE_UNREADABLE');
    expect(error.message).toMatch(/none does not exist$/);
    const ofFolder = await failure(api.putFile('/v1/files/s/x', folder));
    expect(ofFolder).toMatchObject({ code: 'FILE_UNREADABLE', exitCode: 2 });
    expect(ofFolder.message).toMatch(/ is a folder$/);
    expect((await failure(api.putFile('/v1/files/s/x', '/dev/null'))).code).toBe('FILE_UNREADABLE');
    expect(seen).toEqual([]);
  });
});

describe('lists', () => {
  it('are read page by page up to the limit', async () => {
    answers = [{ json: { items: [1, 2], next: 'c2' } }, { json: { items: [3], next: 'c3' } }];
    expect(await collect(items(api, '/v1/charges', { account: 'A-1' }, 3))).toEqual([1, 2, 3]);
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/charges?account=A-1&limit=3',
      '/v1/charges?account=A-1&limit=1&cursor=c2',
    ]);
  });
});

describe('waiting for an entry', () => {
  it('ends when it is in the ledger, and tells how far it is meanwhile', async () => {
    answers = [{ json: { processed: false, processedEntry: 4 } }, { json: { processed: true, processedEntry: 9 } }];
    const heard: number[] = [];
    await untilProcessed(api, 9, 60_000, ({ processedEntry }) => heard.push(processedEntry));
    expect(heard).toEqual([4]);
    expect(seen[0]!.url).toBe('/v1/entries/9/processed?timeoutMs=1000');
  });

  it('gives up after its time', async () => {
    answers = [{ json: { processed: false, processedEntry: 4 } }];
    expect(await failure(untilProcessed(api, 9, 0))).toMatchObject({ code: 'WAIT_TIMED_OUT', exitCode: 3 });
  });
});

describe('the running front', () => {
  const write = (text: string): void => {
    mkdirSync(path.join(folder, 'run'), { recursive: true });
    writeFileSync(path.join(folder, 'run', 'front.json'), text);
  };

  it('is found by its file while its process lives', () => {
    expect(findFront(folder)).toBeNull();
    write(JSON.stringify({ url: 'http://127.0.0.1:1', pid: process.pid, token: 't' }));
    expect(findFront(folder)).toEqual({ url: 'http://127.0.0.1:1', pid: process.pid, token: 't' });
  });

  it('is not there when its process is gone or its file is half written', () => {
    write(JSON.stringify({ url: 'http://127.0.0.1:1', pid: 2 ** 22 + 1 }));
    expect(findFront(folder)).toBeNull();
    write('{"url":');
    expect(findFront(folder)).toBeNull();
  });
});
