/** Cuts a stream of bytes into lines, without their ends. What is too long for a line is cut in pieces, never dropped. */

const [NUL, LF, CR] = [0, 10, 13];

export interface Split {
  whole: Uint8Array[];
  /** Of records that are not whole and never will be: nobody may be charged by them. */
  pieces: Uint8Array[];
}

/** How a stream of bytes becomes records. */
export interface RecordSplitter {
  /** Bytes of a record that has not ended yet. */
  readonly openBytes: number;
  /** Nothing more can be read from this stream. */
  readonly broken: boolean;
  /** What ended within the chunk. */
  push(chunk: Uint8Array): Split;
  /** What stands there without an end, when nothing will follow. `inOrder`: its sender says that it has sent everything. */
  end(inOrder: boolean): Split;
}

export class LineSplitter implements RecordSplitter {
  readonly broken = false;
  private readonly lineBytesMax: number;
  private rest: Uint8Array = new Uint8Array(0);
  /** What stands in `rest` is only a part of its line: the begin was too long, or the end will not come. */
  private torn = false;

  constructor(lineBytesMax: number) {
    this.lineBytesMax = lineBytesMax;
  }

  /** Bytes of a line that has not ended yet. */
  get openBytes(): number {
    return this.rest.length;
  }

  /** Empty lines are no records. */
  push(chunk: Uint8Array): Split {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const split: Split = { whole: [], pieces: [] };
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.cut(bytes.subarray(start, end), split);
      this.torn = false;
      start = end + 1;
    }
    while (bytes.length - start > this.lineBytesMax) {
      split.pieces.push(bytes.subarray(start, start + this.lineBytesMax));
      start += this.lineBytesMax;
      this.torn = true;
    }
    // A copy: the rest may stay for long, and would hold the whole chunk.
    this.rest = bytes.slice(start);
    return split;
  }

  /** The last line of a sender that ended in order may lack its end. */
  end(inOrder: boolean): Split {
    const split: Split = { whole: [], pieces: [] };
    this.torn ||= !inOrder;
    this.cut(this.rest, split);
    this.rest = new Uint8Array(0);
    return split;
  }

  private cut(line: Uint8Array, { whole, pieces }: Split): void {
    let first = 0;
    let last = line.length;
    while (last > first && line[last - 1] === CR) last--;
    // Serial adapters and exchanges send these when they connect.
    while (first < last && line[first] === NUL) first++;
    const { lineBytesMax } = this;
    const isWhole = !this.torn && last - first <= lineBytesMax;
    for (let from = first; from < last; from += lineBytesMax) {
      (isWhole ? whole : pieces).push(line.subarray(from, Math.min(last, from + lineBytesMax)));
    }
  }
}
