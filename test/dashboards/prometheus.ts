/** A real Prometheus of a test: Debian's package on a free port, which scrapes one Tollgrid every second. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

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

  static async start(folder: string, port: number, target: string, rules: string): Promise<Prometheus> {
    const config = path.join(folder, 'prometheus.yml');
    const values = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: [{ job_name: 'tollgrid', static_configs: [{ targets: [target] }] }],
    };
    // JSON is YAML.
    fs.writeFileSync(config, JSON.stringify(values));
    const told = fs.openSync(path.join(folder, 'prometheus.log'), 'a');
    const data = `--storage.tsdb.path=${path.join(folder, 'prometheus')}`;
    const listen = `--web.listen-address=127.0.0.1:${port}`;
    const child = spawn('prometheus', [`--config.file=${config}`, data, listen], { stdio: ['ignore', told, told] });
    fs.closeSync(told);
    const url = `http://127.0.0.1:${port}`;
    for (;;) {
      if (child.exitCode !== null) throw new Error(fs.readFileSync(path.join(folder, 'prometheus.log'), 'utf8'));
      const ready = await fetch(`${url}/-/ready`).catch(() => null);
      if (ready?.ok === true) return new Prometheus(url, child);
      await pause(50);
    }
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
    const answer = (await (await fetch(`${this.url}${route}`)).json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(`${route}: ${answer.error}`);
    return answer.data;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}
