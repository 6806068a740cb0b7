/** Ways in of a whole Tollgrid: looked at, paused, exchanged while others run; nothing lost by any of it. */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tollgrid, writeSmallTown } from '../../cli/support/small-town.ts';
import { connect, findFront, type Api } from '../../../cli/client.ts';
import type { SourceItem, SourceTestAnswer } from '../../../schemas/api/sources.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Page } from '../../../schemas/api/common.ts';
import { killGroup, runTollgrid } from './command-line.ts';
import type { ChildProcess } from 'node:child_process';

let folder: string;
let config: string;
let child: ChildProcess;
let api: Api;

const TCP = (port: number, extra = ''): string =>
  `{ name: pbx, kind: tcp, format: test-calls, tcp: { port: ${port}${extra} } }`;

function writeSources(...sources: string[]): void {
  const kept = fs
    .readFileSync(config, 'utf8')
    .split('\n')
    .filter((line) => !/^sources:|^ {2}- /.test(line));
  fs.writeFileSync(config, [...kept, 'sources:', ...sources.map((one) => `  - ${one}`), ''].join('\n'));
}

async function started(): Promise<void> {
  child = runTollgrid('start', '--config', config);
  child.stdout!.resume();
  child.stderr!.resume();
  const dataDir = path.join(folder, 'data');
  for (;;) {
    if (child.exitCode !== null) throw new Error('it ended before it answered');
    const address = findFront(dataDir);
    if (address?.pid === child.pid) {
      api = connect(address!.url, address!.token);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function source(name: string): Promise<SourceItem> {
  const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 100 });
  return items.find((one) => one.name === name)!;
}

async function portOf(name: string): Promise<number> {
  for (;;) {
    const { detail, state } = await source(name);
    if (state === 'taking') return Number(/:(\d+)$/.exec(detail!)![1]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Resolves when the connection is over. */
function send(port: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end(text));
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.resume();
  });
}

const call = (second: number): string =>
  `380441234567;380671112233;2026-10-20 10:00:${String(second).padStart(2, '0')};30\n`;

async function received(name: string, count: number): Promise<AuditReport> {
  for (;;) {
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    const rows = report.records.filter((row) => row.source === name);
    if (rows.reduce((sum, row) => sum + row.received, 0) >= count) return report;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-sources-'));
  config = writeSmallTown(folder);
  writeSources('{ name: exchange, format: test-calls, directory: inbox, pollMs: 50 }', TCP(0));
  await started();
});
afterAll(() => {
  killGroup(child);
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('the ways in', () => {
  it('take lines over TCP to charges, and say so', async () => {
    await send(await portOf('pbx'), call(1) + call(2));
    const report = await received('pbx', 2);
    expect(report.closes).toBe(true);
    expect(await source('pbx')).toMatchObject({ kind: 'tcp', state: 'taking', received: 2, suspended: 0, refused: 0 });
    expect((await source('pbx')).lastAcceptedAt).not.toBeNull();
    const listed = tollgrid(config, 'source', 'list');
    expect([listed.status, listed.out]).toEqual([0, expect.stringMatching(/pbx +tcp +taking/)]);
  });

  it('can be tried, paused and resumed one by one', async () => {
    expect(tollgrid(config, 'source', 'test', 'exchange').out).toContain('can be read');
    const port = await portOf('pbx');
    expect(tollgrid(config, 'source', 'pause', 'pbx').status).toBe(0);
    await expect(send(port, call(3))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await source('pbx')).toMatchObject({ state: 'paused', detail: 'paused by operator' });
    expect(await source('exchange')).toMatchObject({ state: 'taking' });
    const tried: SourceTestAnswer = await api.post('/v1/sources/pbx/test', {});
    expect(tried.reachable).toBe(true);
    expect(tollgrid(config, 'source', 'resume', 'pbx').status).toBe(0);
    await send(await portOf('pbx'), call(3));
    await received('pbx', 3);
    expect(tollgrid(config, 'source', 'pause', 'nobody')).toMatchObject({ status: 2 });
  });

  it('stay paused over a kill, and what was taken before it is counted once', async () => {
    await send(await portOf('pbx'), call(4) + call(5));
    await received('pbx', 5);
    await api.post('/v1/sources/pbx/pause', {});
    killGroup(child);
    await new Promise((resolve) => child.once('close', resolve));
    await started();
    expect(await source('pbx')).toMatchObject({ state: 'paused' });
    await api.post('/v1/sources/pbx/resume', {});
    await send(await portOf('pbx'), call(5) + call(6));
    const report = await received('pbx', 7);
    expect(report.closes).toBe(true);
    expect(report.records.filter((row) => row.source === 'pbx').reduce((sum, row) => sum + row.duplicate, 0)).toBe(1);
  });

  it('are exchanged by reading the configuration again; those without a change go on', async () => {
    const open = net.connect(await portOf('pbx'), '127.0.0.1');
    open.resume();
    writeSources(TCP(0), '{ name: syslog, kind: udp, format: test-calls, udp: { port: 0 } }');
    const done = tollgrid(config, 'source', 'reload', '--json');
    expect(JSON.parse(done.out)).toEqual({
      added: ['syslog'],
      changed: [],
      removed: ['exchange'],
      underway: [],
      atNextStart: [],
    });
    open.end(call(7));
    await received('pbx', 8);

    writeSources(TCP(0, ', connectionsMax: 7'));
    expect(JSON.parse(tollgrid(config, 'source', 'reload', '--json').out)).toMatchObject({
      changed: ['pbx'],
      removed: ['syslog'],
      underway: [],
    });
    await send(await portOf('pbx'), call(8));
    await received('pbx', 9);
  });

  it('are left as they are when the configuration is wrong', async () => {
    writeSources(TCP(0), '{ name: more, kind: udp, format: test-calls }');
    const wrong = tollgrid(config, 'source', 'reload');
    expect([wrong.status, wrong.err]).toEqual([2, expect.stringContaining('sources.1.udp is missing')]);
    writeSources(TCP(0), '{ name: more, kind: udp, format: nothing, udp: { port: 0 } }');
    expect(tollgrid(config, 'source', 'reload')).toMatchObject({ err: expect.stringContaining('FORMAT_UNKNOWN') });
    expect(await source('pbx')).toMatchObject({ state: 'taking' });
  });

  it('that cannot be reached are tried again, and do not keep the others from starting', async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as net.AddressInfo;
    writeSources(TCP(port));
    tollgrid(config, 'source', 'reload');
    expect(await source('pbx')).toMatchObject({
      state: 'waiting',
      detail: expect.stringContaining('SOURCE_UNREACHABLE'),
    });
    await new Promise((resolve) => taken.close(resolve));
    await send(await portOf('pbx'), call(9));
    await received('pbx', 10);
  });
});
