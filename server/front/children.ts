/**
 * The two child processes: engine and rater. A dead one is started again; the rater is told where the ledger is once
 * both are up, replays from its checkpoint, and so closes the gap by itself.
 */
import path from 'node:path';
import {
  connectLedger,
  engineFailure,
  engineProcess,
  type LedgerAddress,
  type LedgerClient,
} from '../../ledger/index.ts';
import type { Config } from '../../platform/config.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { entryPoint } from '../../platform/paths.ts';
import { readOrMakeSecretFile } from '../../platform/secret-file.ts';
import { Supervisor, type ChildMessage } from '../../platform/supervise.ts';
import type { RerateWish } from '../../schemas/log-entries.ts';
import type { Role } from './front-types.ts';
import { LedgerJournal, replaced } from './ledger-journal.ts';
import type { RerateMessage } from './rerates.ts';
import type {
  FrontToRater,
  KeptState,
  NewestEvent,
  RaterStatistics,
  RaterToFront,
  VerifyCheck,
  WatchState,
} from '../rater/messages.ts';

export interface ChildrenEvents {
  onProcessed(entryNo: number, statistics: RaterStatistics, newestEvents: readonly NewestEvent[]): void;
  onKept(state: KeptState): void;
  headNo(): number;
  onRerating(message: RerateMessage): void;
  /** What it worked on for somebody is lost. */
  onRaterEnded(): void;
  /** Another one has taken over, or it cannot be known: this rater is ended and not started again. */
  onReplaced?(error: TollgridError): void;
  /** Whatever it says, for those who follow from elsewhere. */
  onMessage?(message: RaterToFront): void;
}

/** What a rater that was replaced may take to end. */
const REPLACED_MS = 2_000;

/** How long the engine of a front that was killed may take to end. */
const LEFT_OVER_MS = 20_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A request to the rater that is not answered yet. */
interface Waiting {
  resolve(checks: VerifyCheck[]): void;
  reject(error: TollgridError): void;
}

export class Children {
  private readonly config: Config;
  private readonly events: ChildrenEvents;
  private readonly log: Logger;
  private readonly role: Role;
  private readonly engine: Supervisor | null;
  /** Null: it runs elsewhere, and is heard through `heard`. */
  private readonly rater: Supervisor | null;
  private address: LedgerAddress | null = null;
  private ledgerOwner: string | undefined;
  private journal: LedgerJournal | null = null;
  /** Why the rater was ended for good. */
  private replacedBy: TollgridError | null = null;
  private client: LedgerClient | null = null;
  private raterUp = false;
  private stopping = false;
  /** The rater was told where the ledger is. */
  private rating = false;
  private threads: number;
  readonly restarts: Record<string, number> = { engine: 0, rater: 0 };
  private requestNo = 0;
  private readonly requests = new Map<number, Waiting>();
  private processedNo = -1;
  /** How far raters have counted: the next one goes on behind it. */
  private countedNo = 0;
  /** What the last pass over archive and retention did; null before the first. */
  kept: KeptState | null = null;
  /** What the watch over stored bytes said last; null before its first look. */
  watched: WatchState | null = null;
  /** The rater said how far the ledger is: before that it may hold parts of writes. */
  private positionKnown = false;
  private tellPosition: () => void = () => undefined;
  /** Resolves when the rater has said how far it is, or that it cannot begin. */
  readonly begun = new Promise<void>((resolve) => (this.tellPosition = resolve));
  private failedAt: { reason: string; processedNo: number } | null = null;

  constructor(config: Config, events: ChildrenEvents, log: Logger, role: Role = 'all') {
    this.role = role;
    this.config = config;
    this.events = events;
    this.log = log;
    this.threads = config.rater.threads;
    const isOwn = role === 'all' || role === 'rater';
    this.engine = config.ledger.url === undefined && isOwn ? this.superviseEngine() : null;
    this.rater = isOwn ? this.superviseRater() : null;
    // One that runs elsewhere is not waited for.
    if (!isOwn) this.tellPosition();
  }

  private superviseEngine(): Supervisor {
    const { module, args, env } = engineProcess({
      path: path.join(this.config.dataDir, 'engine'),
      memoryBytes: this.config.engine.memoryBytesMax,
      maxInsertBytes: 512 * 1024 * 1024,
      nice: this.config.engine.niceLevel,
    });
    const engine = new Supervisor({ name: 'engine', entry: module, args, env });
    engine.on('ready', (message) => {
      const { url, token, handoverFolder } = message as ChildMessage & LedgerAddress;
      this.ledgerAt({ url, token, ...(handoverFolder !== undefined && { handoverFolder }) });
    });
    engine.on('restart', (how) => {
      this.restarts['engine']++;
      this.address = null;
      // Its writes are lost and the new engine has another address: the rater starts again with it.
      if (this.rating) this.rater?.kill();
      this.log.error(how, 'engine died; it is started again');
    });
    return engine;
  }

  private superviseRater(): Supervisor {
    const rater = new Supervisor({
      name: 'rater',
      entry: entryPoint(new URL('../rater/', import.meta.url).href, 'main'),
      niceLevel: this.config.rater.niceLevel,
    });
    rater.on('ready', () => {
      this.raterUp = true;
      this.beginRating();
    });
    rater.on('restart', (how) => {
      this.restarts['rater']++;
      this.raterUp = false;
      this.rating = false;
      this.endRequests(new TollgridError('RATER_ENDED', 'The rater ended before it was done.'));
      this.events.onRaterEnded();
      this.log.error(how, 'rater died; it is started again and replays from its checkpoint');
    });
    rater.on('message', (message) => this.heard(message as RaterToFront));
    return rater;
  }

  async start(): Promise<void> {
    if (this.role === 'collector') return;
    if (this.engine === null) {
      const { url, user, database, compression } = this.config.ledger;
      if (this.rater !== null && this.config.log.kafka !== undefined) {
        this.journal = await LedgerJournal.open(this.config);
        await this.journal.followed(() => this.events.headNo());
        this.countedNo = this.journal.lastEntry;
        this.ledgerOwner = this.journal.word;
      } else this.ledgerOwner = readOrMakeSecretFile(path.join(this.config.dataDir, 'ledger.server')).toString();
      this.ledgerAt({ url: url!, token: this.config.secrets.ledgerPassword ?? '', user, database, compression });
    }
    await Promise.all([this.engine === null ? null : this.startEngine(this.engine), this.rater?.start()]);
  }

  /** Errors: LEDGER_LOCKED, LEDGER_UNAVAILABLE with the engine's own reason; CHILD_NOT_READY when it gave none. */
  private async startEngine(engine: Supervisor): Promise<void> {
    let reason: string | undefined;
    engine.on('message', (message) => (reason = (message as ChildMessage & { message?: string }).message));
    for (const startedMs = performance.now(); ;) {
      try {
        await engine.start();
        return;
      } catch (error) {
        // Its last words may come after the news of its end.
        await pause(100);
        const failure = reason === undefined ? toTollgridError(error) : engineFailure(reason);
        // The data directory is ours: who holds the ledger is the engine of a front that was killed, and it ends by itself.
        const mayEnd = failure.code === 'LEDGER_LOCKED' && performance.now() - startedMs < LEFT_OVER_MS;
        if (!mayEnd || this.stopping) throw failure;
        await pause(200);
      }
    }
  }

  private ledgerAt(address: LedgerAddress): void {
    this.address = address;
    void this.client?.close();
    this.client = connectLedger(address);
    this.beginRating();
  }

  private beginRating(): void {
    if (this.rater === null || !this.raterUp || this.address === null) return;
    this.rating = true;
    const { rater, logging, dataDir } = this.config;
    this.tellRater({
      type: 'start',
      headNo: this.events.headNo(),
      options: {
        dataDir,
        ledger: this.address,
        ...(this.ledgerOwner !== undefined && { ledgerOwner: this.ledgerOwner }),
        ...(this.journal !== null && { ledgerEpoch: this.journal.epoch, ledgerOutdatedNo: this.journal.outdatedNo }),
        threads: this.threads,
        countedNo: this.countedNo,
        watch: this.config.watch,
        keep: { archiveAfterDays: this.config.log.archiveAfterDays, retention: this.config.log.retention },
        slicesAheadMax: rater.slicesAheadMax,
        writeRowsMax: rater.writeRowsMax,
        identitiesMemoryBytesMax: this.config.duplicates.memoryBytesMax,
        checkpointBytes: this.config.log.checkpointBytes,
        logLevel: logging.level,
      },
    });
  }

  /** A rater elsewhere gave a sign of life, or none for long. */
  raterIsUp(isUp: boolean): void {
    if (this.raterUp && !isUp) this.events.onRaterEnded();
    this.raterUp = isUp;
  }

  heard(message: RaterToFront): void {
    this.events.onMessage?.(message);
    switch (message.type) {
      case 'processed':
        this.processedNo = message.entryNo;
        this.countedNo = message.statistics.countedNo;
        this.positionKnown = true;
        this.tellPosition();
        this.events.onProcessed(message.entryNo, message.statistics, message.newestEvents);
        return;
      case 'kept':
        this.kept = message.state;
        this.events.onKept(message.state);
        if (message.requestNo !== undefined) this.settle(message.requestNo, []);
        return;
      case 'watched':
        this.watched = message.state;
        return;
      case 'announce':
        void this.announce(message);
        return;
      case 'failed':
        if (message.code === 'LEDGER_FENCED') this.endRater(new TollgridError('LEDGER_FENCED', message.message));
        this.failedAt = { reason: `${message.code}: ${message.message}`, processedNo: this.processedNo };
        this.tellPosition();
        return;
      case 'rebuilt':
        this.settle(message.requestNo, []);
        return;
      case 'verified':
        this.settle(message.requestNo, message.checks);
        return;
      case 'held':
        this.settle(message.requestNo, []);
        return;
      case 'rerating':
      case 'previewed':
      case 'rerated':
        this.events.onRerating(message);
        return;
    }
  }

  private async announce({ token, line }: RaterToFront & { type: 'announce' }): Promise<void> {
    try {
      await this.journal!.append(line);
      this.tellRater({ type: 'announced', token });
    } catch (error) {
      const failure = replaced(error);
      this.tellRater({ type: 'announced', token, failure: { code: failure.code, message: failure.message } });
      this.endRater(failure);
    }
  }

  /** For good: started again, it would take over from whoever took over from it. */
  private endRater(error: TollgridError): void {
    if (this.replacedBy !== null) return;
    this.replacedBy = error;
    this.log.error({ code: error.code }, `the rater ends: ${error.message}`);
    void this.rater?.stop(REPLACED_MS);
    this.raterUp = false;
    this.endRequests(new TollgridError('RATER_ENDED', 'The rater ended before it was done.'));
    this.events.onRaterEnded();
    this.events.onReplaced?.(error);
  }

  /** Why the rater ended last, until it has come further than it was then or has nothing left to do. */
  get lastFailure(): string | null {
    if (this.replacedBy !== null) return `${this.replacedBy.code}: ${this.replacedBy.message}`;
    if (this.failedAt === null || this.processedNo >= this.events.headNo()) return null;
    return this.processedNo <= this.failedAt.processedNo ? this.failedAt.reason : null;
  }

  private tellRater(message: FrontToRater): boolean {
    return this.rater?.send(message) ?? false;
  }

  /** Errors: RATER_ENDED; whatever `endRequests` is called with. */
  private ask(make: (requestNo: number) => FrontToRater): Promise<VerifyCheck[]> {
    const requestNo = ++this.requestNo;
    return new Promise((resolve, reject) => {
      if (this.tellRater(make(requestNo))) this.requests.set(requestNo, { resolve, reject });
      else reject(new TollgridError('RATER_ENDED', 'The rater does not run just now.'));
    });
  }

  private settle(requestNo: number, checks: VerifyCheck[]): void {
    this.requests.get(requestNo)?.resolve(checks);
    this.requests.delete(requestNo);
  }

  /** Nobody waits for the rater any longer. */
  endRequests(error: TollgridError): void {
    for (const { reject } of this.requests.values()) reject(error);
    this.requests.clear();
  }

  headMoved(headNo: number): void {
    this.tellRater({ type: 'head', headNo });
  }

  /** Resolves when all that is in the log now stands in the new ledger. */
  async rebuild(threads: number | undefined): Promise<void> {
    if (threads !== undefined) this.threads = threads;
    await this.ask((requestNo) => ({ type: 'rebuild', requestNo, ...(threads !== undefined && { threads }) }));
  }

  /** One pass over archive and retention, now. */
  async keep(all: boolean): Promise<KeptState> {
    await this.ask((requestNo) => ({ type: 'keep', requestNo, all }));
    return this.kept!;
  }

  verify(): Promise<VerifyCheck[]> {
    return this.ask((requestNo) => ({ type: 'verify', requestNo }));
  }

  /** Reads the ledger while nothing is written to it. Without a rater nothing is written anyway. */
  async whileHeld<T>(read: () => Promise<T>): Promise<T> {
    const requestNo = this.requestNo + 1;
    await this.ask(() => ({ type: 'hold', requestNo })).catch((error: TollgridError) => {
      if (error.code !== 'RATER_ENDED') throw error;
    });
    try {
      return await read();
    } finally {
      this.tellRater({ type: 'release', requestNo });
    }
  }

  /** False: there is no rater just now. */
  preview(previewNo: number, wish: RerateWish): boolean {
    return this.tellRater({ type: 'preview', previewNo, wish });
  }

  /** The way to the ledger. Errors: STARTING until the rater has looked at it, LEDGER_UNAVAILABLE while the engine is down. */
  get ledger(): LedgerClient {
    if (this.role === 'collector') throw new TollgridError('ROLE_OTHER', 'A collector has no ledger.');
    if (!this.positionKnown && this.failedAt === null) {
      throw new TollgridError('STARTING', 'What the ledger holds is being looked at.', { retryAfterSeconds: 1 });
    }
    if (this.client === null || this.address === null) {
      throw new TollgridError('LEDGER_UNAVAILABLE', 'The ledger engine is not up.');
    }
    return this.client;
  }

  get ledgerAddress(): LedgerAddress {
    if (this.address === null) throw new TollgridError('LEDGER_UNAVAILABLE', 'The ledger engine is not up.');
    return this.address;
  }

  status(): { role: string; up: boolean; pid: number | null; restarts: number }[] {
    const of = (role: string, pid: number | undefined, up: boolean): ReturnType<Children['status']>[number] => ({
      role,
      up,
      pid: pid ?? null,
      restarts: this.restarts[role],
    });
    if (this.role === 'collector') return [];
    return [
      ...(this.engine === null ? [] : [of('engine', this.engine.pid, this.address !== null)]),
      of('rater', this.rater?.pid, this.raterUp),
    ];
  }

  /** The rater first: it finishes what it read and keeps its state, for which it needs the engine. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.rater?.stop(60_000);
    await this.journal?.close();
    await this.client?.close();
    await this.engine?.stop(30_000);
  }
}
