/**
 * Longest prefix match over decimal digits, in one flat Int32Array.
 *
 * A node is 11 slots: ten for the next digit, and one for "the digits end here". A positive slot is the offset of the
 * next node; anything else is the answer: -(value + 1), or 0 for none. Answers are handed down while building, so the
 * walk stops at the first slot that leads nowhere further, and prefixes without longer ones need no node at all.
 */
import { PrefixDraft } from '../language/index.ts';

const END = 10;
const STRIDE = 11;

export type PrefixTrie = Int32Array;

/** Builds the trie; `values[i]` (≥ 0) belongs to `prefixes[i]`, which are digits, each once; '' matches everything. */
export function buildPrefixTrie(prefixes: readonly string[], values: readonly number[]): PrefixTrie {
  return layOutTrie(PrefixDraft.of(prefixes, values));
}

/** Finds nothing. */
export const NO_PREFIXES: PrefixTrie = buildPrefixTrie([], []);

/** The same of prefixes that were read already. */
export function layOutTrie({ children, own, leads, nodes }: PrefixDraft): PrefixTrie {
  // Nodes that lead nowhere further have no place of their own; the root always has one.
  let count = 1 - leads[0];
  for (let node = 0; node < nodes; node++) count += leads[node];
  // Breadth first: the top of the trie, which every look-up passes, lies together.
  const queue = new Int32Array(count);
  const inherited = new Int32Array(count);
  const trie = new Int32Array(count * STRIDE);
  let queued = 1;
  for (let next = 0; next < queued; next++) {
    const node = queue[next];
    const offset = next * STRIDE;
    const best = own[node] !== 0 ? own[node] : inherited[next];
    trie[offset + END] = -best;
    for (let digit = 0; digit < 10; digit++) {
      const child = children[node * 10 + digit];
      if (child === 0) trie[offset + digit] = -best;
      else if (leads[child] === 0) trie[offset + digit] = -(own[child] !== 0 ? own[child] : best);
      else {
        trie[offset + digit] = queued * STRIDE;
        inherited[queued] = best;
        queue[queued++] = child;
      }
    }
  }
  return trie;
}

/** Value of the longest prefix of text[offset, offset + length); -1 when none matches. Stops at the first non-digit. */
export function findPrefix(trie: PrefixTrie, text: Uint8Array, offset: number, length: number): number {
  const end = offset + length;
  let node = 0;
  for (let place = offset; place < end; place++) {
    const digit = text[place] - 48;
    if (digit < 0 || digit > 9) break;
    const next = trie[node + digit];
    if (next <= 0) return -next - 1;
    node = next;
  }
  return -trie[node + END] - 1;
}

/** The shortest prefix behind which the digits lead to the zone that they all lead to: one that is listed. */
export function listedPrefix(trie: PrefixTrie, digits: string): string {
  const text = new TextEncoder().encode(digits);
  const zone = findPrefix(trie, text, 0, text.length);
  let length = text.length;
  while (length > 0 && findPrefix(trie, text, 0, length - 1) === zone) length--;
  return digits.slice(0, length);
}
