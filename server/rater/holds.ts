/** Pauses between two writes, for whoever reads the ledger as of one entry. */
import { HOLD_MS_MAX } from './messages.ts';

export class Holds {
  private readonly ends = new Map<number, () => void>();

  /** Lasts until `release` of the same number, or for `HOLD_MS_MAX`. `held` is called at once. */
  hold(requestNo: number, held: () => void): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, HOLD_MS_MAX);
      this.ends.set(requestNo, () => {
        clearTimeout(late);
        resolve();
      });
      held();
    });
  }

  release(requestNo: number): void {
    this.ends.get(requestNo)?.();
    this.ends.delete(requestNo);
  }
}
