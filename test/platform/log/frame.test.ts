import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from 'node:zlib';
import {
  CHAIN_START,
  encodeFrame,
  frameIsSound,
  HEADER_BYTES,
  headIsSound,
  newerFrameLength,
  parseHeader,
} from '../../../platform/log/frame.ts';

const no = fc.oneof(fc.nat(), fc.maxSafeNat());
const fields = fc.record({
  type: fc.nat(65535),
  entryNo: no,
  acceptedAtMs: no,
  registryNo: no,
  semanticsNo: fc.nat(2 ** 32 - 1),
});
const bytes = fc.uint8Array({ maxLength: 300 });

describe('a frame', () => {
  it('gives back what was put in, also numbers over 32 bits', () => {
    fc.assert(
      fc.property(fields, bytes, bytes, (given, head, body) => {
        const { prefix } = encodeFrame(given, head, body, CHAIN_START);
        expect(parseHeader(prefix)).toEqual({
          ...given,
          version: 1,
          totalLength: HEADER_BYTES + head.length + body.length,
          headLength: head.length,
          bodyLength: body.length,
        });
        expect(prefix.subarray(HEADER_BYTES).equals(head)).toBe(true);
        expect(headIsSound(prefix) && frameIsSound(prefix, body)).toBe(true);
      }),
    );
  });

  it('is found unsound when any single bit of it changes', () => {
    fc.assert(
      fc.property(fields, bytes, bytes, fc.nat(), (given, head, body, where) => {
        const frame = Buffer.concat([encodeFrame(given, head, body, CHAIN_START).prefix, body]);
        // Magic and length stand before the checksum; a change there is seen by parseHeader.
        const bit = where % (frame.length * 8);
        frame[bit >> 3] ^= 1 << (bit & 7);
        expect(parseHeader(frame) !== null && frameIsSound(frame, new Uint8Array(0))).toBe(false);
      }),
    );
  });

  it('has every field where the format page says', () => {
    const head = Buffer.from('{"a":1}');
    const body = Buffer.from('body');
    const previous = Buffer.alloc(16, 0xaa);
    const given = { type: 3, entryNo: 2 ** 33 + 5, acceptedAtMs: 1_790_000_000_123, registryNo: 9, semanticsNo: 4 };
    const { prefix, chain } = encodeFrame(given, head, body, previous);
    const frame = Buffer.concat([prefix, body]);
    expect(frame.toString('latin1', 0, 4)).toBe('TGL1');
    expect(frame.readUInt32LE(4)).toBe(frame.length);
    expect(frame.readUInt32LE(8)).toBe(crc32(frame.subarray(12)));
    expect(frame.readUInt32LE(12)).toBe(crc32(frame.subarray(16, 72 + head.length)));
    expect([frame.readUInt16LE(16), frame.readUInt16LE(18), frame.readUInt32LE(20)]).toEqual([3, 1, 4]);
    expect(frame.readBigUInt64LE(24)).toBe(2n ** 33n + 5n);
    expect(frame.readBigUInt64LE(32)).toBe(1_790_000_000_123n);
    expect(frame.readBigUInt64LE(40)).toBe(9n);
    expect([frame.readUInt32LE(48), frame.readUInt32LE(52)]).toEqual([7, 4]);
    const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const expected = sha256(previous, frame.subarray(16, 56), head, sha256(body)).subarray(0, 16);
    expect(frame.subarray(56, 72).equals(expected)).toBe(true);
    expect(Buffer.from(chain).equals(expected)).toBe(true);
  });

  it('of a later version is told from a damaged one', () => {
    const { prefix } = encodeFrame(
      { type: 1, entryNo: 1, acceptedAtMs: 0, registryNo: 0, semanticsNo: 0 },
      bytesOf('{}'),
      bytesOf(''),
      CHAIN_START,
    );
    expect(newerFrameLength(prefix)).toBe(null);
    prefix.writeUInt16LE(2, 18);
    expect(parseHeader(prefix)).toBe(null);
    expect(newerFrameLength(prefix)).toBe(prefix.length);
  });
});

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
