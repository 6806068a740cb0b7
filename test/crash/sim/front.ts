/** The front's parts for usage, put together as `FrontParts` does, without HTTP, registry database and processes. */
import { LogReader, LogWriter, Spool } from '../../../platform/log/index.ts';
import type { RegistryChange } from '../../../registry/index.ts';
import { EntryType } from '../../../schemas/log-entries.ts';
import { Intake } from '../../../server/front/intake.ts';
import { checkpointFolder, foldLog, forgetCheckpoint, advanceCheckpoint } from '../../../server/front/checkpoint.ts';
import { LogState } from '../../../server/front/log-state.ts';
import { Processed } from '../../../server/front/processed.ts';
import { Publisher, type ApplyPublication } from '../../../server/front/publisher.ts';
import { START, TariffPublisher } from '../../../server/front/tariff-publisher.ts';
import { inThisThread } from '../../../server/front/workshop/workshop.ts';
import { ExtractLost, ReferenceData } from '../../../server/rater/index.ts';
import { definition, FORMAT, KNOWN_ACCOUNT } from '../usage.ts';
import { projectRoot } from '../../../platform/paths.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface FrontSettings {
  root: string;
  slicesAheadMax: number;
  sliceBytesMax: number;
  segmentBytesMax: number;
  now: () => number;
  onAppended: (entryNo: number) => void;
  /** Still the owner of the disk? */
  confirm: () => Promise<void>;
  /** The owner before may wake. */
  detach: boolean;
}

export class SimFront {
  readonly state: LogState;
  private readonly root: string;
  readonly processed = new Processed();
  readonly log: LogWriter;
  readonly spool: Spool;
  readonly intake: Intake;
  private readonly reference: ReferenceData;

  private constructor(
    settings: FrontSettings,
    log: LogWriter,
    spool: Spool,
    state: LogState,
    reference: ReferenceData,
  ) {
    this.root = settings.root;
    this.log = log;
    this.spool = spool;
    this.state = state;
    this.reference = reference;
    this.intake = new Intake({
      log,
      spool,
      state,
      clock: { now: settings.now },
      format: (name) => reference.format(name),
      body: () => Promise.reject(new Error('no source of it asks for earlier batches')),
      waitForRoom: (entryNo) => this.processed.reached(entryNo - settings.slicesAheadMax),
      onAppended: ({ entryNo }) => settings.onAppended(entryNo),
      sliceBytesMax: settings.sliceBytesMax,
      pushedEntriesMax: 5_000,
      inFlightEntries: () => log.headNo - this.processed.entryNo,
      waitForPushed: () => Promise.resolve(),
    });
  }

  static async open(settings: FrontSettings): Promise<SimFront> {
    const { root, segmentBytesMax, confirm, detach } = settings;
    const log = await LogWriter.open(`${root}/log`, { groupWaitMs: 0, segmentBytesMax, confirm, detach });
    const spool = await Spool.open(`${root}/spool`);
    const reader = new LogReader(`${root}/log`);
    const { state, reference } = await readLog(root, reader, log.headNo);
    await reader.close();
    return new SimFront(settings, log, spool, state, reference);
  }

  /** Files whose admission was interrupted are admitted to their end. */
  async finishFiles(): Promise<void> {
    for (const { fileEntry } of this.state.incomplete()) await this.intake.admitSlices(fileEntry);
  }

  async publishDefinitions(): Promise<void> {
    const apply: ApplyPublication = (entryNo, head, body) =>
      this.reference.apply({ entryNo, type: EntryType.publication, head, body });
    const publisher = new Publisher(this.intake, this.state, apply);
    const tariffs = new TariffPublisher({
      ...{ intake: this.intake, state: this.state, workshop: inThisThread, apply },
      bodyOf: () => Promise.reject(new Error('nothing is published twice')),
      handOver: () => Promise.resolve(),
    });
    const format = readFileSync(path.join(projectRoot, 'formats', `${FORMAT}.yaml`), 'utf8');
    const documents = [
      { kind: 'policy', document: 'policy: duplicates\nwindowMonths: 120\n' },
      { kind: 'format', document: format },
      { kind: 'guiding', document: definition('guiding.yaml') },
    ] as const;
    for (const { kind, document } of documents) {
      await publisher.publish({ kind, document, fileName: kind, by: 'test' });
    }
    await tariffs.publish({ document: definition('tariffs', 'plain.yaml'), fileName: 'plain.yaml', files: {} }, START);
    await this.register(KNOWN_ACCOUNT, 1);
  }

  /** An account that calls may name from now on. */
  async register(id: string, no: number): Promise<void> {
    const changes: RegistryChange[] = [
      { kind: 'party', id, name: id, division: 'root' },
      { kind: 'account', id, no, partyId: id, currency: 'EUR', timeZone: 'UTC', division: 'root' },
      {
        kind: 'subscription',
        id,
        no,
        accountNo: no,
        usagePoint: false,
        division: 'root',
        identifiers: [{ kind: 'accountCode', value: id, fromMs: null, toMs: null }],
        tariffs: [{ view: 'retail', service: 'voice', tariff: 'crash-plain', fromMs: null, toMs: null }],
      },
    ];
    const body = Buffer.from(JSON.stringify(changes));
    const head = { by: 'test', count: changes.length };
    const { entryNo } = await this.intake.append(EntryType.registry, head, body);
    this.reference.apply({ entryNo, type: EntryType.registry, head, body });
  }

  /** Keeps the state as of what is durable. */
  async checkpoint(): Promise<void> {
    const head = await advanceCheckpoint(this.root, this.log.headNo, true);
    if (head !== null) this.state.trail.adopt(checkpointFolder(this.root), head.reference);
  }

  async close(): Promise<void> {
    this.intake.stop();
    this.processed.stop();
    await this.log.close();
    await this.spool.close();
  }
}

/** As `FrontParts` reads it. */
async function readLog(
  root: string,
  reader: LogReader,
  headNo: number,
): Promise<{ state: LogState; reference: ReferenceData }> {
  if (headNo === 0) return { state: new LogState(), reference: new ReferenceData() };
  for (;;) {
    const reference = new ReferenceData();
    const { state } = await foldLog(checkpointFolder(root), reader, headNo);
    try {
      for await (const entry of state.trail.entries(reader)) reference.apply(entry);
      return { state, reference };
    } catch (error) {
      if (!(error instanceof ExtractLost)) throw error;
      await forgetCheckpoint(checkpointFolder(root));
    }
  }
}
