/** How far the rater is, and everybody who waits for it. */
import { TollgridError } from '../../platform/errors.ts';

interface Waiter {
  entryNo: number;
  resolve(): void;
  reject(error: TollgridError): void;
}

export class Processed {
  private processedNo = 0;
  private waiters: Waiter[] = [];
  private stopping = false;
  private turnNo = 0;
  private isSure = false;

  /** Changes when the ledger may have been dropped: two answers of it belong together only under the same number. */
  get turn(): number {
    return this.turnNo;
  }

  get entryNo(): number {
    return this.processedNo;
  }

  /** What the ledger holds for good; null until the rater says so. */
  get sureNo(): number | null {
    return this.isSure ? this.processedNo : null;
  }

  /** The rater ended: the next one may find that the ledger has to be computed again. */
  raterEnded(): void {
    this.turnNo++;
    this.isSure = false;
  }

  /** Also backwards: a rater that was started again, or rebuilds, processes entries anew. */
  set(entryNo: number): void {
    if (entryNo < this.processedNo) this.turnNo++;
    this.isSure = true;
    this.processedNo = entryNo;
    const due = this.waiters.filter((waiter) => waiter.entryNo <= entryNo);
    if (due.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => waiter.entryNo > entryNo);
    for (const { resolve } of due) resolve();
  }

  /** Resolves when everything up to the entry stands in the ledger. Error: STOPPING. */
  reached(entryNo: number): Promise<void> {
    if (entryNo <= this.processedNo) return Promise.resolve();
    if (this.stopping) return Promise.reject(stopping());
    return new Promise((resolve, reject) => this.waiters.push({ entryNo, resolve, reject }));
  }

  /** Whoever waits is told that it will not come any more. */
  stop(): void {
    this.stopping = true;
    for (const { reject } of this.waiters.splice(0)) reject(stopping());
  }

  /** True when it was reached in time. */
  async reachedWithin(entryNo: number, timeoutMs: number): Promise<boolean> {
    if (entryNo <= this.processedNo) return true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    try {
      return await Promise.race([this.reached(entryNo).then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function stopping(): TollgridError {
  return new TollgridError('STOPPING', 'Tollgrid is stopping; what is in the log is processed after the next start.');
}
