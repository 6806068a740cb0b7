/**
 * Identities seen: an exact hash set with open addressing.
 *
 *   slot = 5 words:  k1 k2 k3 | aux | tag
 *          tag: bits 0-15 month of the event (months since 1970, +1; 0 = empty slot), 16-19 quality, 20-29 shard
 *
 * Three of the digest's four words are compared, and of the fourth the ten bits that chose the shard: 106 of 128 bits
 * decide. `aux` is what a second sight is judged by: the content digest, or the file for formats without a unique key.
 * A slot outside the window counts as absent whether or not it has been swept, so the answer never depends on when
 * the table last grew.
 */
const WORDS = 5;
const INITIAL_SLOTS = 64;
const LOAD_PERCENT_MAX = 75;
/** Up to this size a table grows fourfold: the first file would be moved over and over. */
const SMALL_SLOTS = 16_384;
const SHARD_SHIFT = 20;

/** Slots of each of some tables, so that all together take no more than that. */
export function slotsWithin(bytes: number, tables: number): number {
  const slots = 2 ** Math.floor(Math.log2(Math.max(1, bytes) / (tables * WORDS * 4)));
  return slots < 1 ? 0 : slots;
}

/** Identities that tables of so many slots hold together before one of them grows beyond. */
export function roomIn(slots: number, tables: number): number {
  // A small table may grow beyond by growing fourfold; and some tables fill sooner than others.
  const filled = slots > 2 * SMALL_SLOTS ? slots : slots / 2;
  return Math.floor(tables * filled * (LOAD_PERCENT_MAX / 100) * 0.98);
}

export class DuplicateTable {
  private slots: Uint32Array = new Uint32Array(INITIAL_SLOTS * WORDS);
  private mask = INITIAL_SLOTS - 1;
  private used = 0;

  get size(): number {
    return this.used;
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  /** Slot of the identity, or -1. `oldestTag` is the first month (tag) inside the window. */
  find(k1: number, k2: number, k3: number, oldestTag: number): number {
    const { slots, mask } = this;
    let slot = (k1 ^ (k2 >>> 7)) & mask;
    for (;;) {
      const at = slot * WORDS;
      const tag = slots[at + 4];
      if (tag === 0) return -1;
      if (slots[at] === k1 && slots[at + 1] === k2 && slots[at + 2] === k3) {
        return (tag & 0xffff) >= oldestTag ? slot : -1;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** Reads the first slot an identity may stand in. */
  touch(k1: number, k2: number): number {
    return this.slots[((k1 ^ (k2 >>> 7)) & this.mask) * WORDS + 4];
  }

  aux(slot: number): number {
    return this.slots[slot * WORDS + 3];
  }

  quality(slot: number): number {
    return (this.slots[slot * WORDS + 4] >>> 16) & 15;
  }

  /** A revision took the identity's place. */
  replace(slot: number, aux: number, quality: number): void {
    const at = slot * WORDS;
    this.slots[at + 3] = aux;
    this.slots[at + 4] = (this.slots[at + 4] & 0xfff0ffff) | (quality << 16);
  }

  /** Adds an identity that `find` did not find. An expired slot of the same identity is taken over. */
  insert(
    shard: number,
    k1: number,
    k2: number,
    k3: number,
    aux: number,
    monthTag: number,
    quality: number,
    oldestTag: number,
  ): void {
    if ((this.used + 1) * 100 > (this.mask + 1) * LOAD_PERCENT_MAX) this.grow(oldestTag);
    this.put(k1, k2, k3, aux, (shard << SHARD_SHIFT) | (quality << 16) | monthTag);
  }

  private put(k1: number, k2: number, k3: number, aux: number, tag: number): void {
    const { slots, mask } = this;
    let slot = (k1 ^ (k2 >>> 7)) & mask;
    for (;;) {
      const at = slot * WORDS;
      const free = slots[at + 4] === 0;
      if (free || (slots[at] === k1 && slots[at + 1] === k2 && slots[at + 2] === k3)) {
        if (free) this.used++;
        slots[at] = k1;
        slots[at + 1] = k2;
        slots[at + 2] = k3;
        slots[at + 3] = aux;
        slots[at + 4] = tag;
        return;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** Sweeps what left the window; grows only when that does not make enough room. */
  private grow(oldestTag: number): void {
    const old = this.slots;
    let living = 0;
    for (let at = 4; at < old.length; at += WORDS) if ((old[at] & 0xffff) >= oldestTag) living++;
    const growth = (living + 1) * 100 <= (this.mask + 1) * 50 ? 1 : this.mask < SMALL_SLOTS ? 4 : 2;
    const slotCount = (this.mask + 1) * growth;
    this.slots = new Uint32Array(slotCount * WORDS);
    this.mask = slotCount - 1;
    this.used = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      const tag = old[at + 4];
      if ((tag & 0xffff) >= oldestTag && tag !== 0) this.put(old[at], old[at + 1], old[at + 2], old[at + 3], tag);
    }
  }

  /** Adds the identities of each month (tag) to `counts`. */
  countMonths(counts: Uint32Array): void {
    const { slots } = this;
    for (let at = 4; at < slots.length; at += WORDS) counts[slots[at] & 0xffff]++;
  }

  /** Copies the slots of a month into `rows`, one behind the other, and returns how many words they are. */
  copyMonth(month: number, rows: Uint32Array): number {
    const { slots } = this;
    let to = 0;
    for (let at = 0; at < slots.length; at += WORDS) {
      if ((slots[at + 4] & 0xffff) !== month) continue;
      for (let word = 0; word < WORDS; word++) rows[to++] = slots[at + word];
    }
    return to;
  }

  /** Lets go of these months, and of slots beyond `slotsMax` as far as the others do not need them. */
  forget(months: ReadonlySet<number>, slotsMax: number): void {
    const old = this.slots;
    let living = 0;
    for (let at = 4; at < old.length; at += WORDS) if (old[at] !== 0 && !months.has(old[at] & 0xffff)) living++;
    let slotCount = Math.min(this.mask + 1, Math.max(INITIAL_SLOTS, slotsMax));
    while ((living + 1) * 100 > slotCount * LOAD_PERCENT_MAX) slotCount *= 2;
    this.slots = new Uint32Array(slotCount * WORDS);
    this.mask = slotCount - 1;
    this.used = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      const tag = old[at + 4];
      if (tag !== 0 && !months.has(tag & 0xffff)) this.put(old[at], old[at + 1], old[at + 2], old[at + 3], tag);
    }
  }

  /** The slots as they are, for a checkpoint. */
  dump(): Uint32Array {
    return this.slots;
  }

  /** Takes in those of dumped slots whose shard is owned: as they stand, when these are all. */
  load(dumped: Uint32Array, owns: (shard: number) => boolean): void {
    let coming = 0;
    let foreign = 0;
    for (let at = 4; at < dumped.length; at += WORDS) {
      const tag = dumped[at];
      if (tag === 0) continue;
      if (owns(tag >>> SHARD_SHIFT)) coming++;
      else foreign++;
    }
    const slotCount = dumped.length / WORDS;
    if (this.used === 0 && foreign === 0 && isSlotCount(slotCount) && coming < slotCount) {
      this.slots = dumped.slice();
      this.mask = slotCount - 1;
      this.used = coming;
      return;
    }
    this.reserve(coming);
    for (let at = 0; at < dumped.length; at += WORDS) {
      const tag = dumped[at + 4];
      if (tag === 0 || !owns(tag >>> SHARD_SHIFT)) continue;
      this.put(dumped[at], dumped[at + 1], dumped[at + 2], dumped[at + 3], tag);
    }
  }

  /**
   * Grows at once to what so many more need. Dumped slots come in the order of their places: in a table that is too small
   * for all of them the first ones would fill its front to the last slot, and each further one would walk past them all.
   */
  private reserve(coming: number): void {
    const old = this.slots;
    let slotCount = this.mask + 1;
    while ((this.used + coming) * 100 > slotCount * LOAD_PERCENT_MAX) slotCount *= 2;
    if (slotCount === this.mask + 1) return;
    this.slots = new Uint32Array(slotCount * WORDS);
    this.mask = slotCount - 1;
    this.used = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + 4] !== 0) this.put(old[at], old[at + 1], old[at + 2], old[at + 3], old[at + 4]);
    }
  }
}

function isSlotCount(count: number): boolean {
  return count >= INITIAL_SLOTS && Number.isInteger(Math.log2(count));
}
