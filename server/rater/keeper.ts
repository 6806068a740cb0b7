/**
 * Keeps the log's files in bounds: old segments go to the archive, the oldest are let go when `log.retention` says so.
 * Works in the rater, at its priority, once an hour and when asked, one thing at a time.
 */
import path from 'node:path';
import type { LedgerClient, VerifyResult } from '../../ledger/index.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { Confirm, EntryProof, Spool } from '../../platform/log/index.ts';
import type { Logger } from '../../platform/logger.ts';
import { archivePass } from './archive-pass.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { KeepOptions, KeptState } from './messages.ts';
import { PinStore } from './pins.ts';
import { pinIsDue, retentionPass } from './retention.ts';

export interface KeeperParts {
  dataDir: string;
  spool: Spool;
  ledger: LedgerClient;
  log: Logger;
  confirm: Confirm;
  headNo(): number;
  processedNo(): number;
  /** Entry of the last checkpoint: what is before it will not be replayed. */
  settledNo(): Promise<number>;
  withLedger<T>(work: () => Promise<T>): Promise<T>;
  verifyLedger(): Promise<VerifyResult>;
  /** False: the ledger is on a server that nothing can be asked to sync. Error: LEDGER_NOT_SYNCED. */
  syncLedger(): Promise<boolean>;
  /** Asks for a checkpoint soon, because a pin is overdue. */
  wantCheckpoint(): void;
  /** Segments were archived or removed. */
  moved(): Promise<void>;
  /** UTC milliseconds. */
  now(): number;
  tell(state: KeptState): void;
}

const LOOK_MS = 3_600_000;
const FIRST_LOOK_MS = 60_000;
const DAY_MS = 86_400_000;

export class Keeper {
  private readonly parts: KeeperParts;
  private readonly options: KeepOptions;
  private readonly pins: PinStore;
  private timer: NodeJS.Timeout | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  private stopped = false;
  /** Bytes of usage since the last pin, as far as checkpoints told of them. */
  private bytesSincePin = 0;

  constructor(parts: KeeperParts, options: KeepOptions) {
    this.parts = parts;
    this.options = options;
    this.pins = new PinStore(path.join(parts.dataDir, 'rater'));
  }

  start(): void {
    this.sleep(FIRST_LOOK_MS);
  }

  private sleep(waitMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.run(false).finally(() => this.sleep(LOOK_MS)), waitMs);
    this.timer.unref();
  }

  /** Nothing is moved or removed any more when this resolves. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.turn;
  }

  /** `all`: sealed segments of any age go to the archive. Never throws: what failed is told. */
  run(all: boolean): Promise<KeptState> {
    const done = this.turn.then(() => this.pass(all));
    this.turn = done;
    return done;
  }

  private async pass(all: boolean): Promise<KeptState> {
    const { parts, options } = this;
    const state: KeptState = {
      atMs: parts.now(),
      archivedSegments: 0,
      archivedBlobs: 0,
      sizeBytes: 0,
      archivedBytes: 0,
      removedSegments: 0,
      removedBlobs: 0,
      failure: null,
    };
    try {
      await this.archive(all, state);
      const { days, bytes } = options.retention;
      if ((days > 0 || bytes > 0) && !this.stopped) await this.retain(state);
      if (state.archivedSegments + state.removedSegments > 0) await parts.moved();
    } catch (error) {
      const { code, message } = toTollgridError(error);
      state.failure = `${code}: ${message}`;
      parts.log.error({ code, err: error }, 'the archive could not be made');
    }
    parts.tell(state);
    return state;
  }

  private async archive(all: boolean, state: KeptState): Promise<void> {
    const { parts, options } = this;
    if (!all && options.archiveAfterDays === 0) return;
    const result = await archivePass({
      logDir: path.join(parts.dataDir, 'log'),
      spool: parts.spool,
      confirm: parts.confirm,
      settledNo: await parts.settledNo(),
      beforeMs: all ? Infinity : parts.now() - options.archiveAfterDays * DAY_MS,
      stopping: () => this.stopped,
    });
    state.archivedSegments = result.segments;
    state.archivedBlobs = result.blobs;
    state.sizeBytes = result.sizeBytes;
    state.archivedBytes = result.archivedBytes;
  }

  private async retain(state: KeptState): Promise<void> {
    const { parts, options, pins } = this;
    const nowMs = parts.now();
    const syncLedger = async (): Promise<void> => {
      if (await parts.syncLedger()) return;
      parts.log.warn(
        'retention removes entries of the log; that their rows outlive a power cut is up to the ClickHouse server',
      );
    };
    const result = await retentionPass({ ...parts, pins, syncLedger, nowMs }, options.retention);
    state.removedSegments = result.segments;
    state.removedBlobs = result.blobs;
    if (result.heldBy.length > 0)
      parts.log.warn({ heldBy: result.heldBy }, 'retention waits for copies or backups that have not got so far');
    if (result.sealedNo !== null) parts.log.info({ ...result }, 'retention removed the oldest entries of the log');
    if (pinIsDue(options.retention, (await pins.list()).at(-1), nowMs, this.bytesSincePin)) parts.wantCheckpoint();
  }

  /** Will the checkpoint of that entry be pinned? When the last pin is long ago. `bytes`: of usage since the one before. */
  async pinsNext(prove: (entryNo: number) => Promise<EntryProof>, entryNo: number, bytes: number): Promise<boolean> {
    const { retention } = this.options;
    this.bytesSincePin += bytes;
    if (retention.days === 0 && retention.bytes === 0) return false;
    const last = (await this.pins.list()).at(-1);
    return pinIsDue(retention, last, (await prove(entryNo)).acceptedAtMs, this.bytesSincePin);
  }

  async pin(checkpoint: Checkpoint, folder: string): Promise<void> {
    await this.pins.add(checkpoint, folder);
    this.bytesSincePin = 0;
  }

  /** The ledger is computed again: what older computations left is worth nothing. */
  async forget(): Promise<void> {
    await this.pins.removeAll();
  }
}
