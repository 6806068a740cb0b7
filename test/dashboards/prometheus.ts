/** A real Prometheus of a test: Debian's package on a free port, which scrapes one Tollgrid every second. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../server/front/tollgrid-process.ts';
import { until } from '../support/until.ts';

/** Much more than any step takes on a slow machine. */
export const WAIT_MS = 90_000;
const ANSWER_MS = 20_000;

export function isPrometheusMissing(): boolean {
  const missing = ['prometheus', 'promtool'].some(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
  if (missing)
    process.stderr.write('SKIPPED: no prometheus (Debian package); board and alerts are not tried with it\n');
  return missing;
}

export interface Series {
  metric: Record<string, string>;
  value: [number, string];
}

export interface Rule {
  name: string;
  state: string;
  health: string;
  lastError?: string;
}

export class Prometheus {
  private readonly url: string;
  private readonly child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.child = child;
  }

  /** On a port that nobody has: one that was free may be somebody else's a moment later, and then it is another. */
  static async start(folder: string, target: string, rules: string): Promise<Prometheus> {
    const log = path.join(folder, 'prometheus.log');
    for (let tries = 1; ; tries++) {
      fs.writeFileSync(log, '');
      const started = await Prometheus.startOn(await freePort(), { folder, target, rules, log });
      if (started !== null) return started;
      const said = fs.readFileSync(log, 'utf8');
      if (tries === 5 || !said.includes('address already in use')) throw new Error(`prometheus ended: ${said}`);
    }
  }

  /** Null: it ended. */
  private static async startOn(
    port: number,
    { folder, target, rules, log }: Record<'folder' | 'target' | 'rules' | 'log', string>,
  ): Promise<Prometheus | null> {
    const config = path.join(folder, 'prometheus.yml');
    // Tells this one from any other that answers on its port.
    const own = randomUUID();
    const values = {
      global: { scrape_interval: '1s', evaluation_interval: '1s', external_labels: { own } },
      rule_files: [rules],
      scrape_configs: [{ job_name: 'tollgrid', static_configs: [{ targets: [target] }] }],
    };
    // JSON is YAML.
    fs.writeFileSync(config, JSON.stringify(values));
    const told = fs.openSync(log, 'a');
    const data = `--storage.tsdb.path=${path.join(folder, 'prometheus')}`;
    const listen = `--web.listen-address=127.0.0.1:${port}`;
    const child = spawn('prometheus', [`--config.file=${config}`, data, listen], { stdio: ['ignore', told, told] });
    fs.closeSync(told);
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, child);
    let seen = 'nothing';
    try {
      const isUp = await until(
        () => `prometheus on port ${port} is ready; last: ${seen}; its log: ${fs.readFileSync(log, 'utf8')}`,
        async () => {
          if (child.exitCode !== null) return 'ended';
          seen = await prometheus.readiness(own).catch((error: Error) => error.message);
          return seen === 'ready' && 'up';
        },
        WAIT_MS,
      );
      return isUp === 'up' ? prometheus : null;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  private async readiness(own: string): Promise<string> {
    const { ok, status } = await this.fetch('/-/ready');
    if (!ok) return `HTTP ${status}`;
    const { yaml } = await this.get<{ yaml: string }>('/api/v1/status/config');
    return yaml.includes(own) ? 'ready' : 'another Prometheus answers';
  }

  /** Throws what Prometheus says against the expression. */
  async query(expr: string): Promise<Series[]> {
    const { result } = await this.get<{ result: Series[] }>(`/api/v1/query?query=${encodeURIComponent(expr)}`);
    return result;
  }

  /** Of an expression with one value; NaN when there is none. */
  async value(expr: string): Promise<number> {
    return Number((await this.query(expr))[0]?.value[1]);
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.get<{ groups: { rules: Rule[] }[] }>('/api/v1/rules');
    return groups.flatMap(({ rules }) => rules);
  }

  private async get<T>(route: string): Promise<T> {
    const answer = (await (await this.fetch(route)).json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(`${route}: ${answer.error}`);
    return answer.data;
  }

  /** Whoever accepts a connection and answers nothing is not waited for. */
  private fetch(route: string): Promise<Response> {
    return fetch(`${this.url}${route}`, { signal: AbortSignal.timeout(ANSWER_MS) });
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS);
    await ended;
    clearTimeout(late);
  }
}
