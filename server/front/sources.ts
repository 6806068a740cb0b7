/** The configured ways in: each runs by itself, can be looked at, tried, paused, resumed, and exchanged while others run. */
import { isDeepStrictEqual } from 'node:util';
import { FolderCollector, type FileIntake } from '../../collectors/files/index.ts';
import type { Collector, CollectorStatus, Lag, Positions } from '../../collectors/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SourceConfig } from '../../platform/config.ts';
import { clearPasswords } from '../../platform/config/clear-passwords.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { makeCollector } from './make-collector.ts';
import type { PausedSources } from './paused-sources.ts';
import { RecordBatches } from './record-batches.ts';
import { secretsDigest } from './source-secrets.ts';

const START_AGAIN_MS = 5_000;
/** A command answers after this, whatever a source still waits for. */
const PROMPT_MS = 3_000;
/** Large enough to share a sync, small enough to be rated soon. */
const BATCH_BYTES_MAX = 1024 * 1024;

export interface SourcesIntake extends FileIntake {
  readonly batches: {
    take(
      source: string,
      format: string,
      records: readonly Uint8Array[],
      positions?: Positions,
      pieces?: boolean,
    ): Promise<unknown>;
    /** The source's last batches, the newest first. */
    recent(source: string): AsyncIterable<Uint8Array>;
    /** Where its streams go on. */
    positions(source: string): Positions;
  };
}

export interface SourcesSurroundings {
  intake: SourcesIntake;
  paused: PausedSources;
  clock: Clock;
  log: Logger;
  dataDir: string;
  /** Tests make it shorter. */
  promptMs?: number;
}

export interface SourceStatus extends CollectorStatus {
  config: SourceConfig;
  /** Records and bytes since the start; of files see the audit. */
  received: number;
  receivedBytes: number;
}

export interface Reloaded {
  added: string[];
  changed: string[];
  removed: string[];
  /** They end when what they took is durable, and are exchanged then. */
  underway: string[];
}

interface Running {
  config: SourceConfig;
  records: RecordBatches;
  /** Null while it is paused or could not be started. */
  collector: Collector | null;
  /** Nothing was tried yet. */
  starting: boolean;
  /** Takes nothing more, and what it took is not durable yet. */
  ending: boolean;
  /** Of what it was started with; null: not started. */
  secrets: string | null;
  failure: string | null;
  again: NodeJS.Timeout | null;
  told: string | null;
}

const IDLE: Omit<CollectorStatus, 'state'> = {
  detail: null,
  lastSeenMs: null,
  connections: 0,
  waitingFiles: 0,
  refused: {},
};

export class Sources {
  private readonly running = new Map<string, Running>();
  private readonly intake: SourcesIntake;
  private readonly paused: PausedSources;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly dataDir: string;
  private readonly promptMs: number;
  private stopping = false;
  private idle = false;
  private letThemBegin!: () => void;
  private readonly beginnings: readonly Promise<void>[];
  /** By name: changes of a source one after the other, the first when it was started. One that hangs holds up no other. */
  private readonly turns = new Map<string, Promise<unknown>>();

  /** They are known from now on, and nothing is taken before the start. */
  constructor(configs: readonly SourceConfig[], surroundings: SourcesSurroundings) {
    const { intake, paused, clock, log, dataDir, promptMs = PROMPT_MS } = surroundings;
    this.intake = intake;
    this.paused = paused;
    this.clock = clock;
    this.log = log;
    this.dataDir = dataDir;
    this.promptMs = promptMs;
    const mayBegin = new Promise<void>((resolve) => (this.letThemBegin = resolve));
    this.beginnings = configs.map((config) => {
      const source = this.know(config);
      const beginning = mayBegin.then(() => this.beginUnlessPaused(source));
      this.turns.set(config.name, beginning);
      return beginning;
    });
  }

  /** `idle`: they can be tried, and nothing is taken. */
  async start({ idle }: { idle: boolean }): Promise<void> {
    this.idle = idle;
    this.letThemBegin();
    await Promise.all(this.beginnings);
  }

  /** Resolves when what stood in the folders at the start has been taken in. */
  async taken(): Promise<void> {
    const collectors = [...this.running.values()].map(({ collector }) => collector);
    await Promise.all(collectors.filter((one) => one instanceof FolderCollector).map(({ firstLook }) => firstLook));
  }

  formatOf(name: string): string | undefined {
    return this.running.get(name)?.config.format;
  }

  list(): SourceStatus[] {
    return [...this.running.values()].map((source) => this.statusOf(source));
  }

  /** What one try says, a line each. Errors: SOURCE_UNKNOWN; SOURCE_UNREACHABLE and others when nothing could arrive. */
  async test(name: string): Promise<string[]> {
    const source = this.source(name);
    return (source.collector ?? this.make(source)).test();
  }

  /**
   * Nothing more is taken. Resolves when what was taken is durable, or says `pausing` after a moment: it ends by itself when the log
   * has room again. Error: SOURCE_UNKNOWN.
   */
  async pause(name: string, by: string): Promise<SourceStatus> {
    this.source(name);
    return this.promptly(name, async () => {
      const source = this.source(name);
      if (this.paused.of(name) === undefined) await this.paused.pause(name, by, this.clock.now());
      await this.end(source);
      return this.statusOf(source);
    });
  }

  /** One that is pausing takes again when that is over. Errors: SOURCE_UNKNOWN, SOURCE_PAUSED_BY_CONFIGURATION. */
  async resume(name: string): Promise<SourceStatus> {
    this.source(name);
    return this.promptly(name, async () => {
      const source = this.source(name);
      if (source.config.paused) {
        throw new TollgridError('SOURCE_PAUSED_BY_CONFIGURATION', `The configuration itself pauses ${name}.`);
      }
      await this.paused.resume(name);
      await this.beginUnlessTaking(source);
      return this.statusOf(source);
    });
  }

  /**
   * Only what differs, in the configuration or by the content of its secrets, is stopped and started; what could not be started is tried
   * again. Resolves when all of them are, or after a moment with those that are underway.
   */
  async reload(configs: readonly SourceConfig[]): Promise<Reloaded> {
    const wanted = new Map(configs.map((config) => [config.name, config]));
    const names = [...new Set([...this.turns.keys(), ...wanted.keys()])];
    const changes = await Promise.all(
      names.map((name) =>
        this.orAfterAMoment<keyof Reloaded | null>(
          this.inTurn(name, () => this.exchange(this.running.get(name), wanted.get(name))),
          () => 'underway',
        ),
      ),
    );
    const which = (change: keyof Reloaded): string[] => names.filter((_, no) => changes[no] === change);
    return {
      ...{ added: which('added'), changed: which('changed'), removed: which('removed') },
      underway: which('underway'),
    };
  }

  private async exchange(
    source: Running | undefined,
    config: SourceConfig | undefined,
  ): Promise<keyof Reloaded | null> {
    if (source !== undefined && isDeepStrictEqual(config, source.config) && !this.hasOtherSecrets(source)) {
      if (!this.isPaused(source)) await this.beginUnlessTaking(source);
      return null;
    }
    if (source !== undefined) await this.end(source);
    if (config !== undefined) await this.beginUnlessPaused(this.know(config));
    else if (source !== undefined) this.running.delete(source.config.name);
    if (source === undefined) return config === undefined ? null : 'added';
    return config === undefined ? 'removed' : 'changed';
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.letThemBegin();
    await Promise.all(this.turns.values());
    await Promise.all([...this.running.values()].map((source) => this.end(source)));
  }

  /** While its secrets cannot be read, it goes on with those that it has. */
  private hasOtherSecrets(source: Running): boolean {
    if (source.collector === null) return false;
    try {
      return secretsDigest(source.config, this.dataDir) !== source.secrets;
    } catch (error) {
      const { code, message } = toTollgridError(error);
      this.warn(source, code, message);
      return false;
    }
  }

  private promptly(name: string, change: () => Promise<SourceStatus>): Promise<SourceStatus> {
    return this.orAfterAMoment(this.inTurn(name, change), () => this.statusOf(this.source(name)));
  }

  private async orAfterAMoment<T>(change: Promise<T>, meanwhile: () => T): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const moment = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.promptMs))).then(meanwhile);
    return Promise.race([change, moment]).finally(() => clearTimeout(timer));
  }

  private inTurn<T>(name: string, change: () => Promise<T>): Promise<T> {
    if (this.stopping) return Promise.reject(new TollgridError('STOPPING', 'Tollgrid is stopping.'));
    const changed = (this.turns.get(name) ?? Promise.resolve()).then(change);
    this.turns.set(
      name,
      changed.catch(() => undefined),
    );
    return changed;
  }

  private source(name: string): Running {
    const source = this.running.get(name);
    if (source === undefined)
      throw new TollgridError('SOURCE_UNKNOWN', `No source "${name}" is configured.`, { source: name });
    return source;
  }

  private know(config: SourceConfig): Running {
    const { name, format, waitingBytesMax } = config;
    const records = new RecordBatches(
      (batch, positions, pieces) => this.intake.batches.take(name, format, batch, positions, pieces),
      { waitingBytesMax, batchBytesMax: Math.min(BATCH_BYTES_MAX, waitingBytesMax) },
      () => this.intake.batches.recent(name),
      () => this.intake.batches.positions(name),
    );
    const nothingYet = { collector: null, starting: true, ending: false, secrets: null, failure: null };
    const source: Running = { config, records, ...nothingYet, again: null, told: null };
    this.running.set(name, source);
    return source;
  }

  private async beginUnlessPaused(source: Running): Promise<void> {
    if (!this.isPaused(source)) await this.begin(source);
    source.starting = false;
  }

  private async beginUnlessTaking(source: Running): Promise<void> {
    if (source.collector !== null) return;
    await this.end(source);
    await this.begin(source);
  }

  private make(source: Running): Collector {
    return makeCollector(source.config, {
      files: this.intake,
      records: source.records,
      dataDir: this.dataDir,
      surroundings: { now: () => this.clock.now(), warn: (code, message) => this.warn(source, code, message) },
    });
  }

  private async begin(source: Running): Promise<void> {
    if (this.idle || this.stopping) return;
    try {
      const collector = this.make(source);
      for (const message of clearPasswords(source.config)) this.warn(source, 'PASSWORD_IN_CLEAR', message);
      // A secret that changes meanwhile is found by the next reload: the files of Tollgrid's own are there already.
      const secrets = secretsDigest(source.config, this.dataDir);
      await collector.start();
      source.collector = collector;
      source.secrets = secrets;
      source.failure = null;
    } catch (error) {
      const { code, message } = toTollgridError(error);
      source.failure = `${code}: ${message}`;
      this.warn(source, code, message);
      source.again = setTimeout(() => void this.beginAgain(source), START_AGAIN_MS);
    }
  }

  private beginAgain(source: Running): Promise<void> {
    source.again = null;
    return this.inTurn(source.config.name, async () => {
      const current = this.running.get(source.config.name) === source;
      if (current && source.again === null && !this.isPaused(source)) await this.beginUnlessTaking(source);
    }).catch(() => undefined);
  }

  private async end(source: Running): Promise<void> {
    if (source.again !== null) clearTimeout(source.again);
    source.again = null;
    const { collector } = source;
    source.collector = null;
    if (collector === null) return;
    source.ending = true;
    await collector.stop().finally(() => (source.ending = false));
  }

  private isPaused({ config }: Running): boolean {
    return config.paused || this.paused.of(config.name) !== undefined;
  }

  private statusOf(source: Running): SourceStatus {
    const { config, collector, records } = source;
    const state = source.starting ? 'starting' : 'waiting';
    const status = collector?.status() ?? { ...IDLE, state, detail: source.failure };
    return {
      ...(source.ending || this.isPaused(source) ? { ...status, ...this.pauseOf(source) } : status),
      config,
      lag: status.lag === undefined ? this.lagOf(source, status) : status.lag,
      received: records.received,
      receivedBytes: records.receivedBytes,
    };
  }

  /** Growing files are read to their end at each look: nothing of them is known to wait. */
  private lagOf({ config, collector, records }: Running, { waitingFiles }: CollectorStatus): Lag | null {
    const { kind, mode } = config;
    if (kind === 'kafka' || kind === 'mqtt' || (kind === 'files' && mode === 'growing')) return null;
    if (kind === 'files' || kind === 'sftp' || kind === 'ftp') {
      return collector === null ? null : { amount: waitingFiles, unit: 'files' };
    }
    return { amount: records.oldestMs, unit: 'ms' };
  }

  private pauseOf({ config, ending }: Running): Pick<CollectorStatus, 'state' | 'detail'> {
    const paused = this.paused.of(config.name);
    const byConfiguration = config.paused ? 'paused by the configuration' : 'is exchanged';
    const reason = paused === undefined ? byConfiguration : `paused by ${paused.by}`;
    if (ending) return { state: 'pausing', detail: `${reason}; what it took waits for the log` };
    return { state: 'paused', detail: reason };
  }

  /** Each reason once: what is missing stays so for a while. */
  private warn(source: Running, code: string, message: string): void {
    const reason = `${code}: ${message}`;
    if (this.stopping || source.told === reason) return;
    source.told = reason;
    this.log.warn({ source: source.config.name, code }, `source: ${message}`);
  }
}
