/**
 * Longest prefix match over decimal digits, in one flat Int32Array.
 *
 * A node is 11 slots: ten for the next digit, and one for "the digits end here". A positive slot is the offset of the
 * next node; anything else is the answer: -(value + 1), or 0 for none. Answers are handed down while building, so the
 * walk stops at the first slot that leads nowhere further, and prefixes without longer ones need no node at all.
 */
const END = 10;
const STRIDE = 11;

export type PrefixTrie = Int32Array;

/** Builds the trie; `values[i]` (≥ 0) belongs to `prefixes[i]`, which are digits, each once; '' matches everything. */
export function buildPrefixTrie(prefixes: readonly string[], values: readonly number[]): PrefixTrie {
  const { children, own, count } = draft(prefixes, values);
  // Breadth first: the top of the trie, which every look-up passes, lies together.
  const queue = new Int32Array(count);
  const offsets = new Int32Array(count);
  const inherited = new Int32Array(count);
  const trie = new Int32Array(count * STRIDE);
  let queued = 1;
  for (let next = 0; next < queued; next++) {
    const node = queue[next];
    const offset = next * STRIDE;
    const best = own[node] !== 0 ? own[node] : inherited[node];
    trie[offset + END] = -best;
    for (let digit = 0; digit < 10; digit++) {
      const child = children[node * 10 + digit];
      if (child === 0) trie[offset + digit] = -best;
      else if (isLeaf(children, child)) trie[offset + digit] = -(own[child] !== 0 ? own[child] : best);
      else {
        offsets[child] = queued * STRIDE;
        inherited[child] = best;
        queue[queued++] = child;
        trie[offset + digit] = offsets[child]!;
      }
    }
  }
  return trie.slice(0, queued * STRIDE);
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

/** The plain trie: ten children per node, and what ends there (+1). */
function draft(prefixes: readonly string[], values: readonly number[]) {
  let capacity = 1024;
  let children = new Int32Array(capacity * 10);
  let own = new Int32Array(capacity);
  let count = 1;
  for (let index = 0; index < prefixes.length; index++) {
    const prefix = prefixes[index];
    let node = 0;
    for (let place = 0; place < prefix.length; place++) {
      const slot = node * 10 + prefix.charCodeAt(place) - 48;
      node = children[slot]!;
      if (node !== 0) continue;
      if (count === capacity) {
        capacity *= 2;
        children = enlarged(children, capacity * 10);
        own = enlarged(own, capacity);
      }
      node = count++;
      children[slot] = node;
    }
    own[node] = values[index] + 1;
  }
  return { children, own, count };
}

function enlarged(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

function isLeaf(children: Int32Array, node: number): boolean {
  for (let digit = 0; digit < 10; digit++) if (children[node * 10 + digit] !== 0) return false;
  return true;
}
