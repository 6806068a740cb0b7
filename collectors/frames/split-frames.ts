/**
 * Cuts a stream of bytes into frames by a rule on bytes alone: of one length, or of the length that their header says. What is
 * no such frame cannot be passed over, for nothing tells where the next one begins: it is kept, and the stream is broken.
 */
import type { RecordSplitter, Split } from '../lines/split-lines.ts';

export interface FrameRule {
  /** Bytes that tell the length. */
  headerBytes: number;
  /** Of the whole frame, that begins at `from`; 0 when this is no header. */
  lengthOf(bytes: Uint8Array, from: number): number;
}

export interface LengthField {
  /** Where the length stands, from 0. */
  offset: number;
  /** 1, 2 or 4. */
  bytes: number;
  littleEndian: boolean;
  /** Bytes of the frame that the length does not count. */
  adds: number;
}

export function fixedFrames(lengthBytes: number): FrameRule {
  return { headerBytes: 0, lengthOf: () => lengthBytes };
}

export function framesWithLength({ offset, bytes: width, littleEndian, adds }: LengthField): FrameRule {
  const headerBytes = offset + width;
  return {
    headerBytes,
    lengthOf: (bytes, from) => {
      let length = 0;
      for (let i = 0; i < width; i++) length = length * 256 + bytes[from + offset + (littleEndian ? width - 1 - i : i)];
      return length + adds < headerBytes ? 0 : length + adds;
    },
  };
}

const WRAPPER_BYTES = 8;
const WRAPPER_VERSION = 1;

/** DLMS/COSEM over TCP (IEC 62056-47): version, source and destination port, length, two bytes each, then the APDU. */
export const DLMS_WRAPPER: FrameRule = {
  headerBytes: WRAPPER_BYTES,
  lengthOf: (bytes, from) => {
    const word = (at: number): number => bytes[from + at] * 256 + bytes[from + at + 1];
    return word(0) === WRAPPER_VERSION ? WRAPPER_BYTES + word(6) : 0;
  },
};

export class FrameSplitter implements RecordSplitter {
  private readonly rule: FrameRule;
  private readonly frameBytesMax: number;
  private rest: Uint8Array = new Uint8Array(0);
  /** Nothing more can be read from this stream. */
  broken = false;

  constructor(rule: FrameRule, frameBytesMax: number) {
    this.rule = rule;
    this.frameBytesMax = frameBytesMax;
  }

  /** Bytes of a frame that has not ended yet. */
  get openBytes(): number {
    return this.rest.length;
  }

  push(chunk: Uint8Array): Split {
    const { rule } = this;
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const whole: Uint8Array[] = [];
    let start = 0;
    while (bytes.length - start >= Math.max(1, rule.headerBytes)) {
      const length = rule.lengthOf(bytes, start);
      if (length === 0 || length > this.frameBytesMax) {
        this.broken = true;
        break;
      }
      if (bytes.length - start < length) break;
      whole.push(bytes.subarray(start, start + length));
      start += length;
    }
    // A copy: the rest may stay for long, and would hold the whole chunk.
    this.rest = bytes.slice(start);
    return { whole, pieces: this.broken ? this.end().pieces : [] };
  }

  /** Of a frame nothing may be missing, however its sender ended. */
  end(): Split {
    const { rest, frameBytesMax } = this;
    this.rest = new Uint8Array(0);
    const pieces = Array.from({ length: Math.ceil(rest.length / frameBytesMax) }, (_, no) =>
      rest.subarray(no * frameBytesMax, (no + 1) * frameBytesMax),
    );
    return { whole: [], pieces };
  }
}
