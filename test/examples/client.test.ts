/** The example client: against answers made up here, and against a Tollgrid that is killed while it pushes. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Api } from '../../cli/client.ts';
import { TollgridClient, type ClientOptions, type UsageEvent } from '../../examples/client/tollgrid-client.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import { writeSmallTown } from '../cli/support/small-town.ts';
import { apiOf, killGroup, runTollgrid } from '../server/front/command-line.ts';

const event = (id: number, text = ''): UsageEvent => ({
  id: String(id),
  source: '/partner',
  type: 'tollgrid.usage.voice',
  time: new Date(Date.UTC(2026, 9, 15, 10, 0, id)).toISOString(),
  data: { from: '380441234567', to: '380671112233', durationMs: 61_000, ...(text && { text }) },
});

interface Sent {
  key: string;
  atMs: number;
  ids: string[];
  headers: Headers;
}

/** Answers with each of `answers` in turn, then with 202. */
function client(answers: (() => Response | Promise<Response>)[], options: Partial<ClientOptions> = {}) {
  const sent: Sent[] = [];
  const fake = async (_url: unknown, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    const bytes = Buffer.from(await (init.body as Blob).arrayBuffer());
    const text = (headers.get('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as UsageEvent);
    const ids = events.map(({ id }) => id);
    sent.push({ key: headers.get('idempotency-key')!, atMs: performance.now(), ids, headers });
    const tooLarge = events.some(({ data }) => data['text'] === 'large');
    const answer = answers.shift() ?? (tooLarge ? problem(413, 'BODY_TOO_LARGE') : accepted(sent.length));
    return answer();
  };
  const made = new TollgridClient({
    url: 'http://tollgrid.test/',
    source: 'partner',
    lingerMs: 5,
    retryMs: 1,
    fetch: fake as typeof fetch,
    ...options,
  });
  return { client: made, sent };
}

const accepted = (entry: number) => () => Response.json({ accepted: 1, entry, flawed: 0, flaws: [] }, { status: 202 });
const problem =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ code, detail: 'no', cure: 'other' }, { status, headers });

describe('the example client', () => {
  it('sends events together, packed, and tells each where it is', async () => {
    const { client: one, sent } = client([], { batchEventsMax: 3, inFlightMax: 1, key: 'tg_a_b' });
    const receipts = await Promise.all([1, 2, 3, 4].map((id) => one.push(event(id))));
    expect(sent.map(({ ids }) => ids)).toEqual([['1', '2', '3'], ['4']]);
    expect(receipts.map(({ entry, record }) => `${entry}.${record}`)).toEqual(['1.0', '1.1', '1.2', '2.0']);
    expect(sent[0]!.headers.get('content-encoding')).toBe('gzip');
    expect(sent[0]!.headers.get('authorization')).toBe('Bearer tg_a_b');
    expect(new Set(sent.map(({ key }) => key)).size).toBe(2);
    expect(one.waiting).toBe(0);
  });

  it('repeats a batch under its key after losses and busy answers, not before Retry-After', async () => {
    const lost = (): never => {
      throw new TypeError('fetch failed');
    };
    const reasons: string[] = [];
    const { client: one, sent } = client(
      [
        lost,
        problem(429, 'RATE_LIMITED', { 'retry-after': '1' }),
        problem(503, 'INTAKE_BUSY', { 'retry-after': new Date(Date.now() + 100).toUTCString() }),
        () => new Response('<html>', { status: 502 }),
        problem(400, 'UPLOAD_BROKEN'),
      ],
      { onRetry: ({ reason }) => reasons.push(reason) },
    );
    await one.push(event(1));
    expect(reasons).toEqual(['fetch failed', 'RATE_LIMITED', 'INTAKE_BUSY', 'HTTP 502', 'UPLOAD_BROKEN']);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    expect(sent[2]!.atMs - sent[1]!.atMs).toBeGreaterThanOrEqual(995);
  });

  it('gives up what is refused, and of a batch only the event that is', async () => {
    const { client: one } = client([problem(403, 'SOURCE_NOT_OF_KEY')]);
    await expect(one.push(event(1))).rejects.toMatchObject({ status: 403, code: 'SOURCE_NOT_OF_KEY', cure: 'other' });
    const { client: two } = client([]);
    const all = await Promise.allSettled([event(1), event(2, 'large'), event(3)].map((each) => two.push(each)));
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(two.waiting).toBe(0);
  });

  it('ends when it is told to, without a wait', { timeout: 20_000 }, async () => {
    const stop = new AbortController();
    const busy = Array.from({ length: 9 }, () => problem(503, 'INTAKE_BUSY', { 'retry-after': '60' }));
    const { client: one } = client(busy, { signal: stop.signal, onRetry: () => stop.abort(new Error('enough')) });
    await expect(one.push(event(1))).rejects.toThrow('enough');
    await one.flush();
  });
});

describe('the example client and a Tollgrid that is killed', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-client-'));
  let child: ReturnType<typeof runTollgrid> | undefined;
  afterAll(() => {
    if (child) killGroup(child);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function start(config: string): Promise<Api> {
    child = runTollgrid('start', '--config', config);
    child.stdout!.resume();
    child.stderr!.resume();
    return apiOf(child, path.join(folder, 'data'));
  }

  it('come to every event once, rated, and an audit that closes', { timeout: 180_000 }, async () => {
    const config = writeSmallTown(folder, await freePort());
    const secret = 'abcdefghijklmnopqrstuvwx';
    const sha256 = createHash('sha256').update(secret).digest('hex');
    const keys = [{ id: 'partner', sha256, scopes: ['usage:write'], sources: ['partner'] }];
    fs.writeFileSync(path.join(folder, 'keys.yaml'), JSON.stringify(keys));
    const guiding = path.join(folder, 'guiding.yaml');
    fs.writeFileSync(guiding, fs.readFileSync(guiding, 'utf8').replace('class: call,', 'class: call.originating,'));
    const text = fs.readFileSync(config, 'utf8').replace(/^sources:.*$/m, '');
    const limits = 'apiKeysFile: keys.yaml, limits: { requestsPerSecond: 4 }';
    fs.writeFileSync(config, text.replace('server: {', `server: { ${limits},`));

    let api = await start(config);
    const reasons = new Map<string, number>();
    const partner = new TollgridClient({
      url: api.url,
      key: `tg_partner_${secret}`,
      source: 'partner',
      batchEventsMax: 100,
      inFlightMax: 8,
      retryMsMax: 1000,
      onRetry: ({ reason }) => reasons.set(reason, (reasons.get(reason) ?? 0) + 1),
    });
    let acknowledged = 0;
    let killed = false;
    const receipts = await Promise.all([
      ...Array.from({ length: 2000 }, (_, id) =>
        partner.push(event(id)).then(async (receipt) => {
          if (++acknowledged < 500 || killed) return receipt;
          killed = true;
          killGroup(child!);
          api = await start(config);
          return receipt;
        }),
      ),
    ]);
    expect(killed).toBe(true);
    expect([...reasons.keys()]).toEqual(expect.arrayContaining(['fetch failed', 'RATE_LIMITED']));
    expect(new Set(receipts.map(({ entry, record }) => `${entry}.${record}`)).size).toBe(2000);
    const { closes, total }: AuditReport = await api.get('/v1/audit', { wait: true });
    expect({ closes, received: total.received, rated: total.rated, difference: total.difference }).toEqual({
      closes: true,
      received: 2000,
      rated: 2000,
      difference: 0,
    });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
