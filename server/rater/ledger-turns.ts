/** What uses the whole ledger (a write, a verification, a reader that holds it still) waits for what came before it. */
import { Holds } from './holds.ts';

export class LedgerTurns {
  private last: Promise<unknown> = Promise.resolve();
  readonly holds = new Holds();

  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }

  /** Tells when nothing is being written; nothing is written then until it is released. */
  hold(requestNo: number, held: () => void): void {
    void this.take(() => this.holds.hold(requestNo, held));
  }
}
