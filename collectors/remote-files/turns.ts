/**
 * What has to be tried again at the sender, each in its turn: some at a look, and the next look goes on behind them. However
 * many there are, no more is held than two looks need.
 */
export class Turns<T extends { name: string }> {
  private readonly atOnce: number;
  /** The last one that had its turn. */
  private last = '';
  private behind: T[] = [];
  private before: T[] = [];
  /** All that were added since the look began. */
  count = 0;

  constructor(atOnce: number) {
    this.atOnce = atOnce;
  }

  begin(): void {
    this.behind = [];
    this.before = [];
    this.count = 0;
  }

  add(item: T): void {
    this.count++;
    const part = item.name > this.last ? this.behind : this.before;
    part.push(item);
    if (part.length >= 2 * this.atOnce) this.cut(part);
  }

  /** Those whose turn it is; each of them has had it when it is asked for the next. */
  *take(): Generator<T> {
    this.cut(this.behind);
    this.cut(this.before);
    for (const item of [...this.behind, ...this.before].slice(0, this.atOnce)) {
      this.last = item.name;
      yield item;
    }
  }

  private cut(part: T[]): void {
    part.sort((a, b) => (a.name < b.name ? -1 : 1));
    part.length = Math.min(part.length, this.atOnce);
  }
}
