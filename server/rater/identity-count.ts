/** What the duplicate check remembers, asked of the threads now and then: for metrics, and for a warning. */
import type { Logger } from '../../platform/logger.ts';
import type { IdentityStatistics } from './messages.ts';
import type { WorkerPools } from './worker-pools.ts';

const EVERY_RECORDS = 200_000;
/** With fewer for each identity on disk, one new record of fifty is looked for there in vain. */
const FILTER_BITS_MIN = 10;

export class IdentityCount {
  latest: IdentityStatistics | null = null;
  private readonly log: Logger;
  private records = 0;
  private told = false;

  constructor(log: Logger) {
    this.log = log;
  }

  /** After so many records it is time to ask again. */
  received(records: number, pools: WorkerPools): void {
    this.records += records;
    // Threads that end meanwhile do not answer.
    if (this.records >= EVERY_RECORDS) this.ask(pools).catch(() => undefined);
  }

  async ask(pools: WorkerPools): Promise<void> {
    this.records = 0;
    const found = await pools.identities();
    this.latest = found;
    if (found.filterBits >= FILTER_BITS_MIN * found.onDisk || this.told) return;
    this.told = true;
    this.log.warn(found, 'duplicates.memoryBytesMax is small: many new records are looked for on the disk');
  }
}
