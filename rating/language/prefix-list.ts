/**
 * Prefixes as they are read, each with a number, and then put in the order of their digits. A million of them stand in
 * a few flat arrays and are sorted by counting, where texts and a table to find them again would take many times as long.
 */
export interface Twin {
  /** How many were added before it. */
  index: number;
  prefix: string;
  earlier: number;
}

export class PrefixList {
  /** By prefix: three digits after three digits, each plus 1 and 0 behind the end, as a number to the base of 11. */
  triples: Uint16Array[] = [];
  /** By prefix: how many digits. */
  lengths = new Uint8Array(FIRST_SIZE);
  /** By prefix. */
  values = new Int32Array(FIRST_SIZE);
  size = 0;

  /** In order. The prefixes are digits, each of them once; '' matches everything. */
  static of(prefixes: readonly string[], values: readonly number[]): PrefixList {
    const list = new PrefixList();
    prefixes.forEach((prefix, index) => list.add(prefix, 0, prefix.length, values[index]));
    list.sort();
    return list;
  }

  /** Adds the digits text[from, to). */
  add(text: string, from: number, to: number, value: number): void {
    const index = this.size++;
    if (index === this.lengths.length) this.grow();
    this.lengths[index] = to - from;
    this.values[index] = value;
    for (let group = 0; from < to; group++, from += 3) {
      if (group === this.triples.length) this.triples.push(new Uint16Array(this.lengths.length));
      const first = digitAt(text, from, to) * 121;
      this.triples[group][index] = first + digitAt(text, from + 1, to) * 11 + digitAt(text, from + 2, to);
    }
  }

  /** A prefix stands before those that it begins. What was added again is told, with the number that it had already. */
  sort(): Twin[] {
    const order = this.order();
    this.triples = this.triples.map((triples) => inOrder(triples, order, new Uint16Array(order.length)));
    this.lengths = inOrder(this.lengths, order, new Uint8Array(order.length));
    this.values = inOrder(this.values, order, new Int32Array(order.length));
    const twins: Twin[] = [];
    for (let at = 1, first = 0; at < this.size; at++) {
      const length = this.lengths[at];
      if (length !== this.lengths[first] || this.shared(at) < length) first = at;
      else twins.push({ index: order[at], prefix: this.prefix(at), earlier: this.values[first] });
    }
    return twins;
  }

  /** How many digits the prefix at this place of the order begins with that the one before it begins with too. */
  shared(at: number): number {
    let group = 0;
    while (group < this.triples.length && this.triples[group][at] === this.triples[group][at - 1]) group++;
    const most = Math.min(this.lengths[at], this.lengths[at - 1]);
    let digits = group * 3;
    while (digits < most && this.digit(at, digits) === this.digit(at - 1, digits)) digits++;
    return Math.min(digits, most);
  }

  /** Each prefix with its number, in order. */
  forEach(visit: (prefix: string, value: number) => void): void {
    for (let at = 0; at < this.size; at++) visit(this.prefix(at), this.values[at]);
  }

  /** The number of a prefix; -1 when it is not in the list, which is in order. */
  valueOf(prefix: string): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.prefix(middle);
      if (found === prefix) return this.values[middle];
      // Digits compare as texts do.
      if (found < prefix) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  private prefix(at: number): string {
    let text = '';
    for (let place = 0; place < this.lengths[at]; place++) text += String(this.digit(at, place) - 1);
    return text;
  }

  /** Plus 1. */
  private digit(at: number, place: number): number {
    return DIGIT_OF_TRIPLE[place % 3][this.triples[Math.floor(place / 3)][at]];
  }

  /** Three digits at a time, the last ones first; those that are the same stay in the order they came in. */
  private order(): Int32Array {
    let order = Int32Array.from({ length: this.size }, (_, index) => index);
    let next = new Int32Array(this.size);
    for (const triples of this.triples.toReversed()) {
      const starts = new Int32Array(TRIPLES + 1);
      for (let index = 0; index < this.size; index++) starts[triples[index] + 1]++;
      for (let triple = 0; triple < TRIPLES; triple++) starts[triple + 1] += starts[triple];
      for (const index of order) next[starts[triples[index]]++] = index;
      [order, next] = [next, order];
    }
    return order;
  }

  private grow(): void {
    const length = this.lengths.length * 2;
    this.triples = this.triples.map((triples) => enlarged(triples, new Uint16Array(length)));
    this.lengths = enlarged(this.lengths, new Uint8Array(length));
    this.values = enlarged(this.values, new Int32Array(length));
  }
}

const FIRST_SIZE = 64;
const TRIPLES = 11 ** 3;

/** By the place in three digits and what they make: the digit, plus 1. */
export const DIGIT_OF_TRIPLE: readonly Uint8Array[] = [121, 11, 1].map((unit) =>
  Uint8Array.from({ length: TRIPLES }, (_, triple) => Math.floor(triple / unit) % 11),
);

/** Plus 1; 0 behind the end. */
function digitAt(text: string, place: number, to: number): number {
  return place < to ? text.charCodeAt(place) - 47 : 0;
}

function enlarged<T extends Uint8Array | Uint16Array | Int32Array>(array: T, larger: T): T {
  larger.set(array);
  return larger;
}

function inOrder<T extends Uint8Array | Uint16Array | Int32Array>(array: T, order: Int32Array, sorted: T): T {
  for (let at = 0; at < order.length; at++) sorted[at] = array[order[at]];
  return sorted;
}
