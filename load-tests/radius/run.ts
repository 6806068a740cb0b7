/**
 * RADIUS accounting under load: a Tollgrid with one source, real clients in processes of their own, a flood of junk. Prints
 * everything that was measured, and fails when a request was lost or counted twice.
 *
 *   node --import tsx load-tests/radius/run.ts [--requests 60000] [--rate 1500] [--flood-seconds 20] [--core 0] [--json]
 *
 * `--core n`: all processes of Tollgrid on that processor alone, the clients on the others.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { connect, findFront, type Api } from '../../cli/client.ts';
import { projectRoot } from '../../platform/paths.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import type { Page } from '../../schemas/api/common.ts';
import type { SourceItem } from '../../schemas/api/sources.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '60000' },
    rate: { type: 'string', default: '1500' },
    'flood-seconds': { type: 'string', default: '20' },
    core: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const SECRET = 'of the load test';
const TICKS_PER_SECOND = 100;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-radius-load-'));
const children: ChildProcess[] = [];

interface Figures {
  requests: number;
  answered: number;
  lost: number;
  resent: number;
  perSecond: number;
  milliseconds: Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>;
}

function node(script: string, args: readonly (string | number)[], cores: string | null): ChildProcess {
  const command = [process.execPath, '--import', 'tsx', path.join(projectRoot, script), ...args.map(String)];
  const all = cores === null ? command : ['taskset', '-c', cores, ...command];
  const child = spawn(all[0], all.slice(1), { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`ended with ${code}: ${text}`))));
  });
}

async function freePort(): Promise<number> {
  const socket = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

const coreCount = os.cpus().length;
const ours = values.core ?? null;
const theirs =
  ours === null ? null : [...Array(coreCount).keys()].filter((core) => core !== Number(ours)).join(',') || ours;

async function startServer(port: number): Promise<{ server: ChildProcess; api: Api }> {
  fs.writeFileSync(path.join(folder, 'secret'), `${SECRET}\n`);
  const config = path.join(folder, 'tollgrid.yaml');
  const content = {
    dataDir: path.join(folder, 'data'),
    server: { port: 0 },
    duplicates: { windowMonths: 120 },
    logging: { level: 'warn' },
    sources: [
      {
        name: 'bras',
        kind: 'radius',
        format: 'radius',
        radius: { host: '127.0.0.1', port, clients: [{ address: '127.0.0.1', secretFile: 'secret' }] },
      },
    ],
  };
  fs.writeFileSync(config, JSON.stringify(content));
  const server = node('cli/main.ts', ['start', '--config', config], ours);
  server.stdout!.resume();
  for (;;) {
    if (server.exitCode !== null) throw new Error('Tollgrid ended before it answered');
    const front = findFront(content.dataDir);
    if (front?.pid === server.pid || (front !== null && ours !== null)) {
      const api = connect(front!.url, front!.token);
      while ((await source(api)).state !== 'taking') await new Promise((resolve) => setTimeout(resolve, 100));
      return { server, api };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Processor time of a process so far, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function received(api: Api, atLeast: number): Promise<AuditReport> {
  for (let tries = 0; ; tries++) {
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    if (report.total.received >= atLeast || tries > 300) return report;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

interface Step {
  name: string;
  load: string;
  figures: Figures & { frontMicrosecondsPerRequest: number };
}

async function measure(
  name: string,
  load: string,
  pid: number,
  args: { port: number; requests: number; sockets: number; window: number; rate: number },
): Promise<Step> {
  const before = cpuSeconds(pid);
  const sender = node(
    'load-tests/radius/sender.ts',
    [args.port, SECRET, args.requests, args.sockets, args.window, args.rate],
    theirs,
  );
  const figures = JSON.parse(await output(sender)) as Figures;
  const frontMicrosecondsPerRequest = Math.round(((cpuSeconds(pid) - before) / figures.requests) * 1e6);
  return { name, load, figures: { ...figures, frontMicrosecondsPerRequest } };
}

async function source(api: Api): Promise<SourceItem> {
  const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 10 });
  return items.find(({ name }) => name === 'bras')!;
}

try {
  const port = await freePort();
  const { server, api } = await startServer(port);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const pid = findFront(path.join(folder, 'data'))!.pid;
  const [requests, rate] = [Number(values.requests), Number(values.rate)];
  const steps: Step[] = [];
  // The first requests meet cold code.
  await measure('warm', '', pid, { port, requests: 5000, sockets: 2, window: 64, rate: 0 });
  steps.push(
    await measure('throughput', `${requests} requests, 256 waiting`, pid, {
      port,
      requests,
      sockets: 4,
      window: 256,
      rate: 0,
    }),
  );
  steps.push(
    await measure('latency', `${rate} requests a second`, pid, {
      port,
      requests: Math.min(requests, rate * 20),
      sockets: 4,
      window: 0,
      rate,
    }),
  );
  const floodSeconds = Number(values['flood-seconds']);
  const before = (await source(api)).refusedFor;
  const flooding = [
    node('load-tests/radius/flood.ts', [port, SECRET], theirs),
    node('load-tests/radius/flood.ts', [port, SECRET], theirs),
  ];
  const outputs = flooding.map(output);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const floodStartedMs = performance.now();
  steps.push(
    await measure('flood', `1000 requests a second, junk as fast as two processes send it`, pid, {
      ...{ port, requests: floodSeconds * 1000, sockets: 4, window: 0, rate: 1000 },
    }),
  );
  const floodedMs = performance.now() - floodStartedMs + 3000;
  for (const child of flooding) child.kill('SIGTERM');
  const junkSent = (await Promise.all(outputs)).reduce((sum, text) => sum + Number(text), 0);
  const after = (await source(api)).refusedFor;
  const total = 5000 + steps.reduce((sum, { figures }) => sum + figures.answered, 0);
  const report = await received(api, total);
  const { audit, dropped } = {
    audit: report,
    dropped: Object.fromEntries(
      Object.entries(after).map(([reason, count]) => [reason, count - (before[reason] ?? 0)]),
    ),
  };
  const unique = audit.total.received - audit.total.duplicate;
  const flood = steps.at(-1)!.figures;
  const results = {
    machine: `${coreCount} × ${os.cpus()[0].model}, load ${os.loadavg()[0].toFixed(1)}`,
    node: process.version,
    commit: spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: projectRoot }).stdout.toString().trim(),
    pinnedTo: ours === null ? 'nothing' : `core ${ours}`,
    steps,
    junk: { sentPerSecond: Math.round(junkSent / (floodedMs / 1000)), dropped },
    floodResentPercent: Number(((flood.resent / flood.requests) * 100).toFixed(3)),
    records: {
      answered: total,
      received: audit.total.received,
      duplicate: audit.total.duplicate,
      auditCloses: audit.closes,
    },
  };
  process.stdout.write(values.json ? `${JSON.stringify(results)}\n` : lines(results));
  if (unique !== total || !audit.closes || steps.some(({ figures }) => figures.lost > 0)) {
    process.stdout.write(`FAILED: ${total} were answered, ${unique} stand in the ledger\n`);
    process.exitCode = 1;
  }
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('close', resolve));
} finally {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
}

function lines({
  machine,
  node: version,
  commit,
  pinnedTo,
  steps,
  junk,
  floodResentPercent,
  records,
}: {
  machine: string;
  node: string;
  commit: string;
  pinnedTo: string;
  steps: readonly Step[];
  junk: { sentPerSecond: number; dropped: Record<string, number> };
  floodResentPercent: number;
  records: Record<string, unknown>;
}): string {
  const step = ({ name, load, figures: f }: Step): string =>
    `${name} (${load})\n` +
    `  ${f.perSecond} a second; answered after p50 ${f.milliseconds.p50} ms, p99 ${f.milliseconds.p99} ms, most ${f.milliseconds.max} ms; ` +
    `${f.resent} of ${f.requests} sent again, ${f.lost} lost; ${f.frontMicrosecondsPerRequest} µs of the front's processor time each\n`;
  return (
    `${machine}; Node ${version}; commit ${commit}; Tollgrid on ${pinnedTo}\n` +
    steps.map(step).join('') +
    `  junk: ${junk.sentPerSecond} a second sent, dropped by reason ${JSON.stringify(junk.dropped)}; ${floodResentPercent} % sent again\n` +
    `records: ${JSON.stringify(records)}\n`
  );
}
