/**
 * A filter of identities, in split blocks (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters): an
 * identity sets one bit in each of the eight words of one block, so a question reads one line of the processor's cache.
 * "Not there" is certain; "there" is wrong about once in a thousand.
 */
import { IDENTITY_WORDS } from './older-identities.ts';

const BLOCK_WORDS = 8;
const BLOCK_BITS = 256;
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
  private readonly words: Uint32Array;
  private readonly blocks: number;

  /** For so many identities; with less memory than 2 bytes for each it is wrong more often. */
  constructor(identities: number, bytesMax: number) {
    const wanted = Math.ceil((identities * BITS_PER_IDENTITY) / BLOCK_BITS);
    this.blocks = Math.max(1, Math.min(wanted, Math.floor(bytesMax / (BLOCK_WORDS * 4))));
    this.words = new Uint32Array(this.blocks * BLOCK_WORDS);
  }

  get bytes(): number {
    return this.words.byteLength;
  }

  add(k1: number, k2: number, k3: number): void {
    const at = this.blockOf(k2);
    const bits = bitsOf(k1, k3);
    for (let word = 0; word < BLOCK_WORDS; word++) this.words[at + word] |= 1 << (Math.imul(bits, SALTS[word]) >>> 27);
  }

  /** Rows of `IDENTITY_WORDS` words each. */
  addRows(rows: Uint32Array): void {
    for (let at = 0; at < rows.length; at += IDENTITY_WORDS) this.add(rows[at], rows[at + 1], rows[at + 2]);
  }

  mayHave(k1: number, k2: number, k3: number): boolean {
    const { words } = this;
    const at = this.blockOf(k2);
    const bits = bitsOf(k1, k3);
    // Half of the words at a time: where to stop among single ones is anybody's guess, the processor's too.
    return (
      (has(words[at], bits, 0) &
        has(words[at + 1], bits, 1) &
        has(words[at + 2], bits, 2) &
        has(words[at + 3], bits, 3)) ===
        1 &&
      (has(words[at + 4], bits, 4) &
        has(words[at + 5], bits, 5) &
        has(words[at + 6], bits, 6) &
        has(words[at + 7], bits, 7)) ===
        1
    );
  }

  /** Reads the place of an identity, to have it near. */
  touch(k2: number): number {
    return this.words[this.blockOf(k2)];
  }

  /** The words of a digest are spread already; the multiplication is for identities that a test makes up. */
  private blockOf(k2: number): number {
    return Math.floor(((Math.imul(k2, 0x9e3779b1) >>> 0) * this.blocks) / 0x1_0000_0000) * BLOCK_WORDS;
  }
}

/** 1 when the identity's bit of the word is set. */
function has(word: number, bits: number, no: number): number {
  return (word >>> (Math.imul(bits, SALTS[no]) >>> 27)) & 1;
}

function bitsOf(k1: number, k3: number): number {
  return Math.imul(k3, 0x85ebca6b) ^ k1;
}
