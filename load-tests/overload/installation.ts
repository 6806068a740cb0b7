/** A Tollgrid of its own, as a process, with a town whose devices know where it listens; and what it says of itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { connect, findFront, type Api } from '../../cli/client.ts';
import { generateTown } from '../../cli/generate/index.ts';
import { projectRoot } from '../../platform/paths.ts';
import { readSecretFile } from '../../platform/secret-file.ts';
import { readRegistryFile } from '../../registry/index.ts';
import type { Page } from '../../schemas/api/common.ts';
import type { SourceItem } from '../../schemas/api/sources.ts';
import type { Status } from '../../schemas/api/operation.ts';
import {
  LineClient,
  PushClient,
  RadiusClient,
  subjectsOf,
  type Clients,
  type Subjects,
} from '../../simulator/index.ts';

const TOWN = path.join(projectRoot, 'examples', 'town');
const START_MS_MAX = 180_000;
const ANSWER_MS_MAX = 3_000;

type SourcesAnswer = Page<SourceItem> | null;

export interface InstallationOptions {
  folder: string;
  dataDir: string;
  customers: number;
  /** Of `dist/` when it is compiled, otherwise from the sources. */
  compiled: boolean;
  waitingEntriesMax: number;
  waitingBytesMax: number;
  diskReserveBytes: number;
}

export interface Figures {
  /** Records in the ledger, all dispositions; null while it does not say. */
  processed: number | null;
  inFlightEntries: number;
  /** Packets that found no room. */
  busy: number;
}

export class OverloadInstallation {
  readonly subjects: Subjects;
  private readonly options: InstallationOptions;
  private readonly ports: { http: number; udp: number; tcp: number };
  private child: ChildProcess | null = null;
  private found: Api | null = null;

  private constructor(options: InstallationOptions, ports: OverloadInstallation['ports'], subjects: Subjects) {
    this.options = options;
    this.ports = ports;
    this.subjects = subjects;
  }

  static async make(options: InstallationOptions): Promise<OverloadInstallation> {
    const { folder, customers, dataDir, waitingEntriesMax, waitingBytesMax, diskReserveBytes } = options;
    const { registryFile } = await generateTown({ seed: 1, outDir: folder, customers });
    const objects = await readRegistryFile(fs.readFileSync(registryFile, 'utf8'), registryFile);
    const ports = { http: await freeTcpPort(), udp: await freeUdpPort(), tcp: await freeTcpPort() };
    const values = {
      dataDir,
      server: { port: ports.http },
      // Other work on the machine is not what is measured.
      engine: { niceLevel: 0 },
      rater: { niceLevel: 0 },
      intake: { waitingEntriesMax, diskReserveBytes, diskReservePercent: 50 },
      duplicates: { windowMonths: 120 },
      logging: { level: 'warn' },
      definitions: {
        tariffs: [path.join(TOWN, 'tariffs')],
        guiding: path.join(TOWN, 'guiding.yaml'),
        registry: [registryFile],
      },
      sources: [
        {
          ...{ name: 'bras', kind: 'radius', format: 'radius', waitingBytesMax },
          radius: { port: ports.udp, clients: [{ address: '127.0.0.1' }] },
        },
        { name: 'pbx-line', kind: 'tcp', format: 'freeswitch-csv', waitingBytesMax, tcp: { port: ports.tcp } },
      ],
    };
    // JSON is YAML.
    fs.writeFileSync(path.join(folder, 'tollgrid.yaml'), JSON.stringify(values));
    return new OverloadInstallation(options, ports, subjectsOf(objects));
  }

  async start(): Promise<void> {
    const { folder, dataDir, compiled } = this.options;
    const main = compiled ? ['dist/cli/main.js'] : ['--import', 'tsx', 'cli/main.ts'];
    const config = path.join(folder, 'tollgrid.yaml');
    const told = fs.openSync(path.join(folder, 'told.log'), 'a');
    const child = spawn(process.execPath, [...main, 'start', '--config', config], {
      cwd: projectRoot,
      detached: true,
      stdio: ['ignore', told, told],
    });
    fs.closeSync(told);
    this.child = child;
    for (const endMs = performance.now() + START_MS_MAX; ; await wait(50)) {
      if (child.exitCode !== null || performance.now() > endMs)
        throw new Error(`it did not start: see ${folder}/told.log`);
      const address = findFront(dataDir);
      if (address?.pid !== child.pid) continue;
      this.found = connect(address!.url, address!.token);
      if ((await this.status().catch(() => null))?.ready === true) return;
    }
  }

  get api(): Api {
    return this.found!;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  status(): Promise<Status> {
    return this.api.get('/v1/status');
  }

  async engine(signal: NodeJS.Signals): Promise<void> {
    const engine = (await this.status()).children.find(({ role }) => role === 'engine');
    if (typeof engine?.pid === 'number') process.kill(engine.pid, signal);
  }

  clients(): Clients {
    const { ports, options } = this;
    const secret = readSecretFile(path.join(options.dataDir, 'secrets', 'bras'));
    return {
      call: new LineClient('127.0.0.1', ports.tcp),
      session: new RadiusClient({ host: '127.0.0.1', port: ports.udp, secret }),
      reading: new PushClient({ url: this.api.url, source: 'meters' }),
    };
  }

  /** Rejects when the front does not answer. */
  async figures(): Promise<Figures> {
    const get = (route: string): Promise<Response> =>
      fetch(`${this.api.url}${route}`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    const sources = get('/v1/sources').then((answer) => (answer.ok ? answer.json() : null)) as Promise<SourcesAnswer>;
    const counted = sources.catch(() => null);
    const text = await get('/metrics').then((answer) => answer.text());
    const sum = (pattern: RegExp): number =>
      [...text.matchAll(pattern)].reduce((total, one) => total + Number(one[1]), 0);
    return {
      processed: (await counted)?.items.reduce((total, { received }) => total + received, 0) ?? null,
      inFlightEntries: sum(/^tollgrid_in_flight_entries (\S+)$/gm),
      busy: sum(/^tollgrid_source_refused_total\{.*reason="busy".*\} (\S+)$/gm),
    };
  }

  /** In order, as an operator ends it. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  kill(): void {
    if (this.child === null || this.child.exitCode !== null) return;
    process.kill(-this.child.pid!, 'SIGCONT');
    process.kill(-this.child.pid!, 'SIGKILL');
  }
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function freeTcpPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function freeUdpPort(): Promise<number> {
  const socket = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
