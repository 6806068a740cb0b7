/**
 * A filter of identities, in split blocks (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters): an
 * identity sets one bit in each of the eight words of one block, so a question reads one line of the processor's cache.
 * "Not there" is certain; "there" is wrong about once in a thousand when the filter is full.
 */
import { IDENTITY_WORDS, spread, TABLE_COUNT } from './older-identities.ts';

const BLOCK_WORDS = 8;
const BLOCK_BITS = 256;
const BITS_PER_IDENTITY = 16;
export class IdentityFilter {
  private readonly words: Uint32Array;
  /** Of each table: identities that stand together elsewhere are near each other here too. */
  private readonly blocks: number;

  /** For so many identities; with less memory than 2 bytes for each it is wrong more often. */
  constructor(identities: number, bytesMax: number) {
    const wanted = Math.ceil((identities * BITS_PER_IDENTITY) / BLOCK_BITS / TABLE_COUNT);
    this.blocks = Math.max(1, Math.min(wanted, Math.floor(bytesMax / (TABLE_COUNT * BLOCK_WORDS * 4))));
    this.words = new Uint32Array(TABLE_COUNT * this.blocks * BLOCK_WORDS);
  }

  get bytes(): number {
    return this.words.byteLength;
  }

  add(table: number, k1: number, k2: number, k3: number): void {
    const { words } = this;
    const at = this.blockOf(table, k1);
    const bits = bitsOf(k2, k3);
    words[at] |= bit0(bits);
    words[at + 1] |= bit1(bits);
    words[at + 2] |= bit2(bits);
    words[at + 3] |= bit3(bits);
    words[at + 4] |= bit4(bits);
    words[at + 5] |= bit5(bits);
    words[at + 6] |= bit6(bits);
    words[at + 7] |= bit7(bits);
  }

  /** Rows of `IDENTITY_WORDS` words each. */
  addRows(table: number, rows: Uint32Array): void {
    for (let at = 0; at < rows.length; at += IDENTITY_WORDS) this.add(table, rows[at], rows[at + 1], rows[at + 2]);
  }

  mayHave(table: number, k1: number, k2: number, k3: number): boolean {
    const { words } = this;
    const at = this.blockOf(table, k1);
    const bits = bitsOf(k2, k3);
    // Half of the words at a time: where to stop among single ones is anybody's guess, the processor's too.
    const missing =
      (~words[at] & bit0(bits)) |
      (~words[at + 1] & bit1(bits)) |
      (~words[at + 2] & bit2(bits)) |
      (~words[at + 3] & bit3(bits));
    if (missing !== 0) return false;
    return (
      ((~words[at + 4] & bit4(bits)) |
        (~words[at + 5] & bit5(bits)) |
        (~words[at + 6] & bit6(bits)) |
        (~words[at + 7] & bit7(bits))) ===
      0
    );
  }

  /** Reads the place of an identity, to have it near. */
  touch(table: number, k1: number): number {
    return this.words[this.blockOf(table, k1)];
  }

  private blockOf(table: number, k1: number): number {
    return (table * this.blocks + Math.floor((spread(k1) * this.blocks) / 0x1_0000_0000)) * BLOCK_WORDS;
  }
}

// The bit of each word of a block: odd multipliers of random bits. Written out, because a loop over them costs as much again.
const bit0 = (bits: number): number => 1 << (Math.imul(bits, 0x47b6137b) >>> 27);
const bit1 = (bits: number): number => 1 << (Math.imul(bits, 0x44974d91) >>> 27);
const bit2 = (bits: number): number => 1 << (Math.imul(bits, 0x8824ad5b) >>> 27);
const bit3 = (bits: number): number => 1 << (Math.imul(bits, 0xa2b7289d) >>> 27);
const bit4 = (bits: number): number => 1 << (Math.imul(bits, 0x705495c7) >>> 27);
const bit5 = (bits: number): number => 1 << (Math.imul(bits, 0x2df1424b) >>> 27);
const bit6 = (bits: number): number => 1 << (Math.imul(bits, 0x9efc4947) >>> 27);
const bit7 = (bits: number): number => 1 << (Math.imul(bits, 0x5c6bfb31) >>> 27);

function bitsOf(k2: number, k3: number): number {
  return Math.imul(k3, 0x85ebca6b) ^ k2;
}
