/** Access servers, played by FreeRADIUS's own client: what Tollgrid answered is charged once, whatever dies meanwhile. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, findFront, type Api } from '../../../cli/client.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { SourceItem } from '../../../schemas/api/sources.ts';
import { killGroup, runTollgrid } from './command-line.ts';
import { TOWN } from './system.ts';

const missing = spawnSync('radclient', ['-v'], { stdio: 'ignore' }).error !== undefined;
if (missing) process.stderr.write("SKIPPED: no radclient (Debian's freeradius-utils); RADIUS is tested without it\n");

const SECRET = 'a secret of the test';
const SESSIONS = 300;

let folder: string;
let child: ChildProcess;
let api: Api;
let port = 0;

/** A Stop of the town's customer; session `no` brought `no` MB down. */
function stop(no: number): string {
  const end = Date.UTC(2026, 9, 20, 10) / 1000 + no;
  return [
    'Acct-Status-Type = Stop',
    `Acct-Session-Id = "s-${no}"`,
    `User-Name = "${login}"`,
    'NAS-Identifier = "bras-1"',
    'Acct-Session-Time = 600',
    'Acct-Input-Octets = 1000',
    `Acct-Output-Octets = ${no * 1_000_000}`,
    `Event-Timestamp = ${end}`,
  ].join('\n');
}

let login = '';

function aLogin(): string {
  const registry = fs.readFileSync(path.join(TOWN, 'registry.yaml'), 'utf8');
  return /kind: login, value: '?"?([^'",} ]+)/.exec(registry)![1];
}

async function started(): Promise<void> {
  child = runTollgrid('start', '--config', path.join(folder, 'tollgrid.yaml'));
  child.stdout!.resume();
  child.stderr!.resume();
  for (;;) {
    if (child.exitCode !== null) throw new Error('it ended before it answered');
    const address = findFront(path.join(folder, 'data'));
    if (address?.pid === child.pid) {
      api = connect(address!.url, address!.token);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (;;) {
    const { detail, state } = await source();
    if (state === 'taking') {
      port = Number(/:(\d+)/.exec(detail!)![1]);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function source(): Promise<SourceItem> {
  const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 100 });
  return items.find(({ name }) => name === 'bras')!;
}

/** Sends packets, again until each is answered; resolves with how many were. */
function send(packets: readonly string[], secret = SECRET, retries = 150): Promise<number> {
  return new Promise((resolve) => {
    const args = ['-s', '-p', '20', '-r', String(retries), '-t', '1', `127.0.0.1:${port}`, 'acct', secret];
    const client = spawn('radclient', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    let out = '';
    client.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    client.on('close', () => resolve(Number(/Accepted\s*:\s*(\d+)/i.exec(out)?.[1] ?? 0)));
    client.stdin.end(packets.join('\n\n'));
  });
}

beforeAll(async () => {
  if (missing) return;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-radius-'));
  login = aLogin();
  fs.writeFileSync(path.join(folder, 'bras.secret'), `${SECRET}\n`);
  const free = (await import('node:dgram')).createSocket('udp4');
  await new Promise<void>((resolve) => free.bind(0, '127.0.0.1', resolve));
  const fixed = free.address().port;
  await new Promise<void>((resolve) => free.close(() => resolve()));
  const values = {
    dataDir: path.join(folder, 'data'),
    server: { port: 0 },
    duplicates: { windowMonths: 120 },
    logging: { level: 'silent' },
    definitions: {
      tariffs: [path.join(TOWN, 'tariffs')],
      guiding: path.join(TOWN, 'guiding.yaml'),
      registry: [path.join(TOWN, 'registry.yaml')],
    },
    sources: [
      {
        name: 'bras',
        kind: 'radius',
        format: 'radius',
        radius: { port: fixed, clients: [{ address: '127.0.0.1', secretFile: 'bras.secret' }] },
      },
    ],
  };
  fs.writeFileSync(path.join(folder, 'tollgrid.yaml'), JSON.stringify(values));
  await started();
});
afterAll(() => {
  if (missing) return;
  killGroup(child);
  fs.rmSync(folder, { recursive: true, force: true });
});

async function audited(received: number): Promise<AuditReport> {
  for (;;) {
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    if (report.total.received >= received) return report;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.skipIf(missing)('RADIUS accounting from radclient (needs freeradius-utils)', () => {
  it('becomes a charge for the megabytes of the session', async () => {
    expect(await send([stop(1)])).toBe(1);
    const report = await audited(1);
    expect([report.closes, report.total.rated, report.total.suspended]).toEqual([true, 1, 0]);
    const { items }: Page<ChargeItem> = await api.get('/v1/charges', { limit: 10 });
    expect(items.map(({ quantity }) => Number(quantity))).toEqual([1_001_000]);
  });

  it('with another secret is dropped and counted', async () => {
    expect(await send([stop(2)], 'wrong', 1)).toBe(0);
    expect((await source()).refusedFor).toMatchObject({ forged: 1 });
    expect((await audited(1)).total.received).toBe(1);
  });

  it('is charged once each, although Tollgrid is killed in the middle', async () => {
    const packets = Array.from({ length: SESSIONS }, (_, i) => stop(i + 3));
    const sending = send(packets);
    while ((await source().catch(() => null))?.lastAcceptedAt === null) await new Promise((r) => setTimeout(r, 10));
    await new Promise((resolve) => setTimeout(resolve, 300));
    killGroup(child);
    await new Promise((resolve) => child.once('close', resolve));
    await started();
    expect(await sending).toBe(SESSIONS);
    const report = await audited(SESSIONS + 1);
    expect(report.closes).toBe(true);
    // A packet that was durable and whose answer was lost came again: known as a duplicate.
    expect(report.total.rated).toBe(SESSIONS + 1);
    expect(report.total.received).toBe(report.total.rated + report.total.duplicate);
  });
});
