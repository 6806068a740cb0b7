/**
 * The front process: log writer, registry, collectors, HTTP, and the two children. Started by `tollgrid start`, and by
 * a command for as long as it runs when nobody else has the data directory.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Config, SourceConfig } from '../../platform/config.ts';
import { systemClock, type Clock } from '../../platform/clock.ts';
import { TollgridError } from '../../platform/errors.ts';
import { makeDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { lockDataDir, type DataDirLock } from '../../platform/lock.ts';
import { LogReader, LogWriter, Spool } from '../../platform/log/index.ts';
import { createLogger, type Logger } from '../../platform/logger.ts';
import {
  openRegistry,
  readRegistryFile,
  type ChangeResult,
  type Located,
  type Registry,
  type RegistryChange,
} from '../../registry/index.ts';
import { EntryType } from '../../schemas/log-entries.ts';
import type { Notice, Status } from '../../schemas/api/operation.ts';
import { refuseUnfit } from '../copy/index.ts';
import { ReferenceData } from '../rater/index.ts';
import type { AuditClock } from './audit-clock.ts';
import { auditClock } from './audit-services.ts';
import { Canaries } from './canaries.ts';
import { Children } from './children.ts';
import { Copies } from './copies.ts';
import { publishDefinitions } from './definitions.ts';
import { serveHttp, type HttpServer } from './http.ts';
import { Intake } from './intake.ts';
import { LogState } from './log-state.ts';
import { Delays } from './delays.ts';
import { DiskReserve, diskSpace } from './disk-reserve.ts';
import type { Front, FrontOptions } from './front-types.ts';
import { FrontMetrics, type Gauges } from './metrics.ts';
import { Processed } from './processed.ts';
import { PausedSources } from './paused-sources.ts';
import { Rerates } from './rerates.ts';
import { Publisher, type ApplyPublication } from './publisher.ts';
import { Settlements } from './settlements.ts';
import { openTariffs } from './open-tariffs.ts';
import { outcomeLines } from './outcome.ts';
import { createServices } from './services.ts';
import { Sources } from './sources.ts';
import { storedStatus } from './stored-status.ts';
import type { TariffPublisher } from './tariff-publisher.ts';
import { ThreadWorkshop } from './workshop/workshop.ts';

export async function startFront(options: FrontOptions): Promise<Front> {
  const { config, temporary, clock = systemClock } = options;
  // Call records and customers are nobody else's business on this machine; the children inherit it.
  process.umask(0o077);
  const lock = await lockDataDir(config.dataDir);
  const space = options.diskSpace ?? diskSpace;
  const disk = new DiskReserve(() => space(config.dataDir), config.intake);
  const opened = new FrontParts(config, clock, lock, disk);
  try {
    await refuseUnfit(config.dataDir, !temporary);
    await opened.open();
    return await opened.serve(temporary);
  } catch (error) {
    await opened.close().catch(() => undefined);
    throw error;
  }
}

/** Everything the front holds open, in the order it is opened; closed in the reverse order, also after a failed start. */
export class FrontParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly state = new LogState();
  readonly processed = new Processed();
  readonly reference = new ReferenceData();
  readonly reader: LogReader;
  readonly settlements = new Settlements();
  readonly rerates = new Rerates();
  readonly metrics: FrontMetrics;
  readonly disk: DiskReserve;
  readonly copies: Copies;
  private readonly delays: Delays;
  children!: Children;
  intake!: Intake;
  registry!: Registry;
  publisher!: Publisher;
  sources!: Sources;
  tariffs!: TariffPublisher;
  readonly workshop = new ThreadWorkshop();
  readonly canaries: Canaries;
  log!: LogWriter;
  ready = false;
  private notices: Notice[] = [];
  readonly startedAtMs: number;
  private readonly lock: DataDirLock;
  private spool: Spool | null = null;
  private http: HttpServer | null = null;
  private auditClock: AuditClock | null = null;
  private stopped: Promise<void> | null = null;

  constructor(config: Config, clock: Clock, lock: DataDirLock, disk: DiskReserve) {
    this.config = config;
    this.disk = disk;
    this.clock = clock;
    this.lock = lock;
    this.startedAtMs = clock.now();
    this.logger = createLogger({ name: 'front', level: config.logging.level });
    this.reader = new LogReader(path.join(config.dataDir, 'log'));
    this.metrics = new FrontMetrics(() => this.gauges());
    this.canaries = new Canaries(config.dataDir);
    this.delays = new Delays(this.metrics.metrics, clock);
    this.copies = new Copies({
      ...{ config, clock, epoch: lock.epoch, metrics: this.metrics.metrics, log: this.logger },
      headNo: () => this.log.headNo,
      onReplaced: (reason) => this.intake.halt(reason),
    });
  }

  get headNo(): number {
    return this.log.headNo;
  }

  get inFlightEntries(): number {
    return this.log.headNo - this.processed.entryNo;
  }

  async open(): Promise<void> {
    const { config } = this;
    this.log = await LogWriter.open(path.join(config.dataDir, 'log'), {
      ...config.log,
      confirm: () => this.lock.confirm(),
      detach: this.lock.tookFromSilent,
    });
    this.spool = await Spool.open(path.join(config.dataDir, 'spool'));
    await this.disk.start();
    this.children = new Children(
      config,
      {
        headNo: () => this.log.headNo,
        onProcessed: (entryNo, statistics, newestEvents) => {
          this.processed.set(entryNo);
          this.metrics.follow(statistics);
          this.settlements.follow(statistics.settlements);
          this.delays.reached(entryNo, newestEvents);
        },
        onRerating: (message) => {
          if (this.rerates.heard(message)) this.metrics.followRerate(message);
        },
        onRaterEnded: () => this.rerates.raterEnded(),
      },
      this.logger,
    );
    // The engine and PGlite each need about as long as the other: they open side by side.
    const registry = openRegistry({ dataDir: config.dataDir });
    const children = this.children.start();
    registry.catch(() => undefined);
    children.catch(() => undefined);
    await this.readLog();
    this.registry = await registry;
    await this.registry.roll(this.registryEntries());
    await children;
    this.intake = new Intake({
      log: this.log,
      spool: this.spool,
      state: this.state,
      clock: this.clock,
      disk: this.disk,
      format: (name) => this.reference.format(name),
      waitForRoom: (entryNo) => this.processed.reached(entryNo - config.rater.slicesAheadMax),
      onAppended: (entry) => {
        this.delays.appended(entry);
        this.children.headMoved(entry.entryNo);
        this.copies.appended(entry.entryNo, entry.acceptedAtMs);
      },
      sliceBytesMax: config.rater.sliceBytesMax,
      pushedEntriesMax: config.intake.waitingEntriesMax,
      inFlightEntries: () => this.inFlightEntries,
      waitForPushed: () => this.processed.reached(this.log.headNo - config.intake.waitingEntriesMax),
    });
    const apply: ApplyPublication = (entryNo, head, body, parts) =>
      this.reference.apply({ entryNo, type: EntryType.publication, head, body, ...(parts !== undefined && { parts }) });
    this.publisher = new Publisher(this.intake, this.state, apply);
    this.tariffs = await openTariffs(this, apply);
  }

  /** One pass over the log: heads for the state, bodies of reference entries for formats and look-ups. */
  private async readLog(): Promise<void> {
    if (this.log.headNo === 0) return;
    for await (const entry of this.reader.readHeads(await this.reader.firstNo(), this.log.headNo)) {
      const { entryNo, type, acceptedAtMs, head } = entry;
      this.state.apply({ entryNo, type, acceptedAtMs, head });
      if (type === EntryType.registry || type === EntryType.publication) {
        this.reference.apply({ entryNo, type, head, body: await entry.body() });
      }
    }
  }

  private async *registryEntries(): AsyncGenerator<{ entryNo: number; changes: RegistryChange[] }> {
    for (const entryNo of this.state.referenceEntries) {
      if (entryNo <= this.registry.applied()) continue;
      const entry = await this.reader.entry(entryNo);
      if (entry.type !== EntryType.registry) continue;
      const body = Buffer.from(await entry.body()).toString('utf8');
      yield { entryNo, changes: JSON.parse(body) as RegistryChange[] };
    }
  }

  async changeRegistry(objects: Parameters<Registry['change']>[0], by: string): Promise<ChangeResult> {
    return this.registry.change(objects, async (changes) => {
      const body = Buffer.from(JSON.stringify(changes));
      const head = { by, count: changes.length };
      const { entryNo } = await this.intake.append(EntryType.registry, head, body);
      this.reference.apply({ entryNo, type: EntryType.registry, head, body });
      return entryNo;
    });
  }

  async importRegistry(name: string, text: string, by: string): Promise<ChangeResult> {
    const located: Located[] = await readRegistryFile(text, name);
    return this.changeRegistry(located, by);
  }

  async serve(temporary: boolean): Promise<Front> {
    if (!temporary) await this.copies.start();
    this.notices = await publishDefinitions(this.config, {
      publisher: this.publisher,
      tariffs: this.tariffs,
      importRegistry: (name, text, by) => this.importRegistry(name, text, by),
    });
    this.checkSources(this.config.sources);
    const { dataDir } = this.config;
    const secretsDir = path.join(dataDir, 'secrets');
    this.sources = new Sources(this.intake, await PausedSources.open(dataDir), this.clock, this.logger, secretsDir);
    for (const { code, message } of this.notices) this.logger.warn({ code }, message);
    const services = createServices(this);
    this.http = await serveHttp(this, services, temporary);
    await this.writeAddress(this.http.url, this.http.operatorToken);
    const finished = this.finishFiles();
    await this.sources.start(this.config.sources, { idle: temporary });
    this.auditClock = auditClock(this, services);
    if (!temporary) this.auditClock.start();
    this.ready = true;
    return {
      url: this.http.url,
      services,
      sourcesTaken: async () => {
        await finished;
        await this.sources.taken();
      },
      outcome: () => outcomeLines(this.children.ledger),
      fileTaken: (name, afterEntry) => this.fileTaken(name, afterEntry),
      ledgerAddress: () => this.children.ledgerAddress,
      stopRequested: this.stopRequested,
      stop: () => this.close(),
    };
  }

  /** A source whose format was never published takes nothing, ever: that is told before anything is served. */
  checkSources(sources: readonly SourceConfig[]): void {
    for (const { name, format } of sources) {
      if (this.reference.hasFormat(format)) continue;
      throw new TollgridError(
        'FORMAT_UNKNOWN',
        `Source "${name}" names the format "${format}", which is not published.`,
        {
          source: name,
          format,
        },
      );
    }
  }

  private async fileTaken(name: string, afterEntry: number): Promise<void> {
    const taken = (): boolean =>
      [...this.state.files.values()].some(
        (file) =>
          file.head.name === name && file.fileEntry > afterEntry && (file.complete || file.state !== 'admitted'),
      );
    while (!taken()) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Files whose admission a stop interrupted are admitted to their end. */
  private async finishFiles(): Promise<void> {
    for (const { fileEntry } of this.state.incomplete()) {
      try {
        await this.intake.admitSlices(fileEntry);
      } catch (error) {
        this.logger.warn({ fileEntry, err: error }, 'a file could not be admitted to its end');
      }
    }
  }

  private async writeAddress(url: string, token: string): Promise<void> {
    const folder = path.join(this.config.dataDir, 'run');
    await makeDirectory(folder);
    await writeFileDurably(this.addressFile, JSON.stringify({ url, pid: process.pid, token }));
    await fs.chmod(this.addressFile, 0o600);
  }

  private get addressFile(): string {
    return path.join(this.config.dataDir, 'run', 'front.json');
  }

  spoolOf(): Spool {
    return this.spool!;
  }

  requestStop!: () => void;
  private readonly stopRequested = new Promise<void>((resolve) => (this.requestStop = resolve));

  status(version: string, semanticsNo: number): Status {
    const children = this.children.status();
    const reasons = [
      ...(this.ready ? [] : ['starting or stopping']),
      ...children.filter(({ up }) => !up).map(({ role }) => `the ${role} is down`),
      ...(this.disk.isLow ? ['INTAKE_DISK_LOW: the disk has less room than its reserve, intake waits'] : []),
      ...[this.intake?.failure ?? null, this.children.lastFailure].filter((reason) => reason !== null),
    ];
    return {
      version,
      ready: reasons.length === 0,
      reasons,
      uptimeMs: this.clock.now() - this.startedAtMs,
      semanticsNo,
      logHead: this.log.headNo,
      processedEntry: Math.max(0, this.processed.entryNo),
      inFlightEntries: this.inFlightEntries,
      stored: storedStatus(this.children.watched, this.config.watch),
      notices: this.notices,
      children,
      copies: this.copies.status(),
      lastBackup: this.copies.lastBackup(),
    };
  }

  private gauges(): Gauges {
    const up = Object.fromEntries(this.children.status().map(({ role, up }) => [role, up]));
    const { restarts, watched } = this.children;
    const waiting = { held: this.state.held(), incidents: this.state.incidents.list(), disk: this.disk };
    const copies = { copies: this.copies.status(), lastBackup: this.copies.lastBackup() };
    const { headNo } = this.log;
    const sources = this.sources?.list() ?? [];
    const told = { sources, tariffs: this.state.tariffs.current(), notices: this.notices };
    return { headNo, processedNo: this.processed.entryNo, restarts, up, watched, ...told, ...waiting, ...copies };
  }

  /** Stops taking, lets the rater finish what is in the log, closes everything. */
  close(): Promise<void> {
    this.stopped ??= this.closeOnce();
    return this.stopped;
  }

  private async closeOnce(): Promise<void> {
    this.ready = false;
    this.intake?.stop();
    this.disk.stop();
    this.copies.interrupt();
    this.processed.stop();
    this.children?.endRequests(new TollgridError('STOPPING', 'Tollgrid is stopping.'));
    // Each is closed whatever becomes of the one before: a full disk must not keep the lock.
    const steps: (() => Promise<unknown> | undefined)[] = [
      () => this.http?.close(),
      () => this.sources?.stop(),
      () => this.auditClock?.stop(),
      () => Promise.all([this.workshop.close(), this.canaries.close()]),
      () => this.children?.stop(),
      () => this.registry?.close(),
      () => this.log?.close(),
      () => this.copies.stop(),
      () => this.reader.close(),
      () => this.spool?.close(),
      () => fs.rm(this.addressFile, { force: true }),
      () => this.lock.release(),
    ];
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
