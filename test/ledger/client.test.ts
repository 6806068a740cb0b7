import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { connectLedger, queryRows, streamRows, type LedgerClient } from '../../ledger/client.ts';
import { bodyHandover } from '../../ledger/handover.ts';

interface Seen {
  headers: http.IncomingHttpHeaders;
  url: URL;
  body: Buffer;
}

let server: http.Server;
let client: LedgerClient;
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

/** A server that notes what it is asked and answers with one row. */
async function connect(compression: boolean): Promise<Seen[]> {
  const seen: Seen[] = [];
  server = http.createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const url = new URL(request.url!, 'http://server');
      seen.push({ headers: request.headers, url, body: Buffer.concat(chunks) });
      const packed = url.searchParams.get('enable_http_compression') === '1';
      if (packed) response.setHeader('Content-Encoding', 'gzip');
      const row = Buffer.from('{"a":1}\n');
      response.end(packed ? gzipSync(row) : row);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = connectLedger({ url, token: 'secret', user: 'rater', database: 'money', compression });
  return seen;
}

describe('the way to a ledger on a server', () => {
  it.each([false, true])('names user and database apart from the query, compressed: %s', async (compression) => {
    const seen = await connect(compression);
    expect(await queryRows(client, 'SELECT 1 AS a')).toEqual([{ a: 1 }]);
    await bodyHandover(client).insert('INSERT INTO charges FORMAT Native', [Buffer.from('block')]);
    const streamed = [];
    for await (const rows of streamRows(client, 'SELECT 1 AS a')) streamed.push(...rows);
    expect(streamed).toEqual([{ a: 1 }]);
    for (const { headers, url } of seen) {
      expect(headers.authorization).toBe(`Basic ${Buffer.from('rater:secret').toString('base64')}`);
      expect(url.searchParams.get('database')).toBe('money');
      expect(url.search).not.toContain('secret');
    }
    const { headers, body } = seen[1];
    expect(headers['content-encoding']).toBe(compression ? 'gzip' : undefined);
    expect((compression ? gunzipSync(body) : body).toString()).toBe('block');
  });
});
