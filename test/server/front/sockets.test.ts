/** An exchange that streams its call lines and meters that push frames, over plain sockets: Tollgrid dies in the middle. */
import { type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../../cli/client.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { SourceItem } from '../../../schemas/api/sources.ts';
import type { SuspendedRecord } from '../../../schemas/api/suspense.ts';
import { apiOf, killGroup, runTollgrid } from './command-line.ts';
import { freePort } from './mosquitto.ts';
import { TOWN } from './system.ts';

const CALLS = 400;
let folder: string;
let child: ChildProcess;
let api: Api;
let ports: { pbx: number; meters: number };

function line(no: number): string {
  const time = new Date(Date.UTC(2026, 9, 20, 10) + no * 60_000)
    .toISOString()
    .slice(0, 19)
    .replaceAll('-', '/')
    .replace('T', ' ');
  return `${time},00:01:00,5,380442209001,O,380971112233,0971112233,,0,${1000 + no},0,E430,Lab,T9011,LINE 3.1,0,0,,,,,,,,,,,,,\r\n`;
}

function frame(no: number): Buffer {
  const apdu = Buffer.from([0x0f, 0, 0, no >> 8, no & 255, 0]);
  return Buffer.concat([Buffer.from([0, 1, 0, 1, 0, 0x10, 0, apdu.length]), apdu]);
}

async function started(): Promise<void> {
  child = runTollgrid('start', '--config', path.join(folder, 'tollgrid.yaml'));
  child.stdout!.resume();
  child.stderr!.resume();
  api = await apiOf(child, path.join(folder, 'data'));
  while ((await states()).some((state) => state !== 'taking')) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function states(): Promise<string[]> {
  const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 100 });
  return items.map(({ state }) => state);
}

async function connected(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.on('error', () => undefined);
  return socket;
}

async function audited(isAll: (report: AuditReport) => boolean): Promise<AuditReport> {
  for (;;) {
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    if (isAll(report)) return report;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-sockets-'));
  ports = { pbx: await freePort(), meters: await freePort() };
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
      { name: 'pbx', kind: 'tcp', format: 'avaya-smdr', tcp: { port: ports.pbx } },
      { name: 'meters', kind: 'tcp', format: 'dlms-push', tcp: { port: ports.meters, framing: 'dlms' } },
    ],
  };
  fs.writeFileSync(path.join(folder, 'tollgrid.yaml'), JSON.stringify(values));
  await started();
});
afterAll(() => {
  killGroup(child);
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('senders over plain sockets', () => {
  it('are charged once and kept whole, although Tollgrid is killed while they send', async () => {
    const [pbx, meter] = [await connected(ports.pbx), await connected(ports.meters)];
    for (let no = 0; no < 10; no++) meter.write(frame(no));
    await audited(({ total }) => total.suspended >= 10);
    for (let no = 0; no < CALLS; no++) pbx.write(line(no));
    for (let no = 10; no < 300; no++) meter.write(frame(no));
    await new Promise((resolve) => setTimeout(resolve, 20));
    killGroup(child);
    await new Promise((resolve) => child.once('close', resolve));
    await started();

    // A line has no acknowledgement: the exchange sends again what it keeps, and its calls are known.
    const again = await connected(ports.pbx);
    again.end(Array.from({ length: CALLS }, (_, no) => line(no)).join(''));
    const next = await connected(ports.meters);
    next.end(frame(300));
    const report = await audited(({ total }) => total.rated >= CALLS && total.suspended >= 11);
    expect(report.closes).toBe(true);
    expect(report.total.rated).toBe(CALLS);
    expect(report.total.received).toBe(CALLS + report.total.duplicate + report.total.suspended);

    const { items }: Page<SuspendedRecord> = await api.get('/v1/suspense', { limit: 1000 });
    expect(items.length).toBe(report.total.suspended);
    expect(new Set(items.map(({ code, format }) => `${code} ${format}`))).toEqual(new Set(['DECODE_LATER dlms-push']));
  });
});
