/**
 * Prefixes as they are read, each with a number: ten children per node, and what ends there. A million of them stand in
 * a few flat arrays, where texts and a table to find them again would take many times as long.
 */
export class PrefixDraft {
  /** By node × 10 + digit: the node that follows; 0 = none. Node 0 is the root. */
  children: Int32Array<ArrayBuffer> = new Int32Array(FIRST_NODES * 10);
  /** By node: the number of the prefix that ends there, plus 1; 0 = none. */
  own: Int32Array<ArrayBuffer> = new Int32Array(FIRST_NODES);
  /** By node: 1 when others follow. Small, so that it stays in the processor's cache. */
  leads: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_NODES);
  nodes = 1;
  /** Prefixes in it. */
  size = 0;

  static of(prefixes: readonly string[], values: readonly number[]): PrefixDraft {
    const draft = new PrefixDraft();
    prefixes.forEach((prefix, index) => draft.add(prefix, 0, prefix.length, values[index]));
    return draft;
  }

  /** Adds the digits text[from, to). Returns -1, or the number that they have already: then nothing changes. */
  add(text: string, from: number, to: number, value: number): number {
    let node = 0;
    for (let place = from; place < to; place++) {
      const slot = node * 10 + text.charCodeAt(place) - 48;
      const next = this.children[slot];
      if (next !== 0) {
        node = next;
        continue;
      }
      if (this.nodes === this.own.length) this.grow();
      this.leads[node] = 1;
      node = this.nodes++;
      this.children[slot] = node;
    }
    if (this.own[node] !== 0) return this.own[node] - 1;
    this.own[node] = value + 1;
    this.size++;
    return -1;
  }

  /** Each prefix with its number, in the order of digits. */
  forEach(visit: (prefix: string, value: number) => void, node = 0, digits = ''): void {
    if (this.own[node] !== 0) visit(digits, this.own[node] - 1);
    for (let digit = 0; digit < 10; digit++) {
      const child = this.children[node * 10 + digit];
      if (child !== 0) this.forEach(visit, child, digits + String(digit));
    }
  }

  /** The number of a prefix; -1 when it is not in it. */
  valueOf(prefix: string): number {
    let node = 0;
    for (let place = 0; place < prefix.length; place++) {
      node = this.children[node * 10 + prefix.charCodeAt(place) - 48];
      if (node === 0) return -1;
    }
    return this.own[node] - 1;
  }

  private grow(): void {
    const length = this.own.length * 2;
    this.children = enlarged(this.children, length * 10);
    this.own = enlarged(this.own, length);
    const leads = new Uint8Array(length);
    leads.set(this.leads);
    this.leads = leads;
  }
}

const FIRST_NODES = 64;

function enlarged(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
