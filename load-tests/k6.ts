/**
 * The scenarios of k6 against a Tollgrid of its own with the sample town: fetches and builds k6 when it is not there, keeps a
 * summary of each in load-tests/k6, and fails when a threshold is missed or the audit does not hold every call that was acknowledged.
 *
 *   npm run build && node --import tsx load-tests/k6.ts [--seconds 60] [--only push,queries] [--rate 20] [--keep]
 *
 * K6 names a binary to use. Otherwise k6 is built with Go from the module proxy into the user's cache: some minutes, once.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { connect, findFront, type Api } from '../cli/client.ts';
import { projectRoot } from '../platform/paths.ts';
import type { AuditReport } from '../schemas/api/audit.ts';
import type { Status } from '../schemas/api/operation.ts';

const K6_VERSION = 'v1.8.1';
const SCENARIOS = ['push', 'queries', 'explain', 'reports'] as const;
const TOWN = path.join(projectRoot, 'examples', 'town');
const TOWN_RECORDS = 2043;
const START_MS_MAX = 180_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    only: { type: 'string', default: SCENARIOS.join(',') },
    rate: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});

/** The command that runs k6. */
function k6(): string {
  if (process.env['K6'] !== undefined) return process.env['K6'];
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'tollgrid');
  const folder = path.join(cache, `k6-${K6_VERSION}`);
  const program = path.join(folder, 'k6');
  if (fs.existsSync(program)) return program;
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
    throw new Error('There is no Go to build k6 with: install it (Debian: golang), or name a k6 in the variable K6.');
  }
  console.error(`Building k6 ${K6_VERSION}: some minutes, once ...`);
  const args = ['-n', '15', 'go', 'install', `go.k6.io/k6@${K6_VERSION}`];
  const built = spawnSync('nice', args, { env: { ...process.env, GOBIN: folder }, stdio: ['ignore', 2, 2] });
  if (built.status !== 0) throw new Error('k6 could not be built; what Go says stands above.');
  return program;
}

/** The sample town on a free port; what listens is left out. */
function writeConfig(folder: string): string {
  const town = parse(fs.readFileSync(path.join(TOWN, 'tollgrid.yaml'), 'utf8')) as {
    sources: { directory?: string }[];
  };
  const config = {
    dataDir: path.join(folder, 'data'),
    server: { port: 0 },
    // Other work on the machine is not what is measured.
    engine: { niceLevel: 0 },
    rater: { niceLevel: 0 },
    duplicates: { windowMonths: 120 },
    logging: { level: 'warn' },
    definitions: {
      tariffs: [path.join(TOWN, 'tariffs')],
      guiding: path.join(TOWN, 'guiding.yaml'),
      registry: [path.join(TOWN, 'registry.yaml')],
    },
    sources: town.sources.flatMap(({ directory, ...source }) =>
      directory === undefined ? [] : [{ ...source, directory: path.join(TOWN, directory) }],
    ),
  };
  const file = path.join(folder, 'tollgrid.yaml');
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(config));
  return file;
}

async function startTollgrid(folder: string): Promise<{ child: ChildProcess; api: Api }> {
  const told = fs.openSync(path.join(folder, 'told.log'), 'a');
  const args = [path.join(projectRoot, 'dist', 'cli', 'main.js'), 'start', '--config', writeConfig(folder)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', told, told] });
  fs.closeSync(told);
  for (const endMs = performance.now() + START_MS_MAX; ; await pause(100)) {
    if (child.exitCode !== null || performance.now() > endMs) {
      throw new Error(`it did not start:\n${fs.readFileSync(path.join(folder, 'told.log'), 'utf8')}`);
    }
    const front = findFront(path.join(folder, 'data'));
    if (front?.pid !== child.pid) continue;
    const api = connect(front!.url, front!.token);
    const ready = (await api.get<Status>('/v1/status').catch(() => null))?.ready === true;
    if (ready && (await received(api)) === TOWN_RECORDS) return { child, api };
  }
}

/** Of an audit that closes; it waits for the ledger. */
async function received(api: Api): Promise<number> {
  const { closes, total } = await api.get<AuditReport>('/v1/audit', { wait: true });
  if (!closes) throw new Error('the audit does not close');
  return total.received;
}

interface Summary {
  [metric: string]: { values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> };
}

/** One scenario, after the other: its summary, with where it comes from. */
function runScenario(program: string, name: string, url: string, folder: string): Promise<Summary> {
  const file = path.join(folder, `${name}.json`);
  const env: Record<string, string> = { BASE_URL: url, SUMMARY: file, SECONDS: values.seconds };
  if (values.rate !== undefined) env['RATE'] = values.rate;
  const args = ['run', '--quiet', '--no-usage-report', path.join(projectRoot, 'load-tests', 'scenarios', `${name}.ts`)];
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 2, 2] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (!fs.existsSync(file)) return reject(new Error(`${name}: k6 ended with ${code} and without a summary`));
      resolve(JSON.parse(fs.readFileSync(file, 'utf8')) as Summary);
    });
  });
}

const missed = (summary: Summary): string[] =>
  Object.entries(summary).flatMap(([metric, { thresholds = {} }]) =>
    Object.entries(thresholds).flatMap(([threshold, { ok }]) => (ok ? [] : [`${metric} ${threshold}`])),
  );

function keep(name: string, metrics: Summary): void {
  const machine = {
    at: new Date().toISOString(),
    command: `node --import tsx load-tests/k6.ts ${process.argv.slice(2).join(' ')}`.trim(),
    k6: K6_VERSION,
    node: process.version,
    processors: `${os.availableParallelism()} × ${os.cpus()[0]?.model ?? 'unknown'}`,
    priority: os.getPriority(),
    loadAverage: os.loadavg().map((load) => Math.round(load * 10) / 10),
  };
  const target = path.join(projectRoot, 'load-tests', 'k6');
  fs.mkdirSync(target, { recursive: true });
  fs.writeFileSync(path.join(target, `${name}.json`), `${JSON.stringify({ machine, metrics }, null, 2)}\n`);
}

const line = (name: string, { http_reqs: requests, http_req_duration: duration }: Summary): string => {
  const { rate, count } = requests.values;
  const times = ['med', 'p(95)', 'p(99)', 'max'].map((key) => `${duration.values[key].toFixed(1)} ms`);
  return `| ${name} | ${count} | ${rate.toFixed(1)} | ${times.join(' | ')} |`;
};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-k6-'));
let tollgrid: ChildProcess | null = null;
try {
  const program = k6();
  const { child, api } = await startTollgrid(folder);
  tollgrid = child;
  const mistakes: string[] = [];
  let pushed = 0;
  console.log('| scenario | requests | a second | median | 95 % | 99 % | longest |\n|---|---|---|---|---|---|---|');
  for (const name of values.only.split(',')) {
    const summary = await runScenario(program, name, api.url, folder);
    pushed += summary['tollgrid_pushed_events']?.values['count'] ?? 0;
    console.log(line(name, summary));
    mistakes.push(...missed(summary).map((threshold) => `${name}: ${threshold}`));
    if (values.keep) keep(name, summary);
  }
  const found = (await received(api)) - TOWN_RECORDS;
  console.log(`${pushed} calls were acknowledged, ${found} are in the ledger, the audit closes.`);
  if (found !== pushed) mistakes.push(`${pushed - found} calls are missing`);
  for (const mistake of mistakes) console.error(`MISSED ${mistake}`);
  process.exitCode = mistakes.length === 0 ? 0 : 1;
} finally {
  if (tollgrid?.exitCode === null) {
    const ended = new Promise((resolve) => tollgrid!.once('close', resolve));
    tollgrid.kill('SIGTERM');
    await ended;
  }
  fs.rmSync(folder, { recursive: true, force: true });
}
