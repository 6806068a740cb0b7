/**
 * Sums by key. The key is three 32-bit words: who or where (account or zone), when (day or hour), and the packed small
 * numbers of what. Key and sums of a group stand in one line of the processor's cache, and the group that somebody was
 * in last is found by his number: charges of an account are nearly always of the same day and kind. Otherwise an
 * open-addressing table of group numbers finds it.
 *
 *   group   [ records, quantity, billed, amount, tax | who, when, what, - | - ]     5 doubles, 4 words, padding
 */
const INITIAL_GROUPS = 512;
const GROUP_DOUBLES = 8;
const GROUP_WORDS = 16;
const [WHO, WHEN, WHAT] = [10, 11, 12];
/** Numbers from here on are found through the table alone: numbers are dense, but a table of them should stay small. */
const LATEST_MAX = 1 << 20;
/** Sums of a group, in this order. */
export const SUMS = ['records', 'quantity', 'billed', 'amount', 'tax'] as const;
export type SumName = (typeof SUMS)[number];

export class SumGroups {
  count = 0;
  private room = INITIAL_GROUPS;
  private sums = new Float64Array(INITIAL_GROUPS * GROUP_DOUBLES);
  private words = new Uint32Array(this.sums.buffer);
  /** Group number + 1; 0 is an empty slot. Twice as many slots as groups, so a probe always ends. */
  private slots = new Int32Array(2 * INITIAL_GROUPS);
  /** By `who`: the number + 1 of the group he was in last; 0 for none. */
  private latest = new Int32Array(1024);

  clear(): void {
    this.count = 0;
    this.slots.fill(0);
    this.latest.fill(0);
  }

  /** Adds one charge. Sums stay exact: one that would leave the safe integers goes on in another group of the key. */
  add(who: number, when: number, what: number, quantity: number, billed: number, amount: number, tax: number): void {
    let group = who < this.latest.length ? this.latest[who] - 1 : -1;
    const { words } = this;
    if (group < 0 || words[group * GROUP_WORDS + WHEN] !== when || words[group * GROUP_WORDS + WHAT] !== what) {
      group = this.find(who, when, what);
    }
    let { sums } = this;
    let at = group * GROUP_DOUBLES;
    if (!isSafe(sums[at + 1] + quantity) || !isSafe(sums[at + 2] + billed) || !isSafe(sums[at + 3] + amount)) {
      at = this.begin(this.slotOf(who, when, what), who, when, what) * GROUP_DOUBLES;
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
    const offset = { who: WHO, when: WHEN, what: WHAT }[word];
    const { words } = this;
    const values = new Uint32Array(this.count);
    for (let group = 0; group < values.length; group++) values[group] = words[group * GROUP_WORDS + offset]!;
    return values;
  }

  /** One sum of each group. */
  sumsOf(name: SumName): Float64Array {
    const offset = SUMS.indexOf(name);
    const { sums } = this;
    const values = new Float64Array(this.count);
    for (let group = 0; group < values.length; group++) values[group] = sums[group * GROUP_DOUBLES + offset]!;
    return values;
  }

  /** The group of a key, begun when it is new. */
  private find(who: number, when: number, what: number): number {
    const slot = this.slotOf(who, when, what);
    const group = this.slots[slot] - 1;
    if (group < 0) return this.begin(slot, who, when, what);
    if (who < this.latest.length) this.latest[who] = group + 1;
    return group;
  }

  private slotOf(who: number, when: number, what: number): number {
    const { slots, words } = this;
    const mask = slots.length - 1;
    let slot = hash(who, when, what) & mask;
    for (;;) {
      const group = slots[slot] - 1;
      if (group < 0) return slot;
      const at = group * GROUP_WORDS;
      if (words[at + WHO] === who && words[at + WHEN] === when && words[at + WHAT] === what) return slot;
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
    this.sums.fill(0, group * GROUP_DOUBLES, (group + 1) * GROUP_DOUBLES);
    this.words[group * GROUP_WORDS + WHO] = who;
    this.words[group * GROUP_WORDS + WHEN] = when;
    this.words[group * GROUP_WORDS + WHAT] = what;
    this.remember(who, group);
    return group;
  }

  private remember(who: number, group: number): void {
    if (who >= LATEST_MAX) return;
    if (who >= this.latest.length) {
      const larger = new Int32Array(Math.min(LATEST_MAX, Math.max(who + 1, 2 * this.latest.length)));
      larger.set(this.latest);
      this.latest = larger;
    }
    this.latest[who] = group + 1;
  }

  private grow(): void {
    this.room *= 2;
    const { sums } = this;
    this.sums = new Float64Array(this.room * GROUP_DOUBLES);
    this.sums.set(sums);
    this.words = new Uint32Array(this.sums.buffer);
    this.slots = new Int32Array(2 * this.room);
    // In order: of two groups with one key the later one is the one that goes on.
    for (let group = 0; group < this.count; group++) {
      const at = group * GROUP_WORDS;
      const { words } = this;
      this.slots[this.slotOf(words[at + WHO], words[at + WHEN], words[at + WHAT])] = group + 1;
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
