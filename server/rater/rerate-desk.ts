/**
 * What a rater has at hand for re-ratings. Previews are worked out as of the last entry in the ledger and posted nowhere, with
 * threads and reference data of their own, so that what arrives meanwhile is processed as if there were none. Commands have
 * their turn among the entries; what they post stands in a workspace until it is written.
 */
import { RerateWorkspace, type LedgerClient } from '../../ledger/index.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type { LogReader } from '../../platform/log/index.ts';
import type { RerateProgress } from '../../schemas/api/rerates.ts';
import type { RerateWish } from '../../schemas/log-entries.ts';
import type { PreviewOutcome, RaterToFront } from './messages.ts';
import { ReferenceData, type ReferenceEntry } from './reference-data.ts';
import { compiledOnce } from './reference-entry.ts';
import { rerate } from './rerate.ts';
import type { ReratingEvents } from './rerate-command.ts';
import type { WorkerPools } from './worker-pools.ts';

export interface DeskParts {
  ledger: LedgerClient;
  reader: LogReader;
  /** Registry and publications as of an entry that is in the ledger. */
  referenceUpTo(entryNo: number): AsyncIterable<ReferenceEntry>;
  settledBefore(entryNo: number): string[];
  spoolPath(blob: string): string;
  /** Threads of its own, open. */
  pools(): Promise<WorkerPools>;
  tell(message: RaterToFront): void;
}

export class RerateDesk {
  private readonly parts: DeskParts;
  private kept: RerateWorkspace | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;
  private toWrite: RerateWorkspace[] = [];
  readonly events: ReratingEvents;

  constructor(parts: DeskParts) {
    this.parts = parts;
    this.events = {
      progress: (entryNo, progress) => parts.tell({ type: 'rerating', of: { entryNo }, progress }),
      posting: (workspace) => this.toWrite.push(workspace),
      done: (result) => parts.tell({ type: 'rerated', result }),
    };
  }

  /** Everything that commands posted so far is in the ledger. */
  async written(): Promise<void> {
    for (const workspace of this.toWrite.splice(0)) await workspace.drop();
  }

  /** Never fails: says how it ended. The differences of the one before are gone when it begins. */
  async preview(previewNo: number, wish: RerateWish, asOfEntry: number): Promise<void> {
    const tell = (outcome: PreviewOutcome): void => this.parts.tell({ type: 'previewed', previewNo, outcome });
    if (this.running !== null) {
      tell({ failure: { code: 'RERATE_BUSY', message: 'Another preview is being worked out.' } });
      return;
    }
    this.stopped = false;
    this.running = this.work(previewNo, wish, asOfEntry).then(tell, (error: unknown) => {
      const { code, message } = toTollgridError(error);
      tell({ failure: { code, message } });
    });
    await this.running;
    this.running = null;
  }

  private async work(previewNo: number, wish: RerateWish, asOfEntry: number): Promise<PreviewOutcome> {
    const { ledger, reader, referenceUpTo, settledBefore, spoolPath, tell } = this.parts;
    await this.kept?.drop();
    this.kept = null;
    const workspace = await RerateWorkspace.make(ledger, `p${previewNo}`, asOfEntry + 1);
    let pools: WorkerPools | null = null;
    try {
      pools = await this.parts.pools();
      const reference = await this.referenceAsOf(asOfEntry, pools);
      const progress = (how: RerateProgress): void => {
        this.checkStopped();
        tell({ type: 'rerating', of: { previewNo }, progress: how });
      };
      const referenceEntries = (): AsyncIterable<ReferenceEntry> => referenceUpTo(asOfEntry);
      const as = { ledger, pools, reference, referenceEntries, settledBefore, reader, spoolPath, progress };
      const figures = await rerate(as, workspace, wish);
      this.kept = workspace;
      return { asOfEntry, figures };
    } catch (error) {
      await workspace.drop().catch(() => undefined);
      throw error;
    } finally {
      await pools?.close();
    }
  }

  private async referenceAsOf(entryNo: number, pools: WorkerPools): Promise<ReferenceData> {
    const reference = new ReferenceData();
    for await (const entry of this.parts.referenceUpTo(entryNo)) {
      const applied = compiledOnce(entry);
      reference.apply(applied);
      await pools.reference([applied]);
    }
    return reference;
  }

  private checkStopped(): void {
    if (this.stopped) throw new TollgridError('STOPPING', 'The preview was given up: the rater stops or rebuilds.');
  }

  /** Gives up the one under way, and what is kept. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    // Where the engine is gone, the next start drops it.
    await this.kept?.drop().catch(() => undefined);
    this.kept = null;
  }
}
