/** One rater: brings the ledger up to the log's head and keeps it there; starts again from its checkpoint. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  createTables,
  dropLeftWorkspaces,
  LedgerWriter,
  releaseBuffer,
  type LedgerClient,
} from '../../ledger/index.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { readEpoch } from '../../platform/lock.ts';
import { LogReader, Spool, type LogEntry } from '../../platform/log/index.ts';
import { createLogger, type Logger } from '../../platform/logger.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import { SEMANTICS_NO, type CommandHead, type RerateWish } from '../../schemas/log-entries.ts';
import { encodeBatches, encodeControls, neverAdmitted } from './accounting.ts';
import { CheckpointStore, type Checkpoint } from './checkpoint.ts';
import { runCommand } from './commands.ts';
import { Gather } from './gather.ts';
import { Holds } from './holds.ts';
import { IdentityCount } from './identity-count.ts';
import type { RaterOptions, SliceOutcome, VerifyCheck, WatchState } from './messages.ts';
import { Pipeline } from './pipeline.ts';
import { PlannedCuts } from './planned-cuts.ts';
import { RerateDesk } from './rerate-desk.ts';
import { ReferenceData } from './reference-data.ts';
import { isReference, referenceEntryOf } from './reference-entry.ts';
import { reverse } from './reversals.ts';
import { Statistics } from './statistics.ts';
import { verifyStored } from './verify.ts';
import { watchStored, type StoredWatch } from './watch-stored.ts';
import { PORTS, type RaterEvents, type RaterPorts } from './rater-ports.ts';
import type { WorkerPools } from './worker-pools.ts';

export class Rater {
  private readonly ports: RaterPorts;
  private readonly options: RaterOptions;
  private readonly events: RaterEvents;
  private readonly log: Logger;
  private readonly ledger: LedgerClient;
  private readonly reader: LogReader;
  private readonly spool: Spool;
  private readonly checkpoints: CheckpointStore;
  private readonly statistics = new Statistics();
  private readonly identities: IdentityCount;
  /** Owner of the data directory when this rater was opened. */
  private epoch = 0;
  private writer!: LedgerWriter;
  private pools!: WorkerPools;
  private reference = new ReferenceData();
  private pipeline!: Pipeline;
  private running: Promise<void> = Promise.resolve();
  /** What uses the whole ledger (a write, a verification) waits for what came before it. */
  private ledgerTurn: Promise<unknown> = Promise.resolve();
  readonly holds = new Holds();
  /** Between two pipelines, while the ledger is dropped for a rebuild. */
  private rebuilding = false;
  private awaited: { entryNo: number; resolve: () => void } | null = null;
  private headNo: number;
  private watch: StoredWatch | null = null;
  private processedNo = 0;
  private recordsSinceCheckpoint = 0;
  private readonly rerating: RerateDesk;
  /** Records received per file: what the same bytes count as when they are received again. */
  private fileRecords = new Map<number, number>();

  private constructor(options: RaterOptions, headNo: number, events: RaterEvents, spool: Spool, ports: RaterPorts) {
    this.ports = ports;
    this.options = options;
    this.headNo = headNo;
    this.events = events;
    this.spool = spool;
    this.log = createLogger({ name: 'rater', level: options.logLevel });
    this.identities = new IdentityCount(this.log);
    this.ledger = ports.ledger({
      url: options.engineUrl,
      token: options.engineToken,
      ...(options.engineUser !== undefined && { user: options.engineUser }),
    });
    this.reader = new LogReader(path.join(options.dataDir, 'log'));
    this.checkpoints = new CheckpointStore(path.join(options.dataDir, 'rater'));
    this.rerating = new RerateDesk({
      ledger: this.ledger,
      reader: this.reader,
      spoolPath: (blob) => this.spool.path(blob),
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
    const rater = new Rater(
      options,
      headNo,
      events,
      await Spool.open(path.join(options.dataDir, 'spool'), { owner: false }),
      ports,
    );
    rater.epoch = await readEpoch(options.dataDir);
    await createTables(rater.ledger);
    await dropLeftWorkspaces(rater.ledger);
    rater.writer = await rater.openWriter();
    await rater.begin(options.threads);
    return rater;
  }

  /** A journal that cannot be read says nothing about the ledger: then both are made anew. */
  private async openWriter(): Promise<LedgerWriter> {
    const { dataDir, handoverFolder } = this.options;
    const journal = path.join(dataDir, 'ledger', 'totals');
    const open = (): Promise<LedgerWriter> =>
      LedgerWriter.open({
        client: this.ledger,
        path: journal,
        ...(handoverFolder !== undefined && { handoverFolder }),
      });
    try {
      return await open();
    } catch (error) {
      if (toTollgridError(error).code !== 'JOURNAL_DAMAGED') throw error;
      this.log.warn({ err: error }, 'the journal of totals is damaged: the ledger is computed again from the log');
      await this.checkpoints.remove();
      await rm(journal);
      return open();
    }
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
      withLedger: <T>(work: () => Promise<T>) => this.withLedger(work),
      tell: (state: WatchState) => this.events.tell({ type: 'watched', state }),
    };
    this.watch = watchStored(parts, watch);
  }

  /** State and reference data as of the checkpoint, and a pipeline that goes on behind it. */
  private async prepare(threads: number): Promise<void> {
    const checkpoint = await this.usableCheckpoint();
    const afterEntry = checkpoint?.entryNo ?? 0;
    this.fileRecords = new Map(checkpoint?.fileRecords ?? []);
    this.recordsSinceCheckpoint = 0;
    this.reference = new ReferenceData();
    this.pools = this.ports.pools(threads);
    await this.pools.open({
      folder: await this.checkpoints.scratch(),
      memoryBytesMax: this.options.identitiesMemoryBytesMax,
    });
    await this.applyReferenceUpTo(afterEntry);
    if (checkpoint !== null && !(await this.loads(checkpoint.path))) {
      await this.pools.close();
      return this.prepare(threads);
    }
    const cuts = new PlannedCuts(await this.writer.recover(afterEntry));
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
      this.log.warn({ err: error }, 'the checkpoint cannot be read: the log is read from its start');
      await this.checkpoints.remove();
      return false;
    }
  }

  /** A checkpoint is worth something only if the ledger still holds what was written before it. */
  private async usableCheckpoint(): Promise<(Checkpoint & { path: string }) | null> {
    const checkpoint = await this.checkpoints.read();
    const reason = await this.whyComputeAgain(checkpoint);
    if (reason === null) return checkpoint;
    this.log.warn(`${reason}: the ledger is computed again from the log`);
    await this.dropLedger();
    return null;
  }

  private async whyComputeAgain(checkpoint: Checkpoint | null): Promise<string | null> {
    if (checkpoint !== null && checkpoint.semanticsNo !== SEMANTICS_NO) return 'this version gives other results';
    const afterEntry = checkpoint?.entryNo ?? 0;
    if (Math.max(afterEntry, this.writer.lastEntry) > this.headNo) return 'the ledger was made from another log';
    const { differences, detachedParts } = await this.writer.verify();
    // Behind the checkpoint an interrupted write is made whole, but rows that no write explains would stay.
    const lost = differences.filter(({ fromEntry, expected }) => fromEntry <= afterEntry || expected.rows === 0);
    if (lost.length === 0 && detachedParts.length === 0) return null;
    return `${lost.length} blocks of the ledger are not what was written, ${detachedParts.length} parts are broken`;
  }

  private async dropLedger(): Promise<void> {
    await this.checkpoints.remove();
    await this.writer.truncate();
  }

  private async applyReferenceUpTo(entryNo: number): Promise<void> {
    if (entryNo === 0) return;
    for await (const entry of this.reader.readHeads(1, entryNo)) {
      if (isReference(entry.type)) await this.applyReference(entry);
    }
  }

  private async applyReference(entry: LogEntry): Promise<void> {
    const reference = await referenceEntryOf(entry, this.options.dataDir);
    this.reference.apply(reference);
    await this.pools.reference([reference]);
  }

  private parts(gather: Gather, cuts: PlannedCuts): ConstructorParameters<typeof Pipeline>[0] {
    const onSettled = (result: SettlementResult): void => {
      this.statistics.settled(result);
      for (const { code, count, message, subscriptions } of result.failures) {
        this.log.error({ code, count, subscriptions }, `not settled: ${message}`);
      }
    };
    return {
      reader: this.reader,
      spoolPath: (blob) => this.spool.path(blob),
      pools: this.pools,
      gather,
      applyReference: (entry) => this.applyReference(entry),
      runCommand: (entry) =>
        runCommand(
          {
            ...{ ledger: this.ledger, pools: this.pools, reference: this.reference, reader: this.reader, onSettled },
            spoolPath: (blob) => this.spool.path(blob),
            rerating: this.rerating.events,
          },
          entry,
          entry.head as CommandHead,
        ),
      fileBlocks: (entryNo, head, acceptedAtMs) => {
        const replaced = head.supersedes ?? [];
        if (replaced.length > 0)
          return encodeBatches(
            replaced.map((file) => neverAdmitted(file, head.source, acceptedAtMs, 'superseded')),
            entryNo,
          );
        if (head.duplicateOf === undefined) return [];
        // A file that was held was not received by then, but its records were counted by the check.
        const received = this.fileRecords.get(head.duplicateOf) ?? head.check?.rows ?? 0;
        const counts = [received, 0, 0, received, 0, 0, 0, 0, 0];
        this.statistics.count(head.source, counts);
        return encodeBatches([{ entryNo, fileEntry: entryNo, source: head.source, acceptedAtMs, counts }], entryNo);
      },
      needsLedger: (outcome) => outcome.reversals.length > 0,
      completeOutcome: (entryNo, outcome) => this.completeOutcome(entryNo, outcome),
      write: async (write) => {
        const startedMs = performance.now();
        await this.confirmOwner();
        if (write.blocks.length > 0) await this.withLedger(() => this.writer.write(write));
        for (const { chunks } of write.blocks) chunks.forEach(releaseBuffer);
        await this.rerating.written();
        this.statistics.wrote(write, performance.now() - startedMs);
      },
      plannedCut: (entryNo) => cuts.cutFor(entryNo),
      onProcessed: (entryNo) => this.onProcessed(entryNo),
      checkpointDue: () => this.recordsSinceCheckpoint >= this.ports.checkpointRecords,
      checkpoint: async (entryNo) => {
        if (this.recordsSinceCheckpoint === 0 && (await this.checkpoints.read())?.entryNo === entryNo) return;
        this.recordsSinceCheckpoint = 0;
        await this.checkpoints.write(entryNo, this.fileRecords, (folder) => this.pools.dump(folder));
      },
    };
  }

  private async completeOutcome(
    entryNo: number,
    outcome: SliceOutcome,
  ): Promise<Awaited<ReturnType<typeof reverse>>['blocks']> {
    const reversed = await reverse(this.ledger, outcome.reversals, entryNo);
    for (const { fileEntry, source, counts } of outcome.batches) {
      // Pushed batches are files of their own, which never come again as a whole.
      if (fileEntry !== entryNo) this.fileRecords.set(fileEntry, (this.fileRecords.get(fileEntry) ?? 0) + counts[0]);
      this.recordsSinceCheckpoint += counts[0];
      this.identities.received(counts[0], this.pools);
      this.statistics.count(source, counts);
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
    this.events.tell({ type: 'processed', entryNo, statistics, newestEvents });
    if (this.awaited !== null && this.awaited.entryNo <= entryNo) this.awaited.resolve();
  }

  /** A rater whose front was taken for dead, and replaced, writes nothing more. */
  private async confirmOwner(): Promise<void> {
    const { dataDir } = this.options;
    if ((await readEpoch(dataDir)) === this.epoch) return;
    throw new TollgridError('DATA_DIR_LOCKED', `the data directory ${dataDir} has another owner by now`, { dataDir });
  }

  private withLedger<T>(work: () => Promise<T>): Promise<T> {
    const done = this.ledgerTurn.then(work);
    this.ledgerTurn = done.catch(() => undefined);
    return done;
  }

  /** Tells when nothing is being written; nothing is written then until it is released. */
  hold(requestNo: number, held: () => void): void {
    void this.withLedger(() => this.holds.hold(requestNo, held));
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
    await this.pools.close();
    await this.dropLedger();
    this.onProcessed(0);
    await this.begin(threads);
    this.rebuilding = false;
    await this.reached(upTo);
  }

  private async reached(entryNo: number): Promise<void> {
    if (entryNo > this.processedNo) {
      await new Promise<void>((resolve) => (this.awaited = { entryNo, resolve }));
      this.awaited = null;
    }
  }

  /** Beside what is processed meanwhile; it is told how it ended. */
  preview(previewNo: number, wish: RerateWish): Promise<void> {
    return this.rerating.preview(previewNo, wish, this.processedNo);
  }

  verify(): Promise<VerifyCheck[]> {
    return verifyStored({
      ledger: this.ledger,
      writer: this.writer,
      logDir: path.join(this.options.dataDir, 'log'),
      spool: this.spool,
      processedNo: this.processedNo,
      withLedger: (work) => this.withLedger(work),
      checkIdentities: () => this.pools.checkIdentities(),
    });
  }
}
