/** About when entries were accepted: a note every now and then, fewer of them the longer ago it is. */

const STEP_MS = 20;
const NOTES_MAX = 4096;

export class EntryTimes {
  private entryNos: number[] = [];
  private times: number[] = [];

  appended(entryNo: number, atMs: number): void {
    const last = this.times.at(-1);
    if (last !== undefined && atMs - last < STEP_MS && atMs >= last) return;
    this.entryNos.push(entryNo);
    this.times.push(atMs);
    if (this.times.length <= NOTES_MAX) return;
    // Every second one of the older half.
    const keep = (_: number, index: number): boolean => index >= NOTES_MAX / 2 || index % 2 === 0;
    this.entryNos = this.entryNos.filter(keep);
    this.times = this.times.filter(keep);
  }

  /** The latest noted time not after the entry's own; null when it is older than all notes. */
  of(entryNo: number): number | null {
    const index = this.entryNos.findLastIndex((noted) => noted <= entryNo);
    return index < 0 ? null : this.times[index];
  }
}
