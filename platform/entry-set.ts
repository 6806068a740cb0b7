/** A set of entry numbers, one bit each: ten million take 1.25 MB. */

/** Numbers per bucket: what others can hold as one 256-bit integer. */
export const BUCKET_ENTRIES = 256;
const BUCKET_BYTES = BUCKET_ENTRIES / 8;

export class EntrySet {
  #bits = new Uint8Array(BUCKET_BYTES * 32);
  #buckets = 0;

  add(entryNo: number): void {
    const byte = entryNo >>> 3;
    if (byte >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(this.#bits.length * 2, byte + 1 + BUCKET_BYTES));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[byte] |= 1 << (entryNo & 7);
    this.#buckets = Math.max(this.#buckets, Math.floor(entryNo / BUCKET_ENTRIES) + 1);
  }

  has(entryNo: number): boolean {
    return ((this.#bits[entryNo >>> 3] ?? 0) & (1 << (entryNo & 7))) !== 0;
  }

  /** Its bytes, for `load` of another set. */
  dump(): Uint8Array[] {
    return [this.#bits.subarray(0, this.#buckets * BUCKET_BYTES)];
  }

  load(bytes: Uint8Array): void {
    this.#buckets = bytes.length / BUCKET_BYTES;
    this.#bits = new Uint8Array(Math.max(bytes.length, BUCKET_BYTES * 32));
    this.#bits.set(bytes);
  }

  /** Buckets that hold anything, up to and without that number. */
  get buckets(): number {
    return this.#buckets;
  }

  /** Bit n is set when entry `bucket * 256 + n` is in the set and at most `upTo`. */
  bucket(bucket: number, upTo = Number.MAX_SAFE_INTEGER): bigint {
    const from = bucket * BUCKET_BYTES;
    let bits = 0n;
    for (let byte = Math.min(from + BUCKET_BYTES, this.#bits.length) - 1; byte >= from; byte--) {
      bits = (bits << 8n) | BigInt(this.#bits[byte]);
    }
    const last = upTo - bucket * BUCKET_ENTRIES;
    if (last < 0) return 0n;
    return last >= BUCKET_ENTRIES - 1 ? bits : bits & ((1n << BigInt(last + 1)) - 1n);
  }
}
