/**
 * Walks through the frames and blocks of Zstandard (RFC 8878) without unpacking them, and refuses what must not reach
 * the unpacker: windows that RFC 9659 does not allow over HTTP, dictionaries nobody has, floods of tiny blocks.
 */

/** RFC 9659: a sender uses no larger window with `Content-Encoding: zstd`. */
const WINDOW_BYTES_MAX = 8 * 1024 * 1024;
const BLOCK_BYTES_MAX = 128 * 1024;
const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
const CHECKSUM_BYTES = 4;

/** Magic, descriptor, window, dictionary id and content size at most. */
const HEADER_BYTES_MAX = 18;
const BLOCK_HEADER_BYTES = 3;

type Part = 'magic' | 'header' | 'skippable' | 'blockHeader' | 'passing';

/** Throws an Error that says what is wrong. */
export class ZstdFrames {
  /** Blocks begun so far. */
  blocks = 0;
  private part: Part = 'magic';
  private readonly gathered = Buffer.alloc(HEADER_BYTES_MAX);
  private gatheredBytes = 0;
  private neededBytes = 4;
  private passBytes = 0;
  private afterPass: Part = 'magic';
  private hasChecksum = false;
  private frames = 0;

  walk(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.part === 'passing') {
        const passed = Math.min(this.passBytes, chunk.length - at);
        at += passed;
        this.passBytes -= passed;
        if (this.passBytes === 0) this.expect(this.afterPass);
      } else {
        this.gathered[this.gatheredBytes++] = chunk[at++]!;
        if (this.gatheredBytes === this.neededBytes) this.understand();
      }
    }
  }

  /** At the end of the body: it must be the end of a frame. */
  end(): void {
    if (this.part !== 'magic' || this.gatheredBytes > 0) throw new Error('it ends within a frame');
    if (this.frames === 0) throw new Error('it holds no frame');
  }

  private understand(): void {
    const { gathered } = this;
    switch (this.part) {
      case 'magic': {
        const magic = gathered.readUInt32LE(0);
        // What follows is read together with the magic: its length stands in the next byte.
        if (magic === MAGIC) this.gatherMore('header', 5);
        else if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) this.gatherMore('skippable', 8);
        else throw new Error('it holds bytes that are no frame');
        return;
      }
      case 'skippable':
        this.pass(gathered.readUInt32LE(4), 'magic');
        return;
      case 'header':
        this.understandHeader();
        return;
      case 'blockHeader':
        this.understandBlock();
        return;
      case 'passing':
    }
  }

  private understandHeader(): void {
    const { gathered } = this;
    const descriptor = gathered[4];
    const single = (descriptor >> 5) & 1;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
    const sizeBytes = [single, 2, 4, 8][descriptor >> 6];
    const length = 5 + (1 - single) + dictionaryBytes + sizeBytes;
    if (this.neededBytes < length) {
      this.neededBytes = length;
      return;
    }
    const window = single === 1 ? contentSize(gathered, length - sizeBytes, sizeBytes) : windowSize(gathered[5]);
    if (window > WINDOW_BYTES_MAX)
      throw new Error(`it needs a window of ${window} bytes, ${WINDOW_BYTES_MAX} are allowed`);
    const dictionaryAt = 5 + (1 - single);
    if (gathered.subarray(dictionaryAt, dictionaryAt + dictionaryBytes).some((byte) => byte !== 0)) {
      throw new Error('it needs a dictionary');
    }
    this.hasChecksum = ((descriptor >> 2) & 1) === 1;
    this.frames++;
    this.expect('blockHeader');
  }

  private understandBlock(): void {
    const header = this.gathered.readUIntLE(0, BLOCK_HEADER_BYTES);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) throw new Error('it holds a block of no known kind');
    if (size > BLOCK_BYTES_MAX) throw new Error('it holds a block that is too large');
    this.blocks++;
    const last = (header & 1) === 1;
    const stored = type === 1 ? 1 : size;
    if (!last) this.pass(stored, 'blockHeader');
    else this.pass(stored + (this.hasChecksum ? CHECKSUM_BYTES : 0), 'magic');
  }

  private gatherMore(part: Part, neededBytes: number): void {
    this.part = part;
    this.neededBytes = neededBytes;
  }

  private pass(bytes: number, then: Part): void {
    this.passBytes = bytes;
    this.afterPass = then;
    if (bytes === 0) this.expect(then);
    else this.part = 'passing';
  }

  private expect(part: Part): void {
    this.part = part;
    this.gatheredBytes = 0;
    this.neededBytes = part === 'blockHeader' ? BLOCK_HEADER_BYTES : 4;
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(header: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(header.readBigUInt64LE(at));
  return header.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
