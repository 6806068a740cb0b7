/**
 * Memory that blocks are encoded into. It is shared, so that a block goes from the thread that made it to the one that
 * sends it without a copy, and it is used again once the ledger holds the block: fresh memory for each block would cost
 * more than encoding it.
 *
 * A buffer begins with a mark: 1 while its block is needed. Any thread may set it back.
 */
const MARK_BYTES = 8;
const SMALLEST_BYTES = 64 * 1024;

export class BlockBuffers {
  private buffers: SharedArrayBuffer[] = [];

  /** Room for at least that many bytes; it belongs to the caller until `releaseBuffer`. */
  take(lengthBytes: number): Uint8Array {
    let best = -1;
    let tooSmall = -1;
    for (let i = 0; i < this.buffers.length; i++) {
      const { byteLength } = this.buffers[i];
      if (Atomics.load(markOf(this.buffers[i]), 0) !== 0) continue;
      if (byteLength - MARK_BYTES < lengthBytes) tooSmall = i;
      else if (best < 0 || byteLength < this.buffers[best].byteLength) best = i;
    }
    if (best < 0) {
      const made = new SharedArrayBuffer(MARK_BYTES + Math.max(SMALLEST_BYTES, Math.ceil(lengthBytes * 1.125)));
      // Slices grow and shrink little: a free buffer that is too small now will not be asked for again.
      if (tooSmall >= 0) this.buffers[(best = tooSmall)] = made;
      else best = this.buffers.push(made) - 1;
    }
    Atomics.store(markOf(this.buffers[best]), 0, 1);
    return new Uint8Array(this.buffers[best], MARK_BYTES);
  }
}

function markOf(buffer: SharedArrayBuffer): Int32Array {
  return new Int32Array(buffer, 0, 1);
}

/** Gives back what `take` gave; other memory is left alone. */
export function releaseBuffer({ buffer, byteOffset }: Uint8Array): void {
  if (buffer instanceof SharedArrayBuffer && byteOffset === MARK_BYTES) Atomics.store(markOf(buffer), 0, 0);
}
