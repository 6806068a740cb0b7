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
import { LogReader, Spool, type LogPort } from '../../platform/log/index.ts';
import { createLogger, type Logger } from '../../platform/logger.ts';
import { readRegistryFile, type ChangeResult, type Registry } from '../../registry/index.ts';
import { EntryType } from '../../schemas/log-entries.ts';
import type { Notice } from '../../schemas/api/operation.ts';
import { refuseUnfit } from '../copy/index.ts';
import { FrontSide } from '../scaled/index.ts';
import { ReferenceData } from '../rater/index.ts';
import type { AuditClock } from './audit-clock.ts';
import { auditClock } from './audit-services.ts';
import { Canaries } from './canaries.ts';
import { Checkpointer } from './checkpointer.ts';
import type { Children } from './children.ts';
import { childrenOf } from './children-of.ts';
import { Copies } from './copies.ts';
import { publishDefinitions } from './definitions.ts';
import { PublishedDefinitions } from './published-definitions.ts';
import { readLog } from './read-log.ts';
import { bytesOf } from './reference-entries.ts';
import { RegistryView } from './registry-view.ts';
import { serveHttp, type HttpServer } from './http.ts';
import { Intake } from './intake.ts';
import { LogState } from './log-state.ts';
import { Delays } from './delays.ts';
import { DiskReserve, diskSpace } from './disk-reserve.ts';
import type { Front, FrontOptions, Role } from './front-types.ts';
import { fileTaken } from './file-services.ts';
import { gaugesOf } from './front-status.ts';
import { FrontMetrics } from './metrics.ts';
import { Processed } from './processed.ts';
import { PausedSources } from './paused-sources.ts';
import { outputsOf, type Outputs } from './outputs.ts';
import { Rerates } from './rerates.ts';
import { Publisher, type ApplyPublication } from './publisher.ts';
import { Settlements } from './settlements.ts';
import { openLog } from './open-log.ts';
import { logNotices, ofRole, otherRole, refuseAtCollector } from './roles.ts';
import { openTariffs } from './open-tariffs.ts';
import { outcomeLines } from './outcome.ts';
import { createServices } from './services.ts';
import { Sources } from './sources.ts';
import { StartProgress } from './start-progress.ts';
import type { TariffPublisher } from './tariff-publisher.ts';
import { ThreadWorkshop } from './workshop/workshop.ts';

export async function startFront(options: FrontOptions): Promise<Front> {
  const { temporary, clock = systemClock, role = 'all' } = options;
  const config = ofRole(options.config, role, temporary);
  // Call records and customers are nobody else's business on this machine; the children inherit it.
  process.umask(0o077);
  const lock = await lockDataDir(config.dataDir);
  const space = options.diskSpace ?? diskSpace;
  const disk = new DiskReserve(() => space(config.dataDir), config.intake);
  const opened = new FrontParts(config, clock, lock, disk, role);
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
  readonly role: Role;
  readonly clock: Clock;
  readonly logger: Logger;
  state = new LogState();
  readonly processed = new Processed();
  readonly reference = new ReferenceData();
  readonly reader: LogReader;
  readonly settlements = new Settlements();
  readonly rerates = new Rerates();
  readonly metrics: FrontMetrics;
  readonly disk: DiskReserve;
  readonly copies: Copies;
  readonly outputs: Outputs;
  readonly delays: Delays;
  children!: Children;
  intake!: Intake;
  publisher!: Publisher;
  sources!: Sources;
  tariffs!: TariffPublisher;
  readonly workshop = new ThreadWorkshop();
  readonly canaries: Canaries;
  log!: LogPort;
  checkpointer!: Checkpointer;
  /** Everything is up, save what the rater still replays. */
  ready = false;
  notices: Notice[] = [];
  readonly start = new StartProgress();
  private readonly others = new FrontSide(this);
  private readonly registryView: RegistryView;
  readonly startedAtMs: number;
  private readonly lock: DataDirLock;
  private spool: Spool | null = null;
  private http: HttpServer | null = null;
  private auditClock: AuditClock | null = null;
  private stopped: Promise<void> | null = null;

  constructor(config: Config, clock: Clock, lock: DataDirLock, disk: DiskReserve, role: Role = 'all') {
    this.config = config;
    this.role = role;
    this.disk = disk;
    this.clock = clock;
    this.lock = lock;
    this.startedAtMs = clock.now();
    this.logger = createLogger({ name: 'front', level: config.logging.level });
    this.reader = new LogReader(path.join(config.dataDir, 'log'));
    this.metrics = new FrontMetrics(() => gaugesOf(this));
    this.registryView = new RegistryView(config, this.reader, this.logger);
    this.canaries = new Canaries(config.dataDir);
    this.delays = new Delays(this.metrics.metrics, clock);
    this.copies = new Copies({
      ...{ config, clock, epoch: lock.epoch, metrics: this.metrics.metrics, log: this.logger },
      headNo: () => this.log.headNo,
      onReplaced: (reason) => this.intake.halt(reason),
    });
    this.outputs = outputsOf(this);
  }

  get headNo(): number {
    return this.log.headNo;
  }

  get inFlightEntries(): number {
    return this.log.headNo - this.processed.entryNo;
  }

  async open(): Promise<void> {
    const { config } = this;
    this.spool = await Spool.open(path.join(config.dataDir, 'spool'));
    this.log = await openLog(config, this.lock, this.spool, this.role);
    await this.disk.start();
    this.children = childrenOf(this);
    await this.readLog();
    this.checkpointer = new Checkpointer({
      dataDir: config.dataDir,
      state: this.state,
      reader: this.reader,
      log: this.logger,
      bytesMax: config.log.checkpointBytes,
      retains: config.log.retention.days > 0 || config.log.retention.bytes > 0,
      headNo: () => this.log.headNo,
    });
    this.checkpointer.begin(this.start.checkpointNo, this.start.entriesRead);
    this.intake = new Intake({
      log: this.log,
      spool: this.spool,
      state: this.state,
      clock: this.clock,
      disk: this.disk,
      format: (name) => this.reference.format(name),
      body: async (entryNo) => (await this.reader.entry(entryNo)).body(),
      waitForRoom: (entryNo) => this.waitForRoom(entryNo - config.rater.slicesAheadMax),
      ...(this.role === 'collector' && { refuse: refuseAtCollector }),
      onAppended: (entry) => {
        if (this.role === 'collector') this.processed.set(entry.entryNo);
        this.delays.appended(entry);
        this.checkpointer.appended(bytesOf(entry));
        this.children.headMoved(entry.entryNo);
        this.copies.appended(entry.entryNo, entry.acceptedAtMs);
      },
      sliceBytesMax: config.rater.sliceBytesMax,
      packedLimits: config.intake.packed,
      pushedEntriesMax: config.intake.waitingEntriesMax,
      inFlightEntries: () => this.log.headNo - Math.max(this.processed.entryNo, this.start.headNo),
      waitForPushed: () => this.waitForRoom(this.log.headNo - config.intake.waitingEntriesMax),
    });
    const apply: ApplyPublication = (entryNo, head, body, parts) =>
      this.reference.apply({ entryNo, type: EntryType.publication, head, body, ...(parts !== undefined && { parts }) });
    this.publisher = new Publisher(this.intake, this.state, apply);
    this.tariffs = await openTariffs(this, apply);
  }

  /** What is replayed at the start holds nobody up: the first slices of new files are admitted beside it. */
  waitForRoom(entryNo: number): Promise<void> {
    return entryNo <= this.start.headNo ? Promise.resolve() : this.processed.reached(entryNo);
  }

  private async readLog(): Promise<void> {
    this.start.headNo = this.log.headNo;
    const { state, ...folded } = await readLog(this.config.dataDir, this.reader, this.log.headNo, this.reference);
    this.state = state;
    Object.assign(this.start, folded);
  }

  /** What is made from the log beside the intake: processes and ledger, registry, look-ups. */
  private async openViews(): Promise<void> {
    if (this.role === 'collector') return this.processed.set(this.log.headNo);
    // The engine and PGlite each need about as long as the other: they open side by side.
    this.start.busyWith = 'opens the ledger and the registry';
    const registry = this.registryView.open(this.state.trail);
    const children = this.children.start();
    registry.catch(() => undefined);
    await children;
    await registry;
    // Customers for the front's own questions: settling, explaining.
    for await (const entry of this.state.trail.entries(this.reader)) {
      if (entry.type === EntryType.registry) this.reference.apply(entry);
    }
  }

  /** Error: STARTING until it has been rolled forward. */
  get registry(): Registry {
    if (this.role === 'collector') throw otherRole();
    return this.registryView.registry;
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
    return this.changeRegistry(await readRegistryFile(text, name), by);
  }

  /** Usage first: it is taken and acknowledged while ledger and registry are still being opened. */
  async serve(temporary: boolean): Promise<Front> {
    if (!temporary) await this.copies.start();
    const { dataDir } = this.config;
    const paused = await PausedSources.open(dataDir);
    const { intake, clock, logger: log } = this;
    this.sources = new Sources(this.config.sources, { intake, paused, clock, log, dataDir });
    const services = createServices(this);
    this.http = await serveHttp(this, services, temporary);
    const definitions = new PublishedDefinitions(this.config, this.reader);
    this.start.takesUsage = await definitions.areKnown(this.state);
    await this.writeAddress(this.http.url, this.http.operatorToken);
    await this.openViews();
    this.start.busyWith = 'publishes what changed in the definitions';
    const { publisher, tariffs } = this;
    const published = await publishDefinitions(this.config, {
      ...{ publisher, tariffs },
      importRegistry: (name, text, by) => this.importRegistry(name, text, by),
    });
    this.notices = [...logNotices(this.config), ...published];
    await definitions.note(this.state);
    this.checkSources(this.config.sources);
    for (const { code, message } of this.notices) this.logger.warn({ code }, message);
    this.start.takesUsage = true;
    this.start.busyWith = 'waits for the rater';
    await this.children.begun;
    this.start.busyWith = 'begins with the sources';
    const finished = this.finishFiles();
    await this.sources.start({ idle: temporary || this.role === 'api' });
    this.auditClock = auditClock(this, services);
    const withLedger = temporary || this.role === 'collector' ? [] : [this.auditClock, this.outputs];
    for (const part of [...withLedger, this.others]) await part.start();
    this.start.busyWith = null;
    this.ready = true;
    return {
      url: this.http.url,
      services,
      sourcesTaken: async () => {
        await finished;
        await this.sources.taken();
      },
      outcome: () => outcomeLines(this.children.ledger),
      fileTaken: (name, afterEntry) => fileTaken(this.state, name, afterEntry),
      ledgerAddress: () => this.children.ledgerAddress,
      stopRequested: this.stopRequested,
      stop: () => this.close(),
    };
  }

  /** Segments were archived or removed: that they cannot be listed is told by whoever reads them. */
  async readersAnew(): Promise<void> {
    await Promise.allSettled([this.reader.refresh(), this.copies.refresh()]);
  }

  get stopping(): boolean {
    return this.stopped !== null;
  }

  /** Errors: STARTING, STOPPING. */
  requireIntake(): void {
    if (this.stopping) throw new TollgridError('STOPPING', 'Tollgrid is stopping.');
    if (this.start.takesUsage) return;
    throw new TollgridError('STARTING', 'What changed in the definitions is being published before usage is taken.', {
      retryAfterSeconds: 2,
    });
  }

  formatOf(source: string): string | undefined {
    return this.sources.formatOf(source);
  }

  /** A source whose format was never published takes nothing, ever: that is told before anything is served. */
  checkSources(sources: readonly SourceConfig[]): void {
    for (const { name, format } of sources) {
      if (this.reference.hasFormat(format)) continue;
      const message = `Source "${name}" names the format "${format}", which is not published.`;
      throw new TollgridError('FORMAT_UNKNOWN', message, { source: name, format });
    }
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
    await this.intake.finishPacked().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'a packed file could not be admitted to its end');
    });
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
      () => Promise.all([this.sources?.stop(), this.outputs.stop(), this.others.stop()]),
      () => this.auditClock?.stop(),
      () => Promise.all([this.workshop.close(), this.canaries.close()]),
      () => this.children?.stop(),
      () => this.registryView.close(),
      () => this.log?.close(),
      () => this.checkpointer?.stop(),
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
