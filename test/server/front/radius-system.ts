/** A Tollgrid with one RADIUS source, in processes of its own; and radclient. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pause } from '../../support/until.ts';
import { makeCertificates } from './radsec-client.ts';
import { TOWN } from './system.ts';
import { freePort, TollgridProcess } from './tollgrid-process.ts';

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

export class RadiusSystem extends TollgridProcess {
  port = 0;
  tlsPort = 0;

  constructor() {
    super('radius');
  }

  /** With a port that stays over restarts: access servers do not look it up. */
  async open(): Promise<void> {
    fs.writeFileSync(this.inside('bras.secret'), `${SECRET}\n`);
    this.port = await freePort('udp');
    this.tlsPort = await freePort();
    makeCertificates(this.folder);
    const clients = [{ address: '127.0.0.1', secretFile: 'bras.secret' }];
    const tls = {
      ...{ port: this.tlsPort, clientsCaFile: this.inside('authority.pem') },
      ...{ certificateFile: this.inside('localhost.pem'), keyFile: this.inside('localhost.key') },
    };
    this.writeTown([{ name: 'bras', kind: 'radius', format: 'radius', radius: { port: this.port, clients, tls } }]);
    await this.startTaking();
  }

  /**
   * Sends the packets in groups, kills everything while one of them is under way, and starts it again; resolves with how
   * many were answered in the end.
   */
  async sendOverAKill<T>(packets: readonly T[], send: (packets: readonly T[]) => Promise<number>): Promise<number> {
    const third = Math.ceil(packets.length / 3);
    let answered = await send(packets.slice(0, third));
    const sending = send(packets.slice(third, 2 * third));
    // Some of them are answered, some are on disk, some are nowhere: which ones, each time others.
    await pause(30);
    await this.kill();
    const behind = send(packets.slice(2 * third));
    await this.startTaking();
    for (const group of [sending, behind]) answered += await group;
    return answered;
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
