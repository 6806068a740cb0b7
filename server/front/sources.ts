/** The configured ways in: each runs by itself, can be looked at, tried, paused, resumed, and exchanged while others run. */
import { isDeepStrictEqual } from 'node:util';
import { FolderCollector, type FileIntake } from '../../collectors/files/index.ts';
import type { Collector, CollectorStatus, Positions } from '../../collectors/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SourceConfig } from '../../platform/config.ts';
import { clearPasswords } from '../../platform/config/clear-passwords.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { makeCollector } from './make-collector.ts';
import type { PausedSources } from './paused-sources.ts';
import { RecordBatches } from './record-batches.ts';

const START_AGAIN_MS = 5_000;
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
    /** The source's last batches, the oldest first. */
    recent(source: string): Promise<Uint8Array[]>;
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
}

interface Running {
  config: SourceConfig;
  records: RecordBatches;
  /** Null while it is paused or could not be started. */
  collector: Collector | null;
  /** Nothing was tried yet. */
  starting: boolean;
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
  private stopping = false;
  private idle = false;
  private letTurnsBegin!: () => void;
  /** Changes of the same sources one after the other, the first when all were started. */
  private turn: Promise<unknown> = new Promise<void>((resolve) => (this.letTurnsBegin = resolve));

  /** They are known from now on, and nothing is taken before the start. */
  constructor(configs: readonly SourceConfig[], { intake, paused, clock, log, dataDir }: SourcesSurroundings) {
    this.intake = intake;
    this.paused = paused;
    this.clock = clock;
    this.log = log;
    this.dataDir = dataDir;
    for (const config of configs) this.know(config);
  }

  /** `idle`: they can be tried, and nothing is taken. */
  async start({ idle }: { idle: boolean }): Promise<void> {
    this.idle = idle;
    await Promise.all([...this.running.values()].map((source) => this.beginUnlessPaused(source)));
    this.letTurnsBegin();
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
  test(name: string): Promise<string[]> {
    const source = this.source(name);
    return (source.collector ?? this.make(source)).test();
  }

  /** Resolves when nothing more is taken and what was taken is durable. Error: SOURCE_UNKNOWN. */
  pause(name: string, by: string): Promise<SourceStatus> {
    return this.inTurn(async () => {
      const source = this.source(name);
      if (this.paused.of(name) === undefined) await this.paused.pause(name, by, this.clock.now());
      await this.end(source);
      return this.statusOf(source);
    });
  }

  /** Errors: SOURCE_UNKNOWN, SOURCE_PAUSED_BY_CONFIGURATION. */
  resume(name: string): Promise<SourceStatus> {
    return this.inTurn(async () => {
      const source = this.source(name);
      if (source.config.paused) {
        throw new TollgridError('SOURCE_PAUSED_BY_CONFIGURATION', `The configuration itself pauses ${name}.`);
      }
      await this.paused.resume(name);
      if (source.collector === null) await this.begin(source);
      return this.statusOf(source);
    });
  }

  /** Only what differs is stopped and started. */
  reload(configs: readonly SourceConfig[]): Promise<Reloaded> {
    return this.inTurn(async () => {
      const wanted = new Map(configs.map((config) => [config.name, config]));
      const reloaded: Reloaded = { added: [], changed: [], removed: [] };
      for (const [name, source] of [...this.running]) {
        const config = wanted.get(name);
        if (isDeepStrictEqual(config, source.config)) continue;
        await this.end(source);
        this.running.delete(name);
        if (config === undefined) reloaded.removed.push(name);
        else {
          await this.add(config);
          reloaded.changed.push(name);
        }
      }
      for (const [name, config] of wanted) {
        if (this.running.has(name)) continue;
        await this.add(config);
        reloaded.added.push(name);
      }
      return reloaded;
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.letTurnsBegin();
    await this.turn;
    await Promise.all([...this.running.values()].map((source) => this.end(source)));
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    if (this.stopping) return Promise.reject(new TollgridError('STOPPING', 'Tollgrid is stopping.'));
    const changed = this.turn.then(change);
    this.turn = changed.catch(() => undefined);
    return changed;
  }

  private source(name: string): Running {
    const source = this.running.get(name);
    if (source === undefined)
      throw new TollgridError('SOURCE_UNKNOWN', `No source "${name}" is configured.`, { source: name });
    return source;
  }

  private add(config: SourceConfig): Promise<void> {
    return this.beginUnlessPaused(this.know(config));
  }

  private know(config: SourceConfig): Running {
    const { name, format, waitingBytesMax } = config;
    const records = new RecordBatches(
      (batch, positions, pieces) => this.intake.batches.take(name, format, batch, positions, pieces),
      { waitingBytesMax, batchBytesMax: Math.min(BATCH_BYTES_MAX, waitingBytesMax) },
      () => this.intake.batches.recent(name),
      () => this.intake.batches.positions(name),
    );
    const nothingYet = { collector: null, starting: true, failure: null, again: null, told: null };
    const source: Running = { config, records, ...nothingYet };
    this.running.set(name, source);
    return source;
  }

  private async beginUnlessPaused(source: Running): Promise<void> {
    if (!this.isPaused(source)) await this.begin(source);
    source.starting = false;
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
    if (this.idle) return;
    try {
      const collector = this.make(source);
      for (const message of clearPasswords(source.config)) this.warn(source, 'PASSWORD_IN_CLEAR', message);
      await collector.start();
      source.collector = collector;
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
    return this.inTurn(async () => {
      const current = this.running.get(source.config.name) === source;
      if (current && source.collector === null && source.again === null && !this.isPaused(source))
        await this.begin(source);
    }).catch(() => undefined);
  }

  private async end(source: Running): Promise<void> {
    if (source.again !== null) clearTimeout(source.again);
    source.again = null;
    const { collector } = source;
    source.collector = null;
    await collector?.stop();
  }

  private isPaused({ config }: Running): boolean {
    return config.paused || this.paused.of(config.name) !== undefined;
  }

  private statusOf(source: Running): SourceStatus {
    const { config, collector, records } = source;
    const state = source.starting ? 'starting' : 'waiting';
    const status = collector?.status() ?? { ...IDLE, state, detail: source.failure };
    return {
      ...(this.isPaused(source) ? { ...status, ...this.pauseOf(source) } : status),
      config,
      received: records.received,
      receivedBytes: records.receivedBytes,
    };
  }

  private pauseOf({ config }: Running): Pick<CollectorStatus, 'state' | 'detail'> {
    const paused = this.paused.of(config.name);
    const detail = paused === undefined ? 'paused by the configuration' : `paused by ${paused.by}`;
    return { state: 'paused', detail };
  }

  /** Each reason once: what is missing stays so for a while. */
  private warn(source: Running, code: string, message: string): void {
    const reason = `${code}: ${message}`;
    if (this.stopping || source.told === reason) return;
    source.told = reason;
    this.log.warn({ source: source.config.name, code }, `source: ${message}`);
  }
}
