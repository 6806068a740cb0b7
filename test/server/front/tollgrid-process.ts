/** A Tollgrid in processes of its own, in a folder of its own: started, killed, started again, asked over HTTP. */
import type { ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Api } from '../../../cli/client.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { SourceItem } from '../../../schemas/api/sources.ts';
import { until } from '../../support/until.ts';
import { apiOf, killGroup, runTollgrid } from './command-line.ts';
import { TOWN } from './system.ts';

export class TollgridProcess {
  readonly folder: string;
  readonly config: string;
  child!: ChildProcess;
  api!: Api;

  constructor(name: string) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), `tollgrid-${name}-`));
    this.config = path.join(this.folder, 'tollgrid.yaml');
  }

  inside(...parts: string[]): string {
    return path.join(this.folder, ...parts);
  }

  /** The town's definitions and customers, with these sources. */
  writeTown(sources: readonly unknown[], { port = 0 } = {}): void {
    const values = {
      dataDir: this.inside('data'),
      server: { port },
      duplicates: { windowMonths: 120 },
      logging: { level: 'silent' },
      definitions: {
        tariffs: [path.join(TOWN, 'tariffs')],
        guiding: path.join(TOWN, 'guiding.yaml'),
        registry: [path.join(TOWN, 'registry.yaml')],
      },
      sources,
    };
    // JSON is YAML.
    fs.writeFileSync(this.config, JSON.stringify(values));
  }

  /** Resolves when it answers; what its sources do then is for the test to wait for. */
  async start(): Promise<void> {
    this.child = runTollgrid('start', '--config', this.config);
    this.child.stdout!.resume();
    this.child.stderr!.resume();
    this.api = await apiOf(this.child, this.inside('data'));
  }

  /** Resolves when every source takes usage. */
  async startTaking(): Promise<void> {
    await this.start();
    await until('all sources take usage', async () => {
      const sources = await this.sources();
      return sources.length > 0 && sources.every(({ state }) => state === 'taking' || state === 'open');
    });
  }

  async sources(): Promise<SourceItem[]> {
    return (await this.api.get<Page<SourceItem>>('/v1/sources', { limit: 100 })).items;
  }

  async source(name: string): Promise<SourceItem> {
    const sources = await this.sources();
    const found = sources.find((one) => one.name === name);
    if (found === undefined) throw new Error(`${name} is not among ${sources.map((one) => one.name).join()}`);
    return found;
  }

  /** kill -9 of all its processes; resolves when they are gone. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('close', resolve));
    killGroup(this.child);
    await gone;
  }

  /** The first audit that is so. */
  async audited(isSo: (report: AuditReport) => boolean, by?: 'source'): Promise<AuditReport> {
    let last: AuditReport['total'] | null = null;
    try {
      return await until('the audit is as expected', async () => {
        const report: AuditReport = await this.api.get('/v1/audit', { wait: true, ...(by !== undefined && { by }) });
        last = report.total;
        return isSo(report) ? report : null;
      });
    } catch (error) {
      throw new Error(`the last audit said ${JSON.stringify(last)}`, { cause: error });
    }
  }

  async remove(): Promise<void> {
    // Undefined when the test failed before its first start.
    await ((this.child as ChildProcess | undefined) && this.kill());
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Free a moment ago. */
export async function freePort(kind: 'tcp' | 'udp' = 'tcp'): Promise<number> {
  if (kind === 'udp') {
    const socket = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    return port;
  }
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
