/**
 * Files fetched from OpenSSH's SFTP server and from vsftpd by a whole Tollgrid that is killed in the middle of a transfer:
 * each file is in the ledger once, and the audit closes.
 */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Api } from '../../../cli/client.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { FileItem } from '../../../schemas/api/files.ts';
import type { SourceItem, SourceTestAnswer } from '../../../schemas/api/sources.ts';
import { writeSmallTown } from '../../cli/support/small-town.ts';
import { apiOf, killGroup, runTollgrid } from './command-line.ts';
import * as servers from './support/file-servers.ts';

const isRoot = process.getuid?.() === 0;
const hasSshd = isRoot && servers.has('sshd') && servers.has('ssh-keygen');
const hasVsftpd = isRoot && servers.has('vsftpd');
if (!hasSshd)
  process.stderr.write("SKIPPED: no sshd (Debian's openssh-server), or not root; SFTP is tested without it\n");
if (!hasVsftpd) process.stderr.write('SKIPPED: no vsftpd, or not root; FTP is tested without it\n');

const PASSWORD = 'not-a-secret-7';
const QUIET_MS = 4_000;
/** Of a file that takes long enough on its way to be cut off: 15 MB. */
const LARGE_RECORDS = 300_000;

let folder: string;
let outbox: string;
let config: string;
let child: ChildProcess;
let api: Api;

/** Calls of different seconds, 30 s each: 0.60 each. */
function calls(from: number, count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const at = new Date(Date.UTC(2026, 9, 20) + (from + i) * 1000).toISOString().slice(0, 19).replace('T', ' ');
    return `380441234567;380671112233;${at};30\n`;
  }).join('');
}

function leave(name: string, text: string | Buffer): void {
  fs.writeFileSync(path.join(outbox, name), text);
}

function writeSource(source: object): void {
  const kept = fs
    .readFileSync(config, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('sources:'));
  fs.writeFileSync(config, [...kept, `sources: [${JSON.stringify(source)}]`, ''].join('\n'));
}

async function started(): Promise<void> {
  child = runTollgrid('start', '--config', config);
  child.stdout!.resume();
  child.stderr!.resume();
  api = await apiOf(child, path.join(folder, 'data'));
}

async function killed(): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  killGroup(child);
  await gone;
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 30));
}

async function source(): Promise<SourceItem> {
  const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 10 });
  return items.find(({ name }) => name === 'far')!;
}

/** Bytes of a transfer under way. */
function underWay(): number {
  const dir = path.join(folder, 'data', 'incoming', 'far');
  const files = fs.existsSync(dir) ? fs.readdirSync(dir, { recursive: true }) : [];
  return Math.max(0, ...files.map((name) => sizeOf(path.join(dir, String(name)))));
}

function sizeOf(file: string): number {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : 0;
}

async function files(): Promise<FileItem[]> {
  const { items }: Page<FileItem> = await api.get('/v1/files', { limit: 100 });
  return items.filter(({ source: name }) => name === 'far');
}

async function rated(count: number): Promise<AuditReport> {
  for (;;) {
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    const sum = report.records.filter((row) => row.source === 'far').reduce((all, row) => all + row.received, 0);
    if (sum >= count) return report;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const total = (report: AuditReport, key: 'received' | 'rated' | 'duplicate'): number =>
  report.records.filter((row) => row.source === 'far').reduce((all, row) => all + row[key], 0);

/** Kills it while a large file is on its way, and looks at what is there after the next start. */
async function throughAKill(): Promise<void> {
  const large = calls(1000, LARGE_RECORDS);
  leave('a.csv', calls(0, 5));
  await started();
  await until(async () => (await files()).length === 1);
  leave('large.csv', large);
  await until(() => underWay() > 100_000);
  await killed();
  const resumedAt = underWay();
  expect(resumedAt).toBeLessThan(large.length);
  await started();
  const report = await rated(5 + LARGE_RECORDS);
  expect(report.closes).toBe(true);
  expect([total(report, 'received'), total(report, 'rated'), total(report, 'duplicate')]).toEqual([
    5 + LARGE_RECORDS,
    5 + LARGE_RECORDS,
    0,
  ]);
  expect((await files()).map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
    'a.csv taken',
    'large.csv taken',
  ]);
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-remote-'));
  outbox = path.join(folder, 'outbox');
  fs.mkdirSync(path.join(outbox, 'done'), { recursive: true });
  config = writeSmallTown(folder);
});
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) await killed();
  fs.rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!hasSshd)('files on OpenSSH (needs openssh-server)', () => {
  let sshd: servers.FileServer | null = null;
  afterEach(() => sshd?.stop());

  async function serve(extra: object = {}): Promise<void> {
    const hostKey = path.join(folder, 'host');
    const clientKey = path.join(folder, 'client');
    const fingerprint = servers.makeKey(hostKey);
    servers.makeKey(clientKey);
    sshd = await servers.startSshd(folder, hostKey, clientKey);
    const sftp = {
      ...{ host: '127.0.0.1', port: sshd.port, user: 'root', privateKeyFile: clientKey, hostKeys: [fingerprint] },
      ...{ directory: outbox, everySeconds: 1, stallSeconds: 5 },
      ...extra,
    };
    writeSource({ name: 'far', kind: 'sftp', format: 'test-calls', pattern: '*.csv', sftp });
  }

  it('arrive once over a kill in the middle of a transfer, and are moved when they are durable', async () => {
    await serve({ taken: 'move', movedTo: path.join(outbox, 'done') });
    await throughAKill();
    await until(() => fs.readdirSync(path.join(outbox, 'done')).length === 2);
    expect(fs.readdirSync(outbox)).toEqual(['done']);
  }, 180_000);

  it('are not fetched when the server shows another key, and that is told by its code', async () => {
    await serve();
    leave('a.csv', calls(0, 5));
    await started();
    await rated(5);
    await sshd!.stop();
    const other = path.join(folder, 'other-host');
    const seen = servers.makeKey(other);
    sshd = await servers.startSshd(folder, other, path.join(folder, 'client'), sshd!.port);
    await until(async () => /SOURCE_HOST_KEY_CHANGED/.test((await source()).detail ?? ''));
    expect(await source()).toMatchObject({ state: 'waiting' });
    const tried: SourceTestAnswer = await api.post('/v1/sources/far/test', {});
    expect(tried.reachable).toBe(false);
    expect(tried.lines[0]).toContain(seen);
  }, 180_000);
});

describe.skipIf(!hasVsftpd)('files on vsftpd (needs vsftpd)', () => {
  let vsftpd: servers.FileServer | null = null;
  afterEach(() => vsftpd?.stop());

  async function serve(tls: 'explicit' | 'none', rate: number, extra: object = {}): Promise<void> {
    // vsftpd reads as its own user.
    fs.chmodSync(folder, 0o755);
    for (const dir of [outbox, path.join(outbox, 'done')]) fs.chmodSync(dir, 0o777);
    const { certificate, withKey } = servers.makeCertificate(folder);
    vsftpd = await servers.startVsftpd(folder, {
      ...{ root: folder, password: PASSWORD, rate },
      ...(tls === 'explicit' && { certificate: withKey }),
    });
    fs.writeFileSync(path.join(folder, 'password'), `${PASSWORD}\n`);
    const ftp = {
      ...{
        host: '127.0.0.1',
        port: vsftpd.port,
        user: 'anonymous',
        passwordFile: 'password',
        tls,
        caFile: certificate,
      },
      ...{ directory: '/outbox', everySeconds: 1, stallSeconds: 5 },
      ...extra,
    };
    writeSource({ name: 'far', kind: 'ftp', format: 'test-calls', pattern: '*.csv', ftp });
  }

  it('arrive once by FTPS over a kill in the middle of a transfer, and are removed when they are durable', async () => {
    await serve('explicit', 6_000_000, { taken: 'delete' });
    await throughAKill();
    await until(() => fs.readdirSync(outbox).join() === 'done');
  }, 180_000);

  it('are left where they are and known again, and a certificate of nobody is refused', async () => {
    await serve('explicit', 10_000_000);
    leave('a.csv', calls(0, 5));
    await started();
    expect(total(await rated(5), 'received')).toBe(5);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    expect((await files()).length).toBe(1);
    await killed();
    const text = fs.readFileSync(config, 'utf8');
    fs.writeFileSync(config, text.replace(/,"caFile":"[^"]*"/, ''));
    await started();
    await until(async () => /SOURCE_CERTIFICATE_REFUSED/.test((await source()).detail ?? ''));
    expect((await files()).length).toBe(1);
  }, 180_000);
});
