/** Where writes were cut before a crash: a replay cuts at the same entries, so that control totals can be compared. */
export class PlannedCuts {
  private readonly writes: readonly { fromEntry: number; toEntry: number }[];
  private at = 0;

  constructor(writes: readonly { fromEntry: number; toEntry: number }[]) {
    this.writes = writes;
  }

  /** Last entry of the journalled write that holds `entryNo`; null when there is none. Asked in ascending order. */
  cutFor(entryNo: number): number | null {
    while (this.at < this.writes.length && this.writes[this.at]!.toEntry < entryNo) this.at++;
    const write = this.writes[this.at];
    return write !== undefined && write.fromEntry <= entryNo ? write.toEntry : null;
  }
}
