/** Cuts a stream of bytes into lines, without their ends. What is too long for a line is cut, never dropped. */

const [NUL, LF, CR] = [0, 10, 13];

/** How a stream of bytes becomes records. */
export interface RecordSplitter {
  /** Bytes of a record that has not ended yet. */
  readonly openBytes: number;
  /** Nothing more can be read from this stream. */
  readonly broken: boolean;
  /** Records that ended within the chunk. */
  push(chunk: Uint8Array): Uint8Array[];
  /** What stands there without an end, when nothing will follow. */
  end(): Uint8Array[];
}

export class LineSplitter implements RecordSplitter {
  readonly broken = false;
  private readonly lineBytesMax: number;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(lineBytesMax: number) {
    this.lineBytesMax = lineBytesMax;
  }

  /** Bytes of a line that has not ended yet. */
  get openBytes(): number {
    return this.rest.length;
  }

  /** Lines that ended within the chunk; empty ones are no records. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.cut(bytes, start, end, lines);
      start = end + 1;
    }
    while (bytes.length - start > this.lineBytesMax) {
      lines.push(bytes.subarray(start, start + this.lineBytesMax));
      start += this.lineBytesMax;
    }
    // A copy: the rest may stay for long, and would hold the whole chunk.
    this.rest = bytes.slice(start);
    return lines;
  }

  /** What stands there without an end, when nothing will follow. */
  end(): Uint8Array[] {
    const lines: Uint8Array[] = [];
    this.cut(this.rest, 0, this.rest.length, lines);
    this.rest = new Uint8Array(0);
    return lines;
  }

  private cut(bytes: Uint8Array, start: number, end: number, lines: Uint8Array[]): void {
    let first = start;
    let last = end;
    while (last > first && bytes[last - 1] === CR) last--;
    // Serial adapters and exchanges send these when they connect.
    while (first < last && bytes[first] === NUL) first++;
    for (let from = first; from < last; from += this.lineBytesMax) {
      lines.push(bytes.subarray(from, Math.min(last, from + this.lineBytesMax)));
    }
  }
}
