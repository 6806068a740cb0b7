import { describe, expect, it } from 'vitest';
import { BlockBuffers, releaseBuffer } from '../../ledger/index.ts';

describe('a buffer for blocks', () => {
  it('belongs to its block until it is given back, and serves another one then', () => {
    const buffers = new BlockBuffers();
    const first = buffers.take(100_000);
    const second = buffers.take(100_000);
    expect(second.buffer).not.toBe(first.buffer);
    releaseBuffer(first.subarray(0, 10));
    expect(buffers.take(90_000).buffer).toBe(first.buffer);
    expect(buffers.take(90_000).buffer).not.toBe(second.buffer);
  });

  it('is the smallest free one that is large enough, and replaced when none is', () => {
    const buffers = new BlockBuffers();
    const taken = [1_000_000, 200_000, 400_000].map((length) => buffers.take(length));
    taken.forEach(releaseBuffer);
    expect(buffers.take(300_000).buffer).toBe(taken[2].buffer);
    const larger = buffers.take(2_000_000);
    expect(larger.length).toBeGreaterThanOrEqual(2_000_000);
    releaseBuffer(larger);
    expect(buffers.take(2_000_000).buffer).toBe(larger.buffer);
  });

  it('can be given back by another thread that knows only its shared memory', () => {
    const buffers = new BlockBuffers();
    const chunk = buffers.take(70_000);
    const elsewhere = new Uint8Array(chunk.buffer, chunk.byteOffset, 5);
    releaseBuffer(elsewhere);
    expect(buffers.take(70_000).buffer).toBe(chunk.buffer);
  });

  it('is no concern of memory that comes from elsewhere', () => {
    const own = new Uint8Array([1, 0, 0, 0, 9, 9, 9, 9, 9]);
    releaseBuffer(own);
    releaseBuffer(new Uint8Array(new SharedArrayBuffer(16)));
    expect([...own]).toEqual([1, 0, 0, 0, 9, 9, 9, 9, 9]);
  });
});
