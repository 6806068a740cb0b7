/** `Content-Encoding` of pushed usage and files: the content counts, not how it was packed. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { PushUsage } from '../../../server/http/index.ts';
import { createEdge, type Edge } from './fake-services.ts';

const line = (id: number): string =>
  `{"specversion":"1.0","id":"${id}","source":"/pbx","type":"call","data":{"n":1.10}}\n`;
const LINES = [1, 2, 3, 4, 5, 6, 7, 8].map(line).join('');
/** `zstd -19 --check` of LINES: one frame with a compressed block and a checksum. */
const LINES_ZSTD = Buffer.from(
  'KLUv/WR4ARUDAGJFEhdwrcYwAgO4BqhIl/r/VVGcCLjal37uschhFMQgANPE2mq7srS7xsHVc7r3HmnUrIYSGrzHxzhLXd3eoVzNVntXFlmZ+LxI61IIIMBzBzhl0VuUbVQWvUXZGpVHCokZRqKerQ==',
  'base64',
);

interface Block {
  raw?: Uint8Array;
  /** A byte that is repeated so often. */
  repeat?: [byte: number, times: number];
}

/** A frame by RFC 8878, section 3.1.1, with a window of 2^(10 + exponent) bytes. */
function frame(blocks: Block[], exponent = 7, dictionary?: number): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, dictionary === undefined ? 0 : 1, exponent << 3]);
  const parts = blocks.map(({ raw, repeat }, index) => {
    const last = index === blocks.length - 1 ? 1 : 0;
    const head = Buffer.alloc(3);
    head.writeUIntLE(last | (raw ? 0 : 2) | ((raw ? raw.length : repeat![1]) << 3), 0, 3);
    return Buffer.concat([head, raw ?? Buffer.from([repeat![0]])]);
  });
  return Buffer.concat([header, ...(dictionary === undefined ? [] : [Buffer.from([dictionary])]), ...parts]);
}

const bytewise = (bytes: Buffer): Readable => Readable.from([...bytes].map((byte) => Buffer.from([byte])));

let edge: Edge;
beforeEach(() => (edge = createEdge({ config: { bodyBytesMax: 3_000_000, fileBytesMax: 40_000_000 } })));
afterAll(() => edge.app.close());

const push = (encoding: string, payload: Buffer | Readable, headers: Record<string, string> = {}) =>
  edge.inject({
    method: 'POST',
    url: '/v1/usage',
    headers: { 'content-type': 'application/x-ndjson', 'content-encoding': encoding, ...headers },
    payload,
  });
const put = (encoding: string, payload: Buffer | Readable) =>
  edge.inject({
    method: 'PUT',
    url: '/v1/files/town/a.csv',
    headers: { 'content-type': 'text/csv', ...(encoding && { 'content-encoding': encoding }) },
    payload,
  });

describe('a packed push', () => {
  it('holds the events that were packed, and is the same request as the unpacked one', async () => {
    const key = { 'idempotency-key': 'p-1' };
    const answers = [
      await push('identity', Buffer.from(LINES), key),
      await push('GZip', gzipSync(LINES), key),
      await push('zstd', LINES_ZSTD, key),
      await push('zstd', bytewise(LINES_ZSTD), key),
      await push('gzip', bytewise(gzipSync(LINES, { level: 1 })), key),
    ];
    expect(answers.map(({ statusCode, headers }) => [statusCode, headers['idempotency-replayed']])).toEqual([
      [202, undefined],
      ...Array.from({ length: 4 }, () => [202, 'true']),
    ]);
    for (const { input } of edge.calls) {
      const { events, requestSha256 } = input as PushUsage;
      expect(events.map((event) => `${Buffer.from(event).toString()}\n`).join('')).toBe(LINES);
      expect(requestSha256).toBe(createHash('sha256').update(LINES).digest('hex'));
    }
  });

  it('may be of several members or frames, also ones to skip', async () => {
    const skippable = Buffer.concat([Buffer.from([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')]);
    const two = frame([{ raw: Buffer.from(line(1).slice(0, 20)) }, { raw: Buffer.from(line(1).slice(20)) }]);
    const frames = Buffer.concat([skippable, two, LINES_ZSTD, skippable, frame([{ raw: Buffer.alloc(0) }])]);
    expect((await push('zstd', frames)).json()).toMatchObject({ accepted: 9 });
    expect((await push('zstd', bytewise(frames))).json()).toMatchObject({ accepted: 9 });
    const members = Buffer.concat([gzipSync(line(1)), gzipSync(line(2))]);
    expect((await push('x-gzip', members)).json()).toMatchObject({ accepted: 2 });
  });

  const damaged = Buffer.from(gzipSync(LINES));
  damaged[damaged.length - 6]! ^= 1;
  it.each([
    ['plain text as gzip', 'gzip', Buffer.from(LINES)],
    ['half a gzip', 'gzip', gzipSync(LINES).subarray(0, 60)],
    ['a gzip whose sum differs', 'gzip', damaged],
    ['a gzip with bytes behind it', 'gzip', Buffer.concat([gzipSync(LINES), Buffer.from('more')])],
    ['plain text as zstd', 'zstd', Buffer.from(LINES)],
    ['a short text as zstd', 'zstd', Buffer.from('{}')],
    ['nothing as zstd', 'zstd', Buffer.from([])],
    ['nothing as gzip', 'gzip', Buffer.from([])],
    ['half a zstd', 'zstd', LINES_ZSTD.subarray(0, 60)],
    ['a zstd without its sum', 'zstd', LINES_ZSTD.subarray(0, -4)],
    ['a zstd with bytes behind it', 'zstd', Buffer.concat([LINES_ZSTD, Buffer.from('more')])],
    ['a zstd with damage', 'zstd', Buffer.concat([LINES_ZSTD.subarray(0, 9), Buffer.alloc(30, 0xff)])],
    ['a zstd with a window over 8 MB', 'zstd', frame([{ raw: Buffer.from(LINES) }], 14)],
    ['a zstd that needs a dictionary', 'zstd', frame([{ raw: Buffer.from(LINES) }], 7, 5)],
    ['a zstd of tiny blocks', 'zstd', frame(Array.from({ length: 2000 }, () => ({ raw: Buffer.from(' ') })))],
  ])('is refused whole when it is %s', async (_name, encoding, body) => {
    const answer = await push(encoding, body);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'CONTENT_BROKEN']);
    expect(edge.calls).toEqual([]);
  });

  it('is refused when it is packed twice, or in a way not read here', async () => {
    for (const encoding of ['br', 'deflate', 'gzip, gzip', 'gzip, zstd', 'compress', '']) {
      const answer = await push(encoding, gzipSync(LINES));
      expect([encoding, answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
        encoding,
        415,
        'CONTENT_ENCODING_UNSUPPORTED',
      ]);
      expect(answer.headers['accept-encoding']).toBe('gzip, zstd');
    }
  });

  it('is refused when it unpacks to more than the limit, or to too many times its size', async () => {
    const random = Buffer.alloc(3_200_000, createHash('shake256', { outputLength: 60_000 }).update('a').digest());
    expect((await push('gzip', gzipSync(random))).json()).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 });
    const zeros = gzipSync(Buffer.alloc(2_500_000));
    expect((await push('gzip', zeros)).json()).toMatchObject({ code: 'CONTENT_RATIO', status: 422 });
    const bomb = frame(Array.from({ length: 24 }, () => ({ repeat: [32, 100_000] as [number, number] })));
    expect(bomb.length).toBeLessThan(110);
    const refused = await push('zstd', bomb);
    expect([refused.json<object>(), refused.headers.connection]).toEqual([
      expect.objectContaining({ code: 'CONTENT_RATIO' }),
      'close',
    ]);
    expect(edge.calls).toEqual([]);
  });
});

describe('a packed file', () => {
  it('is told by the bytes it unpacks to', async () => {
    const file = Buffer.from(Array.from({ length: 16_000 }, (_, id) => line(id)).join(''));
    const first = await put('gzip', gzipSync(file));
    expect([first.statusCode, first.json<object>()]).toEqual([
      201,
      expect.objectContaining({ sizeBytes: file.length }),
    ]);
    expect((await put('', file)).json()).toMatchObject({ duplicateOf: 1 });
    const blocks = Array.from({ length: Math.ceil(file.length / 100_000) }, (_, index) => ({
      raw: file.subarray(index * 100_000, (index + 1) * 100_000),
    }));
    expect((await put('zstd', frame(blocks))).json()).toMatchObject({ duplicateOf: 1 });
  });

  it('leaves nothing behind when it is a bomb or breaks off', async () => {
    expect((await put('gzip', gzipSync(Buffer.alloc(30_000_000)))).json()).toMatchObject({ code: 'CONTENT_RATIO' });
    expect((await put('gzip', gzipSync(LINES).subarray(0, 50))).json()).toMatchObject({ code: 'CONTENT_BROKEN' });
    // The stand-in numbers what it read to the end.
    expect((await put('', Buffer.from(LINES))).json()).toMatchObject({ fileEntry: 1 });
  });
});
