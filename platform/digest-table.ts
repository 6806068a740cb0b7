/**
 * Many keys with a few numbers each, in typed arrays: about 50 bytes a key where objects take 300. A key is known by
 * 128 bits of its SHA-256. Rows keep their order and are never removed; a key that is put again gets another row's place.
 *
 *   slots  [ row + 1 | 0 ... ]      open addressing, linear probing, at most half full
 *   words  [ 4 × u32 of the digest ] per row
 *   values [ width × f64 ]           per row
 */
import { hash } from 'node:crypto';

const WORDS = 4;

export class DigestTable {
  readonly width: number;
  #count = 0;
  #slots = new Int32Array(64);
  #words = new Uint32Array(32 * WORDS);
  #values: Float64Array;

  /** `width`: numbers per key. */
  constructor(width: number) {
    this.width = width;
    this.#values = new Float64Array(32 * width);
  }

  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#slots.byteLength + this.#words.byteLength + this.#values.byteLength;
  }

  set(key: string, ...values: number[]): void {
    const words = digestOf(key);
    let row = this.#rowOf(words);
    if (row < 0) {
      row = this.#count++;
      this.#makeRoom();
      this.#words.set(words, row * WORDS);
      this.#place(row);
    }
    this.#values.set(values, row * this.width);
  }

  /** Undefined when the key was never put. */
  get(key: string): readonly number[] | undefined {
    const row = this.#rowOf(digestOf(key));
    return row < 0 ? undefined : [...this.#values.subarray(row * this.width, (row + 1) * this.width)];
  }

  /** The rows as bytes of this machine's order; `load` of another table takes them. */
  dump(): Uint8Array[] {
    const words = this.#words.subarray(0, this.#count * WORDS);
    const values = this.#values.subarray(0, this.#count * this.width);
    return [words, values].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  }

  load(bytes: Uint8Array): void {
    const count = bytes.length / (WORDS * 4 + this.width * 8);
    // Copies: the bytes may stand anywhere, and typed arrays want their own boundaries.
    const copy = Uint8Array.from(bytes);
    this.#words = new Uint32Array(copy.slice(0, count * WORDS * 4).buffer);
    this.#values = new Float64Array(copy.slice(count * WORDS * 4).buffer);
    this.#count = count;
    this.#rehash();
  }

  #rowOf(words: Uint32Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = words[0] & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot] - 1;
      if (row < 0) return -1;
      const at = row * WORDS;
      const rows = this.#words;
      if (
        rows[at] === words[0] &&
        rows[at + 1] === words[1] &&
        rows[at + 2] === words[2] &&
        rows[at + 3] === words[3]
      ) {
        return row;
      }
    }
  }

  #makeRoom(): void {
    if (this.#count * WORDS > this.#words.length) {
      const capacity = Math.ceil(this.#count * 1.5) + 32;
      this.#words = grown(this.#words, new Uint32Array(capacity * WORDS));
      this.#values = grown(this.#values, new Float64Array(capacity * this.width));
    }
    if (this.#count * 2 > this.#slots.length) this.#rehash();
  }

  #rehash(): void {
    let length = 64;
    while (length < this.#count * 2 + 2) length *= 2;
    this.#slots = new Int32Array(length);
    for (let row = 0; row < this.#count; row++) this.#place(row);
  }

  #place(row: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#words[row * WORDS] & mask;
    while (this.#slots[slot] !== 0) {
      if (this.#slots[slot] === row + 1) return;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = row + 1;
  }
}

function digestOf(key: string): Uint32Array {
  const bytes = hash('sha256', key, 'buffer');
  return Uint32Array.of(bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8), bytes.readUInt32LE(12));
}

function grown<T extends Uint32Array | Float64Array>(old: T, made: T): T {
  made.set(old);
  return made;
}
