/** A real FreeRADIUS between the access servers and Tollgrid: it proxies their accounting and asks whether Tollgrid lives. */
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { Page } from '../../../schemas/api/common.ts';
import { until } from '../../support/until.ts';
import { ENV, isMissing, packetOf, radclient, RadiusSystem, SECRET } from './radius-system.ts';
import { freePort } from './tollgrid-process.ts';

const missing = isMissing('freeradius', 'freeradius') || isMissing('radclient', 'freeradius-utils');
const PACKETS = 150;
const OTHER_SECRET = 'of access servers and the proxy';

let system: RadiusSystem;
let proxy: ChildProcess;
let proxyPort = 0;
let said = '';

/** All of its configuration: whatever comes is sent on to Tollgrid. */
function configuration(folder: string): string {
  return `
prefix = /usr
localstatedir = ${folder}
logdir = ${folder}
run_dir = ${folder}
raddbdir = ${folder}
libdir = /usr/lib/freeradius
pidfile = ${folder}/radiusd.pid
max_request_time = 30
cleanup_delay = 2
hostname_lookups = no
log { destination = stdout }
security { status_server = yes }
proxy_requests = yes
proxy server { default_fallback = no }
home_server tollgrid {
  type = acct
  ipaddr = 127.0.0.1
  port = ${system.port}
  secret = "${SECRET}"
  response_window = 2
  # A home server that is not dead yet is asked on: a slow restart must not make it wait for three good checks.
  zombie_period = 120
  status_check = status-server
  check_interval = 6
  num_answers_to_alive = 3
}
home_server_pool tollgrid { type = fail-over
  home_server = tollgrid
}
realm tollgrid { acct_pool = tollgrid }
client access-servers {
  ipaddr = 127.0.0.1
  secret = "${OTHER_SECRET}"
}
thread pool { start_servers = 2
  max_servers = 4
}
modules { }
server town {
  listen { type = acct
    ipaddr = 127.0.0.1
    port = ${proxyPort}
  }
  preacct { update control { &Proxy-To-Realm := "tollgrid" } }
  accounting { }
}
`;
}

async function startProxy(): Promise<void> {
  proxyPort = await freePort('udp');
  const folder = path.join(system.folder, 'proxy');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'radiusd.conf'), configuration(folder));
  fs.writeFileSync(path.join(folder, 'dictionary'), '$INCLUDE /usr/share/freeradius/dictionary\n');
  proxy = spawn('freeradius', ['-f', '-X', '-d', folder], { stdio: ['ignore', 'pipe', 'pipe'], env: ENV });
  for (const stream of [proxy.stdout!, proxy.stderr!]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('freeradius is ready', () => {
    if (proxy.exitCode !== null) throw new Error(`freeradius ended: ${said.slice(-2000)}`);
    return said.includes('Ready to process requests');
  });
}

beforeAll(async () => {
  if (missing) return;
  system = new RadiusSystem();
  await system.open();
  await startProxy();
});
afterAll(async () => {
  if (missing) return;
  proxy?.kill('SIGKILL');
  await system.remove();
});

describe.skipIf(missing)('FreeRADIUS as a proxy (needs freeradius)', () => {
  it('gets its answers, with its Proxy-State, and hands them on', async () => {
    expect(await radclient(proxyPort, [packetOf('Stop', 1, 600, 1)], { secret: OTHER_SECRET })).toBe(1);
    expect(said).toContain('Proxy-State');
    const report = await system.audited(({ total }) => total.received >= 1);
    expect([report.closes, report.total.rated]).toEqual([true, 1]);
  });

  it('gets an answer when it asks whether Tollgrid lives', async () => {
    const asked = await radclient(system.port, ['Message-Authenticator = 0x00'], { kind: 'status' });
    expect(asked).toBe(1);
  });

  it('loses nothing and doubles nothing, although Tollgrid is killed in the middle', async () => {
    const packets = Array.from({ length: PACKETS }, (_, i) => packetOf('Stop', i + 2, 600, i + 2));
    const send = (some: readonly string[]): Promise<number> => radclient(proxyPort, some, { secret: OTHER_SECRET });
    expect(await system.sendOverAKill(packets, send)).toBe(PACKETS);
    const report = await system.audited(({ total }) => total.received >= PACKETS + 1);
    expect([report.closes, report.total.rated, report.total.suspended]).toEqual([true, PACKETS + 1, 0]);
    const { items }: Page<ChargeItem> = await system.api.get('/v1/charges', { limit: 1000 });
    expect(items.map(({ quantity }) => Number(quantity)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: PACKETS + 1 }, (_, i) => (i + 1) * 1_000_000 + 1000),
    );
    expect((await system.source('bras')).refusedFor).toEqual({});
  });
});
