/** One rater: brings the ledger up to the log's head and keeps it there; starts again from its checkpoint. */
import path from 'node:path';
import { releaseBuffer, type LedgerClient, type LedgerWriter } from '../../ledger/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { readEpoch } from '../../platform/lock.ts';
import { LogReader, Spool } from '../../platform/log/index.ts';
import { createLogger, type Logger } from '../../platform/logger.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import type { CommandHead, RerateWish } from '../../schemas/log-entries.ts';
import { encodeBatches, encodeControls } from './accounting.ts';
import { damagedBase } from './base.ts';
import { CheckpointStore } from './checkpoint.ts';
import { CheckpointTurns } from './checkpoint-turns.ts';
import { runCommand } from './commands.ts';
import { Gather } from './gather.ts';
import { fileBlocks } from './file-blocks.ts';
import { IdentityCount } from './identity-count.ts';
import { Keeper } from './keeper.ts';
import { LedgerTurns } from './ledger-turns.ts';
import type { KeptState, RaterOptions, SliceOutcome, VerifyCheck, WatchState } from './messages.ts';
import { openWriter, standsUpTo } from './open-writer.ts';
import { Pipeline } from './pipeline.ts';
import { PlannedCuts } from './planned-cuts.ts';
import { RerateDesk } from './rerate-desk.ts';
import { ReferenceData, type ReferenceEntry } from './reference-data.ts';
import { compiledOnce, referenceEntryOf } from './reference-entry.ts';
import { ReferenceTrail } from './reference-trail.ts';
import { reverse } from './reversals.ts';
import { SettledMonths } from './settled-months.ts';
import { StartingPoint } from './starting-point.ts';
import { Statistics } from './statistics.ts';
import { verifyStored } from './verify.ts';
import { watchStored, type StoredWatch } from './watch-stored.ts';
import { PORTS, type RaterEvents, type RaterPorts } from './rater-ports.ts';
import type { WorkerPools } from './worker-pools.ts';

type Blocks = Awaited<ReturnType<typeof reverse>>['blocks'];

export class Rater {
  private readonly ports: RaterPorts;
  private readonly options: RaterOptions;
  private readonly events: RaterEvents;
  private readonly log: Logger;
  private readonly ledger: LedgerClient;
  private readonly reader: LogReader;
  private readonly spool: Spool;
  private readonly checkpoints: CheckpointStore;
  private readonly statistics: Statistics;
  private readonly identities: IdentityCount;
  /** Owner of the data directory when this rater was opened. */
  private epoch = 0;
  private writer!: LedgerWriter;
  private startingPoint!: StartingPoint;
  private pools!: WorkerPools;
  private reference = new ReferenceData();
  private pipeline!: Pipeline;
  private running: Promise<void> = Promise.resolve();
  readonly turns = new LedgerTurns();
  /** Between two pipelines, while the ledger is dropped for a rebuild. */
  private rebuilding = false;
  private awaited: { entryNo: number; resolve: () => void } | null = null;
  private headNo: number;
  private watch: StoredWatch | null = null;
  private keeper: Keeper | null = null;
  private processedNo = 0;
  /** What raters before wrote is there while their state is computed again: up to this entry. */
  private standsNo = 0;
  private readonly rerating: RerateDesk;
  private readonly kept: CheckpointTurns;
  private trail = new ReferenceTrail();
  /** Records received per file: what the same bytes count as when they are received again. */
  private fileRecords = new Map<number, number>();
  private settledMonths = new SettledMonths();

  private constructor(options: RaterOptions, headNo: number, events: RaterEvents, spool: Spool, ports: RaterPorts) {
    this.ports = ports;
    this.options = options;
    this.headNo = headNo;
    this.events = events;
    this.spool = spool;
    this.log = createLogger({ name: 'rater', level: options.logLevel });
    this.statistics = new Statistics(options.countedNo ?? 0);
    this.identities = new IdentityCount(this.log);
    this.kept = new CheckpointTurns(ports.checkpointRecords, options.checkpointBytes);
    this.ledger = ports.ledger(options.ledger);
    this.reader = new LogReader(path.join(options.dataDir, 'log'));
    this.checkpoints = new CheckpointStore(path.join(options.dataDir, 'rater'));
    this.rerating = new RerateDesk({
      ledger: this.ledger,
      reader: this.reader,
      spoolPath: (blob) => this.spool.locate(blob),
      referenceUpTo: (entryNo) => this.trail.entries(this.reader, entryNo),
      settledBefore: (entryNo) => this.settledMonths.before(entryNo),
      pools: async () => {
        const pools = ports.pools(1);
        // A preview remembers no usage: nothing is ever put into the folder.
        const folder = path.join(options.dataDir, 'rater', 'preview');
        await pools.open({ folder, memoryBytesMax: options.identitiesMemoryBytesMax });
        return pools;
      },
      tell: (message) => this.events.tell(message),
    });
  }

  /** Brings the ledger up to the head and keeps it there until `stop`. */
  static async open(options: RaterOptions, headNo: number, events: RaterEvents, ports = PORTS): Promise<Rater> {
    const spool = await Spool.open(path.join(options.dataDir, 'spool'), { owner: false });
    const rater = new Rater(options, headNo, events, spool, ports);
    rater.epoch = await readEpoch(options.dataDir);
    rater.keeper = rater.makeKeeper();
    const { ledger, checkpoints, reader, log } = rater;
    const writer = await openWriter({ options, events, ledger, checkpoints, log });
    rater.writer = writer;
    rater.startingPoint = new StartingPoint({
      ...{ dataDir: options.dataDir, ledger, checkpoints, reader, log, writer },
      outdatedNo: options.ledgerOutdatedNo ?? 0,
      headNo: () => rater.headNo,
      forget: async () => rater.keeper?.forget(),
    });
    await rater.begin(options.threads);
    rater.keeper?.start();
    return rater;
  }

  private makeKeeper(): Keeper | null {
    const { keep, dataDir } = this.options;
    if (keep === undefined) return null;
    const parts = {
      dataDir,
      spool: this.spool,
      ledger: this.ledger,
      log: this.log,
      confirm: () => this.confirmOwner(),
      headNo: () => this.headNo,
      processedNo: () => this.processedNo,
      settledNo: async () => (await this.checkpoints.entryNo()) ?? 0,
      withLedger: <T>(work: () => Promise<T>) => this.turns.take(work),
      verifyLedger: () => this.writer.verify(),
      syncLedger: () => this.ports.syncLedger(this.options),
      wantCheckpoint: () => void this.checkpointSoon(),
      moved: () => this.reader.refresh(),
      now: () => systemClock.now(),
      tell: (state: KeptState) => this.events.tell({ type: 'kept', state }),
    };
    return new Keeper(parts, keep);
  }

  async keep(all: boolean): Promise<KeptState> {
    if (this.keeper === null) throw new TollgridError('INTERNAL', 'this rater keeps nothing');
    // What is asked for by hand is wanted of all that is processed.
    if (all) await this.checkpointSoon();
    return this.keeper.run(all);
  }

  private checkpointSoon(): Promise<void> {
    const made = this.kept.want();
    this.pipeline.wakeUp();
    return made;
  }

  private async begin(threads: number): Promise<void> {
    await this.prepare(threads);
    this.running = this.pipeline.run();
    this.running.catch((error: unknown) => this.failed(error));
    this.beginWatch();
  }

  /** What is remembered cannot be trusted any more: the next start computes it again from the log. */
  private async failed(error: unknown): Promise<void> {
    if (toTollgridError(error).code === 'IDENTITIES_DAMAGED') await this.checkpoints.remove().catch(() => undefined);
    this.events.fail(error);
  }

  private beginWatch(): void {
    const { watch, dataDir } = this.options;
    if (watch === undefined) return;
    const parts = {
      logDir: path.join(dataDir, 'log'),
      spool: this.spool,
      ledger: this.ledger,
      writer: this.writer,
      log: this.log,
      headNo: () => this.headNo,
      processedNo: () => this.processedNo,
      withLedger: <T>(work: () => Promise<T>) => this.turns.take(work),
      tell: (state: WatchState) => this.events.tell({ type: 'watched', state }),
    };
    this.watch = watchStored(parts, watch);
  }

  /** State and reference data as of the checkpoint, and a pipeline that goes on behind it. */
  private async prepare(threads: number): Promise<void> {
    const checkpoint = await this.startingPoint.find();
    const afterEntry = checkpoint?.entryNo ?? 0;
    this.fileRecords = new Map(checkpoint?.fileRecords ?? []);
    this.settledMonths = new SettledMonths(checkpoint?.settledMonths);
    this.kept.begin();
    this.statistics.again();
    this.reference = new ReferenceData();
    this.trail = checkpoint === null ? new ReferenceTrail() : ReferenceTrail.of(checkpoint.path, checkpoint.reference);
    this.pools = this.ports.pools(threads);
    await this.pools.open({
      folder: await this.checkpoints.scratch(),
      memoryBytesMax: this.options.identitiesMemoryBytesMax,
    });
    for await (const entry of this.trail.entries(this.reader)) await this.applyReference(compiledOnce(entry));
    if (checkpoint !== null && !(await this.loads(checkpoint.path))) {
      await this.pools.close();
      return this.prepare(threads);
    }
    const recovered = await this.writer.recover(afterEntry);
    if (this.options.ledgerEpoch !== undefined) this.standsNo = standsUpTo(recovered);
    const cuts = new PlannedCuts(recovered);
    this.pipeline = new Pipeline(this.parts(new Gather(afterEntry), cuts), this.options, afterEntry, this.headNo);
    await this.identities.ask(this.pools);
    this.onProcessed(afterEntry);
  }

  /** State that cannot be read is no state: everything is computed from the start of the log. */
  private async loads(folder: string): Promise<boolean> {
    try {
      await this.pools.load(folder);
      return true;
    } catch (error) {
      if (!folder.startsWith(this.checkpoints.dir)) throw damagedBase(folder);
      this.log.warn({ err: error }, 'the checkpoint cannot be read: the log is read from its start');
      await this.checkpoints.remove();
      return false;
    }
  }

  private async applyReference(entry: ReferenceEntry): Promise<void> {
    this.reference.apply(entry);
    await this.pools.reference([entry]);
  }

  private parts(gather: Gather, cuts: PlannedCuts): ConstructorParameters<typeof Pipeline>[0] {
    const onSettled = (result: SettlementResult): void => {
      this.settledMonths.note(result.period, result.entry);
      this.statistics.settled(result);
      for (const { code, count, message, subscriptions } of result.failures) {
        this.log.error({ code, count, subscriptions }, `not settled: ${message}`);
      }
    };
    return {
      reader: this.reader,
      spoolPath: (blob) => this.spool.locate(blob),
      pools: this.pools,
      gather,
      applyReference: async (entry) => {
        await this.applyReference(await referenceEntryOf(entry, this.options.dataDir));
        this.trail.note(entry.entryNo, entry.position);
      },
      noteRead: (bytes) => this.kept.noteRead(bytes),
      runCommand: (entry) =>
        runCommand(
          {
            ...{ ledger: this.ledger, pools: this.pools, reference: this.reference, reader: this.reader, onSettled },
            referenceEntries: () => this.trail.entries(this.reader),
            settledBefore: (entryNo) => this.settledMonths.before(entryNo),
            spoolPath: (blob) => this.spool.locate(blob),
            rerating: this.rerating.events,
            turn: this.options.ledgerEpoch ?? 0,
          },
          entry,
          entry.head as CommandHead,
        ),
      fileBlocks: (entryNo, head, acceptedAtMs) => {
        const { blocks, counts } = fileBlocks(this.fileRecords, entryNo, head, acceptedAtMs);
        if (counts !== null) this.statistics.count(entryNo, head.source, counts);
        return blocks;
      },
      needsLedger: (outcome) => outcome.reversals.length > 0,
      completeOutcome: (entryNo, outcome) => this.completeOutcome(entryNo, outcome),
      write: async (write) => {
        const startedMs = performance.now();
        await this.confirmOwner();
        if (write.blocks.length > 0) await this.turns.take(() => this.writer.write(write));
        for (const { chunks } of write.blocks) chunks.forEach(releaseBuffer);
        await this.rerating.written();
        this.statistics.wrote(write, performance.now() - startedMs);
      },
      plannedCut: (entryNo) => cuts.cutFor(entryNo),
      onProcessed: (entryNo) => this.onProcessed(entryNo),
      checkpointDue: () => this.kept.due,
      checkpoint: (entryNo) => this.kept.keep((bytes) => this.keepState(entryNo, bytes)),
    };
  }

  /** A checkpoint; everything up to the entry stands in the ledger, and nothing is under way. Returns its bytes. */
  private async keepState(entryNo: number, bytesRead: number): Promise<number | null> {
    // What was not raised by an entry is the same state again.
    if (entryNo === 0 || (await this.checkpoints.entryNo()) === entryNo) return null;
    const { fileRecords, settledMonths } = this;
    const facts = { fileRecords, settledMonths, prove: (no: number) => this.reader.prove(no) };
    const pinned = (await this.keeper?.pinsNext(facts.prove, entryNo, bytesRead)) ?? false;
    const inventory = await this.turns.take(() => this.writer.inventory());
    const kept = await this.checkpoints.write(entryNo, { ...facts, inventory }, async (folder) => {
      await this.pools.dump(folder);
      return this.trail.keepIn(folder, this.reader, pinned);
    });
    await this.writer.fold(entryNo);
    if (pinned) await this.keeper?.pin(kept.checkpoint, kept.path);
    return kept.bytes;
  }

  private async completeOutcome(entryNo: number, outcome: SliceOutcome): Promise<Blocks> {
    const reversed = await reverse(this.ledger, outcome.reversals, entryNo);
    for (const { fileEntry, source, counts } of outcome.batches) {
      // Pushed batches are files of their own, which never come again as a whole.
      if (fileEntry !== entryNo) this.fileRecords.set(fileEntry, (this.fileRecords.get(fileEntry) ?? 0) + counts[0]);
      this.kept.noteRecords(counts[0]);
      this.identities.received(counts[0], this.pools);
      this.statistics.count(entryNo, source, counts);
    }
    this.statistics.outcome(entryNo, outcome);
    return [
      ...reversed.blocks,
      ...encodeBatches([...outcome.batches, ...reversed.batches], entryNo),
      ...encodeControls([...outcome.controls, ...reversed.controls], entryNo),
    ];
  }

  private onProcessed(entryNo: number): void {
    this.processedNo = entryNo;
    const statistics = this.statistics.snapshot(this.identities.latest);
    const newestEvents = this.statistics.takeNewestEvents(entryNo);
    const stands = Math.max(entryNo, this.standsNo);
    this.events.tell({ type: 'processed', entryNo: stands, statistics, newestEvents });
    if (this.awaited !== null && this.awaited.entryNo <= entryNo) this.awaited.resolve();
  }

  /** A rater whose front was taken for dead, and replaced, writes nothing more. */
  private async confirmOwner(): Promise<void> {
    const { dataDir } = this.options;
    if ((await readEpoch(dataDir)) === this.epoch) return;
    throw new TollgridError('DATA_DIR_LOCKED', `the data directory ${dataDir} has another owner by now`, { dataDir });
  }

  setHead(headNo: number): void {
    this.headNo = headNo;
    this.pipeline.setHead(headNo);
  }

  /** Finishes and writes what was read, and keeps the state. */
  async stop(): Promise<void> {
    // Nothing to keep: the next start finds an empty ledger and goes on with the rebuild.
    if (this.rebuilding) return;
    await this.rerating.stop();
    await this.watch?.stop();
    await this.keeper?.stop();
    this.pipeline.stop();
    await this.running;
    await this.writer.close();
    await this.pools.close();
  }

  /** Drops the ledger and computes it again from the log; resolves when it is where it was. */
  async rebuild(threads = this.pools.threads): Promise<void> {
    const upTo = this.headNo;
    await this.rerating.stop();
    await this.watch?.stop();
    this.pipeline.stop();
    await this.running;
    this.rebuilding = true;
    this.standsNo = 0;
    await this.pools.close();
    // Told before: who reads what is processed must not take an empty ledger for one in which nothing was posted.
    this.onProcessed((await this.startingPoint.base())?.entryNo ?? 0);
    await this.startingPoint.dropLedger();
    await this.begin(threads);
    this.rebuilding = false;
    await this.reached(upTo);
  }

  private async reached(entryNo: number): Promise<void> {
    if (entryNo <= this.processedNo) return;
    await new Promise<void>((resolve) => (this.awaited = { entryNo, resolve }));
    this.awaited = null;
  }

  /** Beside what is processed meanwhile; it is told how it ended. */
  preview(previewNo: number, wish: RerateWish): Promise<void> {
    return this.rerating.preview(previewNo, wish, this.processedNo);
  }

  verify(): Promise<VerifyCheck[]> {
    const { ledger, writer, spool, processedNo } = this;
    return verifyStored({
      ...{ ledger, writer, spool, processedNo },
      logDir: path.join(this.options.dataDir, 'log'),
      withLedger: (work) => this.turns.take(work),
      checkIdentities: () => this.pools.checkIdentities(),
    });
  }
}
