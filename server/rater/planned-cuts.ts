/**
 * Where writes were cut before a crash: a replay cuts at the same entries, so that control totals can be compared.
 * Writes without rows are not in the journal: what lies before a journalled write is cut off in front of it.
 */
export class PlannedCuts {
  private readonly writes: readonly { fromEntry: number; toEntry: number }[];
  private at = 0;

  constructor(writes: readonly { fromEntry: number; toEntry: number }[]) {
    this.writes = writes;
  }

  /** Last entry of the write that holds `entryNo`; null behind the last journalled one. Asked in ascending order. */
  cutFor(entryNo: number): number | null {
    while (this.at < this.writes.length && this.writes[this.at].toEntry < entryNo) this.at++;
    const write = this.writes[this.at];
    if (write === undefined) return null;
    return write.fromEntry <= entryNo ? write.toEntry : write.fromEntry - 1;
  }
}
