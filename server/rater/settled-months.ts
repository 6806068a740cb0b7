/** Months that commands have settled, and which command was the first: a re-rating settles them again. */
export class SettledMonths {
  private readonly firstBy: Map<string, number>;

  constructor(entries: Iterable<[string, number]> = []) {
    this.firstBy = new Map(entries);
  }

  note(period: string, entryNo: number): void {
    if (!this.firstBy.has(period)) this.firstBy.set(period, entryNo);
  }

  /** Settled by a command before the entry, ascending. */
  before(entryNo: number): string[] {
    return [...this.firstBy].flatMap(([period, by]) => (by < entryNo ? period : [])).sort();
  }

  list(): [string, number][] {
    return [...this.firstBy];
  }
}
