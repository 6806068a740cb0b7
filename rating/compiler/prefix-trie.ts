/**
 * Longest prefix match over decimal digits, in flat arrays.
 *
 * A node is 11 slots: ten for the next digit, and one for "the digits end here". A positive slot is the offset of the
 * next node; anything else is the answer: -(value + 1), or 0 for none. Answers are handed down while building, so the
 * walk stops at the first slot that leads nowhere further, and prefixes without longer ones need no node at all.
 *
 * Each step waits for memory. So a large trie has a table of where the first digits lead, one step in place of several,
 * and many texts are looked up at once.
 */
import { DIGIT_OF_TRIPLE, PrefixList } from '../language/index.ts';

const END = 10;
const STRIDE = 11;
/** The table has at most so many slots for a node, which has eleven. */
const TABLE_SLOTS_PER_NODE = 3;
const TABLE_DIGITS_MAX = 6;

export interface PrefixTrie {
  readonly nodes: Int32Array;
  /** By the number that the first `tableDigits` digits make: the slot they lead to. */
  readonly table: Int32Array;
  /** 0 = no table. */
  readonly tableDigits: number;
}

/** Builds the trie; `values[i]` (≥ 0) belongs to `prefixes[i]`, which are digits, each once; '' matches everything. */
export function buildPrefixTrie(prefixes: readonly string[], values: readonly number[]): PrefixTrie {
  return layOutTrie(PrefixList.of(prefixes, values));
}

/** Finds nothing. */
export const NO_PREFIXES: PrefixTrie = buildPrefixTrie([], []);

/** The same of prefixes that stand in order already. All of it is shared memory. */
export function layOutTrie(prefixes: PrefixList): PrefixTrie {
  const { triples, lengths, values, size } = prefixes;
  const count = countNodes(prefixes);
  const trie = sharedInts(count * STRIDE);
  // Breadth first: the top of the trie, which every look-up passes, lies together. A node stands for prefixes [from, to).
  const [from, to, inherited] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  to[0] = size;
  let queued = 1;
  let levelEnd = 0;
  for (let next = 0, depth = -1; next < queued; next++) {
    if (next === levelEnd) {
      depth++;
      levelEnd = queued;
    }
    const digits = DIGIT_OF_TRIPLE[depth % 3];
    const triple = triples[Math.floor(depth / 3)];
    const [offset, end] = [next * STRIDE, to[next]];
    let at = from[next];
    const best = at < end && lengths[at] === depth ? values[at++] + 1 : inherited[next];
    trie[offset + END] = -best;
    for (let digit = 0; digit < 10; digit++) {
      const begin = at;
      while (at < end && digits[triple[at]] === digit + 1) at++;
      if (at === begin) trie[offset + digit] = -best;
      else if (at === begin + 1 && lengths[begin] === depth + 1) trie[offset + digit] = -values[begin] - 1;
      else {
        trie[offset + digit] = queued * STRIDE;
        inherited[queued] = best;
        from[queued] = begin;
        to[queued++] = at;
      }
    }
  }
  return withTable(trie);
}

/** Beginnings that others go on from, each once; the root is one. */
function countNodes(prefixes: PrefixList): number {
  const { lengths, size } = prefixes;
  let count = 1;
  for (let at = 0; at < size; at++) {
    const shared = at === 0 ? 0 : prefixes.shared(at);
    // A beginning that is the prefix before was no beginning of others until now.
    const known = at > 0 && shared === lengths[at - 1] ? shared - 1 : shared;
    count += Math.max(0, lengths[at] - 1 - Math.max(0, known));
  }
  return count;
}

function sharedInts(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

/** Value of the longest prefix of text[offset, offset + length); -1 when none matches. Stops at the first non-digit. */
export function findPrefix({ nodes }: PrefixTrie, text: Uint8Array, offset: number, length: number): number {
  const end = offset + length;
  let node = 0;
  for (let place = offset; place < end; place++) {
    const digit = text[place] - 48;
    if (digit < 0 || digit > 9) break;
    const next = nodes[node + digit];
    if (next <= 0) return -next - 1;
    node = next;
  }
  return -nodes[node + END] - 1;
}

/** Texts that are looked up at once: the n-th one is text[at[n], end[n]). What is found stands in `found`, -1 for none. */
export class PrefixBatch {
  readonly at: Int32Array;
  readonly end: Int32Array;
  readonly found: Int32Array;
  private readonly open: Int32Array;

  constructor(size: number) {
    this.at = new Int32Array(size);
    this.end = new Int32Array(size);
    this.found = new Int32Array(size);
    this.open = new Int32Array(size);
  }

  /**
   * Looks up the first `count` texts digit by digit, all of them before the next digit, and without a jump that depends
   * on what is found: so the processor asks for the nodes of many texts at once, where one text would wait for each.
   */
  find(trie: PrefixTrie, text: Uint8Array, count: number): void {
    const { at, end, found, open } = this;
    let left = this.begin(trie, text, count);
    while (left > 0) {
      let next = 0;
      for (let index = 0; index < left; index++) {
        const one = open[index];
        const place = at[one];
        at[one] = place + 1;
        const digit = place < end[one] ? text[place] - 48 : END;
        const slot = trie.nodes[found[one] + (digit >= 0 && digit < END ? digit : END)];
        found[one] = slot;
        open[next] = one;
        // 1 when the slot leads on.
        next += -slot >>> 31;
      }
      left = next;
    }
    for (let one = 0; one < count; one++) found[one] = -found[one] - 1;
  }

  /** The first digits, by the table where there is one; how many texts are open then. */
  private begin({ table, tableDigits }: PrefixTrie, text: Uint8Array, count: number): number {
    const { at, end, found, open } = this;
    let left = 0;
    for (let one = 0; one < count; one++) {
      const from = at[one];
      let index = 0;
      let digits = end[one] - from < tableDigits ? 0 : tableDigits;
      for (let place = 0; place < digits; place++) {
        const digit = text[from + place] - 48;
        index = index * 10 + digit;
        if (digit < 0 || digit > 9) digits = 0;
      }
      const slot = digits > 0 ? table[index] : 0;
      at[one] = from + digits;
      found[one] = slot;
      open[left] = one;
      left += digits > 0 ? -slot >>> 31 : 1;
    }
    return left;
  }
}

function withTable(nodes: Int32Array): PrefixTrie {
  const slots = (nodes.length / STRIDE) * TABLE_SLOTS_PER_NODE;
  const tableDigits = slots < 1000 ? 0 : Math.min(TABLE_DIGITS_MAX, Math.floor(Math.log10(slots)));
  let table = sharedInts(1);
  for (let digits = 0; digits < tableDigits; digits++) {
    const before = table;
    table = sharedInts(before.length * 10);
    for (let index = 0; index < table.length; index++) {
      const slot = before[Math.floor(index / 10)];
      table[index] = slot < 0 || (slot === 0 && digits > 0) ? slot : nodes[slot + (index % 10)];
    }
  }
  return { nodes, table, tableDigits };
}

/** The shortest prefix behind which the digits lead to the zone that they all lead to: one that is listed. */
export function listedPrefix(trie: PrefixTrie, digits: string): string {
  const text = new TextEncoder().encode(digits);
  const zone = findPrefix(trie, text, 0, text.length);
  let length = text.length;
  while (length > 0 && findPrefix(trie, text, 0, length - 1) === zone) length--;
  return digits.slice(0, length);
}
