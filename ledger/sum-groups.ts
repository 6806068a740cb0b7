/**
 * Sums by key, found through an open-addressing table of group numbers. The key is three 32-bit words: who or where
 * (account or zone), when (day or hour), and the packed small numbers of what. Key and sums of a group stand together:
 * with tens of thousands of groups a cache line per column would cost more than the adding.
 */
const INITIAL_GROUPS = 512;
const KEY_WORDS = 4;
/** Sums of a group, in this order. */
export const SUMS = ['records', 'quantity', 'billed', 'amount', 'tax'] as const;
export type SumName = (typeof SUMS)[number];
const SUM_COUNT = SUMS.length;

export class SumGroups {
  count = 0;
  private room = INITIAL_GROUPS;
  private keys = new Uint32Array(INITIAL_GROUPS * KEY_WORDS);
  private sums = new Float64Array(INITIAL_GROUPS * SUM_COUNT);
  /** Group number + 1; 0 is an empty slot. Twice as many slots as groups, so a probe always ends. */
  private slots = new Int32Array(2 * INITIAL_GROUPS);

  clear(): void {
    this.count = 0;
    this.slots.fill(0);
  }

  /** Adds one charge. Sums stay exact: one that would leave the safe integers goes on in another group of the key. */
  add(who: number, when: number, what: number, quantity: number, billed: number, amount: number, tax: number): void {
    const slot = this.slotOf(who, when, what);
    let group = this.slots[slot] - 1;
    if (group < 0) group = this.begin(slot, who, when, what);
    let at = group * SUM_COUNT;
    let { sums } = this;
    if (!isSafe(sums[at + 1] + quantity) || !isSafe(sums[at + 2] + billed) || !isSafe(sums[at + 3] + amount)) {
      at = this.begin(slot, who, when, what) * SUM_COUNT;
      ({ sums } = this);
    }
    sums[at] += 1;
    sums[at + 1] += quantity;
    sums[at + 2] += billed;
    sums[at + 3] += amount;
    sums[at + 4] += tax;
  }

  /** One word of each group's key. */
  keyWords(word: 'who' | 'when' | 'what'): Uint32Array {
    const offset = ['who', 'when', 'what'].indexOf(word);
    const { keys } = this;
    const words = new Uint32Array(this.count);
    for (let group = 0; group < words.length; group++) words[group] = keys[group * KEY_WORDS + offset]!;
    return words;
  }

  /** One sum of each group. */
  sumsOf(name: SumName): Float64Array {
    const offset = SUMS.indexOf(name);
    const { sums } = this;
    const values = new Float64Array(this.count);
    for (let group = 0; group < values.length; group++) values[group] = sums[group * SUM_COUNT + offset]!;
    return values;
  }

  private slotOf(who: number, when: number, what: number): number {
    const { slots, keys } = this;
    const mask = slots.length - 1;
    let slot = hash(who, when, what) & mask;
    for (;;) {
      const group = slots[slot] - 1;
      if (group < 0) return slot;
      const at = group * KEY_WORDS;
      if (keys[at] === who && keys[at + 1] === when && keys[at + 2] === what) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private begin(slot: number, who: number, when: number, what: number): number {
    if (this.count === this.room) {
      this.grow();
      slot = this.slotOf(who, when, what);
    }
    const group = this.count++;
    this.slots[slot] = group + 1;
    this.keys[group * KEY_WORDS] = who;
    this.keys[group * KEY_WORDS + 1] = when;
    this.keys[group * KEY_WORDS + 2] = what;
    this.sums.fill(0, group * SUM_COUNT, (group + 1) * SUM_COUNT);
    return group;
  }

  private grow(): void {
    this.room *= 2;
    const { keys, sums } = this;
    this.keys = new Uint32Array(this.room * KEY_WORDS);
    this.keys.set(keys);
    this.sums = new Float64Array(this.room * SUM_COUNT);
    this.sums.set(sums);
    this.slots = new Int32Array(2 * this.room);
    // In order: of two groups with one key the later one is the one that goes on.
    for (let group = 0; group < this.count; group++) {
      const at = group * KEY_WORDS;
      this.slots[this.slotOf(keys[at], keys[at + 1], keys[at + 2])] = group + 1;
    }
  }
}

function isSafe(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;
}

function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
