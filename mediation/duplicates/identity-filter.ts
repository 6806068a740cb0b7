/**
 * A filter of identities, in split blocks (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters): an
 * identity sets one bit in each of the eight words of one block, so a question reads one line of the processor's cache.
 * "Not there" is certain; "there" is wrong about once in a thousand.
 */
const BLOCK_WORDS = 8;
const BLOCK_BITS = 256;
/** 2 bytes for each identity. */
const BITS_PER_IDENTITY = 16;
/** Odd, of random bits: one per word of a block. */
const SALTS = Uint32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31,
);

export class IdentityFilter {
  readonly words: Uint32Array;
  private readonly blocks: number;

  /** Words of a filter for so many identities. */
  static wordsFor(count: number): number {
    return Math.max(1, Math.ceil((count * BITS_PER_IDENTITY) / BLOCK_BITS)) * BLOCK_WORDS;
  }

  constructor(words: Uint32Array) {
    this.words = words;
    this.blocks = words.length / BLOCK_WORDS;
  }

  add(k1: number, k2: number, k3: number): void {
    const at = this.blockOf(k2);
    const bits = bitsOf(k1, k3);
    for (let word = 0; word < BLOCK_WORDS; word++) this.words[at + word] |= 1 << (Math.imul(bits, SALTS[word]) >>> 27);
  }

  mayHave(k1: number, k2: number, k3: number): boolean {
    const { words } = this;
    const at = this.blockOf(k2);
    const bits = bitsOf(k1, k3);
    for (let word = 0; word < BLOCK_WORDS; word++) {
      if ((words[at + word] & (1 << (Math.imul(bits, SALTS[word]) >>> 27))) === 0) return false;
    }
    return true;
  }

  /** The words of a digest are spread already; the multiplication is for identities that a test makes up. */
  private blockOf(k2: number): number {
    return Math.floor(((Math.imul(k2, 0x9e3779b1) >>> 0) * this.blocks) / 0x1_0000_0000) * BLOCK_WORDS;
  }
}

function bitsOf(k1: number, k3: number): number {
  return Math.imul(k3, 0x85ebca6b) ^ k1;
}
