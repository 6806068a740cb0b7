import type { NewestEvent } from './messages.ts';

/** The newest event of each entry that is not in the ledger yet. */
export class NewestEvents {
  private waiting: NewestEvent[] = [];

  /** `eventMs` 0: the entry brought none. */
  note(entryNo: number, eventMs: number): void {
    if (eventMs > 0) this.waiting.push([entryNo, eventMs]);
  }

  /** Of entries up to this one, which are in the ledger now. */
  takeUpTo(entryNo: number): NewestEvent[] {
    const taken = this.waiting.filter(([of]) => of <= entryNo);
    this.waiting = this.waiting.filter(([of]) => of > entryNo);
    return taken;
  }
}
