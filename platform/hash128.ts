/**
 * MurmurHash3 (Austin Appleby, public domain): the 128-bit variant for 32-bit machines (x86_128) and the 32-bit one.
 * Fast and well spread, not cryptographic: a digest that somebody may want to forge is SHA-256's work.
 */

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

// Whole words are read through a DataView, which compiles to one load; making one for each call would cost more than
// the hash. Callers hash many ranges of one buffer, so the last one is kept.
let viewed: Uint8Array = new Uint8Array(0);
let view = new DataView(viewed.buffer);

function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    viewed = bytes;
  }
  return view;
}

function mixEnd(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * Hashes `bytes[offset, offset + length)` into `out[outIndex .. outIndex + 3]`.
 * The four words in order, each written little endian, are the 16 bytes that the reference program gives.
 */
export function hash128(
  bytes: Uint8Array,
  offset: number,
  length: number,
  seed: number,
  out: Uint32Array,
  outIndex: number,
): void {
  const data = viewOf(bytes);
  let h1 = seed | 0;
  let h2 = h1;
  let h3 = h1;
  let h4 = h1;
  let k1 = 0;
  let k2 = 0;
  let k3 = 0;
  let k4 = 0;
  let at = offset;
  const blocksEnd = offset + (length & ~15);
  for (; at < blocksEnd; at += 16) {
    k1 = Math.imul(data.getInt32(at, true), C1);
    k1 = Math.imul((k1 << 15) | (k1 >>> 17), C2);
    h1 ^= k1;
    h1 = (((h1 << 19) | (h1 >>> 13)) + h2) | 0;
    h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;

    k2 = Math.imul(data.getInt32(at + 4, true), C2);
    k2 = Math.imul((k2 << 16) | (k2 >>> 16), C3);
    h2 ^= k2;
    h2 = (((h2 << 17) | (h2 >>> 15)) + h3) | 0;
    h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;

    k3 = Math.imul(data.getInt32(at + 8, true), C3);
    k3 = Math.imul((k3 << 17) | (k3 >>> 15), C4);
    h3 ^= k3;
    h3 = (((h3 << 15) | (h3 >>> 17)) + h4) | 0;
    h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;

    k4 = Math.imul(data.getInt32(at + 12, true), C4);
    k4 = Math.imul((k4 << 18) | (k4 >>> 14), C1);
    h4 ^= k4;
    h4 = (((h4 << 13) | (h4 >>> 19)) + h1) | 0;
    h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
  }

  const tail = length & 15;
  if (tail > 0) {
    k1 = tailWord(bytes, at, tail);
    k1 = Math.imul(k1, C1);
    h1 ^= Math.imul((k1 << 15) | (k1 >>> 17), C2);
    if (tail > 4) {
      k2 = Math.imul(tailWord(bytes, at + 4, tail - 4), C2);
      h2 ^= Math.imul((k2 << 16) | (k2 >>> 16), C3);
    }
    if (tail > 8) {
      k3 = Math.imul(tailWord(bytes, at + 8, tail - 8), C3);
      h3 ^= Math.imul((k3 << 17) | (k3 >>> 15), C4);
    }
    if (tail > 12) {
      k4 = Math.imul(tailWord(bytes, at + 12, tail - 12), C4);
      h4 ^= Math.imul((k4 << 18) | (k4 >>> 14), C1);
    }
  }

  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = mixEnd(h1);
  h2 = mixEnd(h2);
  h3 = mixEnd(h3);
  h4 = mixEnd(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out[outIndex] = h1;
  out[outIndex + 1] = h2 + h1;
  out[outIndex + 2] = h3 + h1;
  out[outIndex + 3] = h4 + h1;
}

/** Up to four bytes as a little-endian word, missing ones as zero. */
function tailWord(bytes: Uint8Array, at: number, count: number): number {
  let word = bytes[at];
  if (count > 1) word |= bytes[at + 1] << 8;
  if (count > 2) word |= bytes[at + 2] << 16;
  if (count > 3) word |= bytes[at + 3] << 24;
  return word;
}

/** MurmurHash3 x86_32 of `bytes[offset, offset + length)`: 0 .. 2^32 - 1. */
export function hash32(bytes: Uint8Array, offset: number, length: number, seed: number): number {
  const data = viewOf(bytes);
  let h = seed | 0;
  let k = 0;
  let at = offset;
  const wordsEnd = offset + (length & ~3);
  for (; at < wordsEnd; at += 4) {
    k = Math.imul(data.getInt32(at, true), 0xcc9e2d51);
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  if ((length & 3) > 0) {
    k = Math.imul(tailWord(bytes, at, length & 3), 0xcc9e2d51);
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  }
  return mixEnd(h ^ length) >>> 0;
}
