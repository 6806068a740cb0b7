/**
 * Previews: a re-rating worked out as of the last entry in the ledger, and posted nowhere. It has threads and reference data
 * of its own, so that what arrives meanwhile is processed as if there were none.
 */
import { RerateWorkspace, type LedgerClient } from '../../ledger/index.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type { LogReader } from '../../platform/log/index.ts';
import type { RerateProgress } from '../../schemas/api/rerates.ts';
import { EntryType, type RerateWish } from '../../schemas/log-entries.ts';
import type { PreviewOutcome, RaterToFront } from './messages.ts';
import { ReferenceData, type ReferenceEntry } from './reference-data.ts';
import { rerate } from './rerate.ts';
import type { WorkerPools } from './worker-pools.ts';

export interface DeskParts {
  ledger: LedgerClient;
  reader: LogReader;
  spoolPath(blob: string): string;
  /** Not open yet. */
  pools(): WorkerPools;
  tell(message: RaterToFront): void;
}

export class RerateDesk {
  private readonly parts: DeskParts;
  private kept: RerateWorkspace | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;

  constructor(parts: DeskParts) {
    this.parts = parts;
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
    const { ledger, reader, spoolPath, tell } = this.parts;
    await this.kept?.drop();
    this.kept = null;
    const pools = this.parts.pools();
    const workspace = await RerateWorkspace.make(ledger, `p${previewNo}`, asOfEntry + 1);
    try {
      await pools.open();
      const reference = await this.referenceAsOf(asOfEntry, pools);
      const progress = (how: RerateProgress): void => {
        this.checkStopped();
        tell({ type: 'rerating', of: { previewNo }, progress: how });
      };
      const figures = await rerate({ ledger, pools, reference, reader, spoolPath, progress }, workspace, wish);
      this.kept = workspace;
      return { asOfEntry, figures };
    } catch (error) {
      await workspace.drop().catch(() => undefined);
      throw error;
    } finally {
      await pools.close();
    }
  }

  private async referenceAsOf(entryNo: number, pools: WorkerPools): Promise<ReferenceData> {
    const reference = new ReferenceData();
    for await (const entry of this.parts.reader.readHeads(await this.parts.reader.firstNo(), entryNo)) {
      if (entry.type !== EntryType.registry && entry.type !== EntryType.publication) continue;
      const { entryNo: no, type, head } = entry;
      const applied: ReferenceEntry = { entryNo: no, type, head, body: await entry.body() };
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
    await this.kept?.drop();
    this.kept = null;
  }
}
