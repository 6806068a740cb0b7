/**
 * Number ranges, per length of number, sorted by their first number.
 * Ranges that hold at the same time do not overlap (the registry refuses it); ranges of different times may.
 */
const DIGITS_MAX = 15;
const ZERO = 0x30;

interface Sorted {
  low: Float64Array;
  high: Float64Array;
  /** Largest `high` up to here: the walk to the left ends where it falls below the number sought. */
  reach: Float64Array;
  key: Int32Array;
}

export class NumberRanges {
  private readonly keys: number[][] = Array.from({ length: DIGITS_MAX + 1 }, () => []);
  private readonly bounds = new Map<number, [low: number, high: number]>();
  private readonly sorted: (Sorted | null)[] = new Array<Sorted | null>(DIGITS_MAX + 1).fill(null);
  private readonly stale = new Set<number>();

  /** `value` is `from-to`, digits of equal length; `key` is the number of that text in the key table. */
  add(key: number, value: string): void {
    if (this.bounds.has(key)) return;
    const dash = value.indexOf('-');
    this.bounds.set(key, [Number(value.slice(0, dash)), Number(value.slice(dash + 1))]);
    this.keys[dash].push(key);
    this.stale.add(dash);
  }

  /** To be called after the last `add`, before the next `start`. */
  sort(): void {
    for (const digits of this.stale) this.sorted[digits] = this.sortedOf(this.keys[digits]);
    this.stale.clear();
  }

  get empty(): boolean {
    return this.bounds.size === 0;
  }

  /** Calls for each range that contains the number go `next(start(...))`: -1 ends them. The position is of that length. */
  start(text: Uint8Array, offset: number, length: number): number {
    if (length > DIGITS_MAX) return -1;
    const sorted = this.sorted[length];
    if (sorted === null) return -1;
    const number = digitsOf(text, offset, length);
    if (number < 0) return -1;
    let from = 0;
    let to = sorted.low.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (sorted.low[middle] <= number) from = middle + 1;
      else to = middle;
    }
    return this.next(text, offset, length, from);
  }

  /** Position of the next containing range to the left of `position`, or -1. */
  next(text: Uint8Array, offset: number, length: number, position: number): number {
    const sorted = this.sorted[length]!;
    const number = digitsOf(text, offset, length);
    for (let i = position - 1; i >= 0 && sorted.reach[i] >= number; i--) if (sorted.high[i] >= number) return i;
    return -1;
  }

  keyAt(length: number, position: number): number {
    return this.sorted[length]!.key[position];
  }

  private sortedOf(keys: number[]): Sorted {
    const order = [...keys].sort((a, b) => this.bounds.get(a)![0] - this.bounds.get(b)![0] || a - b);
    const low = Float64Array.from(order, (key) => this.bounds.get(key)![0]);
    const high = Float64Array.from(order, (key) => this.bounds.get(key)![1]);
    const reach = Float64Array.from(high);
    for (let i = 1; i < reach.length; i++) reach[i] = Math.max(reach[i], reach[i - 1]);
    return { low, high, reach, key: Int32Array.from(order) };
  }
}

/** The number the digits spell (15 fit exactly), or -1 when something else stands among them. */
function digitsOf(text: Uint8Array, offset: number, length: number): number {
  let number = 0;
  for (let i = offset; i < offset + length; i++) {
    const digit = text[i] - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}
