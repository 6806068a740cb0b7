/** A whole Tollgrid in processes of its own, started by its command, that a laboratory may kill and start again. */
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { connect, findFront, type Api } from '../../../cli/client.ts';
import { projectRoot } from '../../../platform/paths.ts';
import { DEFINITIONS, FORMAT } from '../usage.ts';

export type Role = 'front' | 'rater' | 'engine';

export const ALL: readonly Role[] = ['front', 'rater', 'engine'];

export interface InstallationOptions {
  /** Where everything lies; the configuration names `<folder>/data`. */
  folder: string;
  /** What runs in front of node, for example in a mount namespace of its own. */
  wrapper?: readonly string[];
  /** The wrapper puts it where process numbers are others, as in a container. */
  ownPids?: boolean;
}

/** Built by `npm test` and by `npm run crash` beforehand: starts in half the time. Otherwise from the sources. */
const BUILT = path.join(projectRoot, 'dist', 'cli', 'main.js');
const COMMAND = fs.existsSync(BUILT) ? [BUILT] : ['--import', 'tsx', path.join(projectRoot, 'cli', 'main.ts')];

const START_MS = 180_000;

/** Whoever runs a laboratory may end early: what it started ends with it. */
const running = new Set<number>();
process.on('exit', () => running.forEach((pid) => signal(-pid, 'SIGKILL')));

export class StartFailed extends Error {
  readonly output: string;

  constructor(output: string) {
    super(`Tollgrid did not start: ${output.trim()}`);
    this.output = output;
  }
}

export class Installation {
  readonly folder: string;
  readonly dataDir: string;
  readonly inbox: string;
  private readonly wrapper: readonly string[];
  private readonly ownPids: boolean;
  private child: ChildProcess | null = null;
  private output = '';
  private connected: Api | null = null;
  /** From spawning to the first answer. */
  startMs = 0;
  /** How often it was started. */
  starts = 0;

  constructor({ folder, wrapper = [], ownPids = false }: InstallationOptions) {
    this.folder = folder;
    this.dataDir = path.join(folder, 'data');
    this.inbox = path.join(folder, 'inbox');
    this.wrapper = wrapper;
    this.ownPids = ownPids;
  }

  /** Configuration and folders; the data directory may be there already. */
  prepare(settings: { threads?: number; diskReserveBytes?: number; more?: Record<string, unknown> } = {}): void {
    fs.mkdirSync(this.inbox, { recursive: true });
    const values = {
      dataDir: this.dataDir,
      server: { port: 0 },
      rater: { threads: settings.threads ?? 1, sliceBytesMax: 64 * 1024, writeRowsMax: 1000, niceLevel: 0 },
      engine: { niceLevel: 0 },
      ...(settings.diskReserveBytes !== undefined && { intake: { diskReserveBytes: settings.diskReserveBytes } }),
      duplicates: { windowMonths: 120 },
      logging: { level: 'silent' },
      definitions: {
        tariffs: [path.join(DEFINITIONS, 'tariffs')],
        guiding: path.join(DEFINITIONS, 'guiding.yaml'),
        registry: [path.join(DEFINITIONS, 'registry.yaml')],
      },
      sources: [{ name: 'inbox', format: FORMAT, directory: this.inbox, pollMs: 50 }],
      ...settings.more,
    };
    // JSON is YAML.
    fs.writeFileSync(this.configFile, JSON.stringify(values));
  }

  private get configFile(): string {
    return path.join(this.folder, 'tollgrid.yaml');
  }

  get api(): Api {
    if (this.connected === null) throw new Error('it does not run');
    return this.connected;
  }

  get isRunning(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it answers, or when it has died before: false. Throws StartFailed when it ended with a message. */
  async start(env: NodeJS.ProcessEnv = {}): Promise<boolean> {
    const startedMs = performance.now();
    this.starts++;
    const [command, ...args] = [...this.wrapper, process.execPath, ...COMMAND, 'start', '--config', this.configFile];
    const child = spawn(command!, args, {
      cwd: projectRoot,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    running.add(child.pid!);
    child.once('exit', () => running.delete(child.pid!));
    this.output = '';
    this.connected = null;
    const heard = (chunk: Buffer): void => void (this.output += chunk.toString());
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    if (this.ownPids) fs.rmSync(path.join(this.dataDir, 'run', 'front.json'), { force: true });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    while (performance.now() - startedMs < START_MS) {
      if (!this.isRunning) {
        if (child.signalCode !== null || child.exitCode === 137) return false;
        await ended;
        throw new StartFailed(this.output);
      }
      const address = findFront(this.dataDir);
      // The wrapper's process becomes node, so its number is the front's.
      if (address !== null && (this.ownPids || address.pid === child.pid)) {
        this.connected = connect(address.url, address.token);
        this.startMs = performance.now() - startedMs;
        return true;
      }
      await pause(10);
    }
    this.killAll();
    throw new StartFailed(`no answer within ${START_MS} ms\n${this.output}`);
  }

  /** kill -9; true when something was there to be killed. */
  async kill(roles: readonly Role[]): Promise<boolean> {
    if (!this.isRunning) return false;
    if (roles.length === ALL.length) {
      this.killAll();
      await this.gone();
      return true;
    }
    const children = await this.childPids();
    let killed = false;
    for (const role of roles) {
      const pid = role === 'front' ? this.pid : children.get(role);
      if (pid !== undefined) killed = signal(pid, 'SIGKILL') || killed;
    }
    if (roles.includes('front')) await this.gone();
    return killed;
  }

  /** Read from the system, because the front may be too busy to say. */
  async childPids(): Promise<Map<Role, number>> {
    const pids = new Map<Role, number>();
    const parent = this.pid;
    for (const name of fs.readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
        if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== parent) continue;
        const commandLine = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8');
        if (/server\/rater\/main/.test(commandLine)) pids.set('rater', Number(name));
        if (/ledger\/engine\/main/.test(commandLine)) pids.set('engine', Number(name));
      } catch {
        // It ended meanwhile.
      }
    }
    return pids;
  }

  /** Of the front, as this machine sees it. */
  get pid(): number {
    const started = this.child!.pid!;
    if (!this.ownPids) return started;
    return Number(fs.readFileSync(`/proc/${started}/task/${started}/children`, 'utf8').trim().split(' ')[0]);
  }

  signal(name: NodeJS.Signals): void {
    signal(this.pid, name);
  }

  /** kill -9 of the process and all it started, at once. */
  killAll(): void {
    if (this.child?.pid !== undefined) signal(-this.child.pid, 'SIGKILL');
  }

  async gone(): Promise<void> {
    while (this.isRunning) await pause(2);
    this.connected = null;
  }

  /** Orderly; resolves with the exit code. */
  async stop(): Promise<number | null> {
    if (!this.isRunning) return null;
    signal(this.pid, 'SIGTERM');
    await this.gone();
    return this.child!.exitCode;
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
