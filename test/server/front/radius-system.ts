/** A Tollgrid in processes of its own with one RADIUS source, that can be killed and started again; and radclient. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connect, findFront, type Api } from '../../../cli/client.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { SourceItem } from '../../../schemas/api/sources.ts';
import { killGroup, runTollgrid } from './command-line.ts';
import { TOWN } from './system.ts';

export const SECRET = 'a secret of the test';

/** Debian keeps servers where users have no path to. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
export const ENV = { ...process.env, PATH };

/** Says so when a program is not there; its suite is skipped then. */
export function isMissing(program: string, debianPackage: string): boolean {
  const missing = spawnSync('which', [program], { stdio: 'ignore', env: ENV }).status !== 0;
  if (missing) process.stderr.write(`SKIPPED: no ${program} (Debian's ${debianPackage})\n`);
  return missing;
}

export async function freePort(): Promise<number> {
  const socket = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** A customer of the town. */
export function aLogin(): string {
  const registry = fs.readFileSync(path.join(TOWN, 'registry.yaml'), 'utf8');
  return /kind: login, value: '?"?([^'",} ]+)/.exec(registry)![1];
}

/** Sends packets, again until each is answered; resolves with how many were. */
export function radclient(
  port: number,
  packets: readonly string[],
  { secret = SECRET, retries = 150, kind = 'acct' } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const args = ['-s', '-p', '20', '-r', String(retries), '-t', '1', `127.0.0.1:${port}`, kind, secret];
    const client = spawn('radclient', args, { stdio: ['pipe', 'pipe', 'ignore'], env: ENV });
    let out = '';
    client.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    client.on('close', () => resolve(Number(/Accepted\s*:\s*(\d+)/i.exec(out)?.[1] ?? 0)));
    client.stdin.end(packets.join('\n\n'));
  });
}

export class RadiusSystem {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-radius-'));
  child!: ChildProcess;
  api!: Api;
  port = 0;

  async start(): Promise<void> {
    fs.writeFileSync(path.join(this.folder, 'bras.secret'), `${SECRET}\n`);
    this.port = await freePort();
    const clients = [{ address: '127.0.0.1', secretFile: 'bras.secret' }];
    const values = {
      dataDir: path.join(this.folder, 'data'),
      server: { port: 0 },
      duplicates: { windowMonths: 120 },
      logging: { level: 'silent' },
      definitions: {
        tariffs: [path.join(TOWN, 'tariffs')],
        guiding: path.join(TOWN, 'guiding.yaml'),
        registry: [path.join(TOWN, 'registry.yaml')],
      },
      sources: [{ name: 'bras', kind: 'radius', format: 'radius', radius: { port: this.port, clients } }],
    };
    fs.writeFileSync(path.join(this.folder, 'tollgrid.yaml'), JSON.stringify(values));
    await this.run();
  }

  private async run(): Promise<void> {
    this.child = runTollgrid('start', '--config', path.join(this.folder, 'tollgrid.yaml'));
    this.child.stdout!.resume();
    this.child.stderr!.resume();
    for (;;) {
      if (this.child.exitCode !== null) throw new Error('it ended before it answered');
      const address = findFront(path.join(this.folder, 'data'));
      if (address?.pid === this.child.pid) {
        this.api = connect(address!.url, address!.token);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    while ((await this.source()).state !== 'taking') await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async source(): Promise<SourceItem> {
    const { items }: Page<SourceItem> = await this.api.get('/v1/sources', { limit: 100 });
    return items.find(({ name }) => name === 'bras')!;
  }

  /** Waits until something has been taken and a little more is under way, kills everything, and starts it again. */
  async killInTheMiddle(): Promise<void> {
    const before = (await this.source()).lastAcceptedAt;
    while (((await this.source().catch(() => null))?.lastAcceptedAt ?? before) === before)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 300));
    killGroup(this.child);
    await new Promise((resolve) => this.child.once('close', resolve));
    await this.run();
  }

  async audited(received: number): Promise<AuditReport> {
    for (;;) {
      const report: AuditReport = await this.api.get('/v1/audit', { wait: true });
      if (report.total.received >= received) return report;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  remove(): void {
    killGroup(this.child);
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One packet of session `no` of the town's customer, as radclient reads it: `down` megabytes by then. */
export function packetOf(status: string, no: number, seconds: number, downMegabytes: number): string {
  const start = Date.UTC(2026, 9, 20, 10) / 1000 + no;
  const counters =
    status === 'Start'
      ? []
      : [
          `Acct-Session-Time = ${seconds}`,
          'Acct-Input-Octets = 1000',
          `Acct-Output-Octets = ${downMegabytes * 1_000_000}`,
        ];
  return [
    `Acct-Status-Type = ${status}`,
    `Acct-Session-Id = "s-${no}"`,
    `User-Name = "${aLogin()}"`,
    'NAS-Identifier = "bras-1"',
    `NAS-Port = ${no}`,
    ...counters,
    `Event-Timestamp = ${start + seconds}`,
  ].join('\n');
}
