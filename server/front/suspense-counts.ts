/** How much waits in suspense, asked of a ledger that may stand still: one question at a time, and nobody waits long. */

export class SuspenseCounts<T> {
  private readonly ask: () => Promise<T>;
  private asking: Promise<T | null> | null = null;

  /** `ask` may throw, or never be answered. */
  constructor(ask: () => Promise<T>) {
    this.ask = ask;
  }

  /** Null when there is no answer within that time, or an error. */
  async counted(withinMs: number): Promise<T | null> {
    this.asking ??= (async () => this.ask())()
      .catch(() => null)
      .finally(() => (this.asking = null));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), withinMs)));
    try {
      return await Promise.race([this.asking, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
