/**
 * Writes lines as bytes into two large buffers that take turns: one fills while the other goes to the file.
 * No string is made per record; that is what keeps a generator of millions of records fast.
 */
import { open, type FileHandle } from 'node:fs/promises';

const BUFFER_BYTES = 4 * 1024 * 1024;
/** The longest line anybody writes here; `ready()` says whether it still fits. */
const LINE_BYTES = 4096;

export class ByteWriter {
  readonly #file: FileHandle;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #other = new Uint8Array(BUFFER_BYTES);
  #pending: Promise<unknown> = Promise.resolve();
  #at = 0;
  bytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<ByteWriter> {
    return new ByteWriter(await open(path, 'w'));
  }

  /** False when the buffer should be handed to the file (`flush`) before the next line. */
  get ready(): boolean {
    return this.#at < BUFFER_BYTES - LINE_BYTES;
  }

  async flush(): Promise<void> {
    await this.#pending;
    const full = this.#buffer.subarray(0, this.#at);
    this.bytes += full.length;
    this.#pending = this.#file.writeFile(full);
    [this.#buffer, this.#other] = [this.#other, this.#buffer];
    this.#at = 0;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#pending;
    await this.#file.close();
  }

  byte(value: number): void {
    this.#buffer[this.#at++] = value;
  }

  /** Copies source[offset, offset + length). */
  copy(source: Uint8Array, offset = 0, length = source.length): void {
    const buffer = this.#buffer;
    let at = this.#at;
    const end = offset + length;
    for (let i = offset; i < end; i++) buffer[at++] = source[i]!;
    this.#at = at;
  }

  /** A whole number, padded with zeros to `width` (no padding when it is longer). */
  digits(value: number, width = 1): void {
    let length = 1;
    for (let limit = 10; limit <= value; limit *= 10) length++;
    if (length < width) length = width;
    let rest = value;
    for (let at = this.#at + length - 1; at >= this.#at; at--) {
      const next = Math.floor(rest / 10);
      this.#buffer[at] = 48 + rest - next * 10;
      rest = next;
    }
    this.#at += length;
  }

  /** `count` (at most 9) random digits out of one 32-bit number. */
  randomDigits(random: number, count: number): void {
    let rest = random;
    for (let i = 0; i < count; i++) {
      const next = Math.floor(rest / 10);
      this.#buffer[this.#at++] = 48 + rest - next * 10;
      rest = next;
    }
  }
}
