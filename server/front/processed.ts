/** How far the rater is, and everybody who waits for it. */

export class Processed {
  private processedNo = 0;
  private waiters: { entryNo: number; resolve: () => void }[] = [];

  get entryNo(): number {
    return this.processedNo;
  }

  /** Also backwards: a rater that was started again, or rebuilds, processes entries anew. */
  set(entryNo: number): void {
    this.processedNo = entryNo;
    const due = this.waiters.filter((waiter) => waiter.entryNo <= entryNo);
    if (due.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => waiter.entryNo > entryNo);
    for (const { resolve } of due) resolve();
  }

  /** Resolves when everything up to the entry stands in the ledger. */
  reached(entryNo: number): Promise<void> {
    if (entryNo <= this.processedNo) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ entryNo, resolve }));
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
