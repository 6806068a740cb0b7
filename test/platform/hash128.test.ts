import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash128, hash32 } from '../../platform/hash128.ts';

const text = (value: string) => new TextEncoder().encode(value);

function words(bytes: Uint8Array, seed = 0): Uint32Array {
  const out = new Uint32Array(4);
  hash128(bytes, 0, bytes.length, seed, out, 0);
  return out;
}

const hex = (value: Uint32Array) => [...value].map((word) => word.toString(16).padStart(8, '0')).join('');

/** The check that SMHasher runs: keys of 0 to 255 bytes with seeds 256 to 1, then the hash of all hashes. */
function smhasherValue(hash: (bytes: Uint8Array, seed: number) => Uint32Array): string {
  const all = Array.from({ length: 256 }, (_, i) => {
    const key = Uint8Array.from({ length: i }, (_, n) => n);
    return Buffer.from(hash(key, 256 - i).buffer);
  });
  return hash(Buffer.concat(all), 0)[0].toString(16);
}

describe('hash128', () => {
  it('has the verification value that SMHasher publishes for x86_128', () => {
    expect(smhasherValue(words)).toBe('b3ece62a');
  });

  it('gives known digests', () => {
    expect(hex(words(text('I will not buy this record, it is scratched.')))).toBe('a0a9683b25ac5e40d9af2895890dddf5');
    expect(hex(words(text('The quick brown fox jumps over the lazy dog')))).toBe('2f1583c3ecee2c675d7bf66ce5e91d2c');
    expect(hex(words(text('')))).toBe('0'.repeat(32));
  });

  it('depends on the range only, not on where it stands or what is around it', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.nat(40),
        fc.nat(),
        fc.nat(255),
        (bytes, before, seed, around) => {
          const place = new Uint8Array(new SharedArrayBuffer(before + bytes.length + 20)).fill(around);
          place.set(bytes, before);
          const out = new Uint32Array(6).fill(9);
          hash128(place, before, bytes.length, seed, out, 1);
          expect([...out]).toEqual([9, ...words(bytes, seed), 9]);
          expect(hash32(place, before, bytes.length, seed)).toBe(hash32(bytes, 0, bytes.length, seed));
        },
      ),
    );
  });
});

describe('hash32', () => {
  it('has the verification value that SMHasher publishes for x86_32', () => {
    expect(smhasherValue((bytes, seed) => Uint32Array.of(hash32(bytes, 0, bytes.length, seed)))).toBe('b0f57ee3');
  });

  it('gives known digests', () => {
    expect(hash32(text(''), 0, 0, 1)).toBe(0x514e28b7);
    expect(hash32(text('test'), 0, 4, 0x9747b28c)).toBe(0x704b81dc);
    expect(hash32(text('The quick brown fox jumps over the lazy dog'), 0, 43, 0x9747b28c)).toBe(0x2fa826cd);
  });
});
