/** UTF-16 lines: found over 2-byte units, written to the arena as UTF-8 and split there by the family's own splitter. */
import { FAULT } from '../codes.ts';
import { MAX_RECORD_BYTES } from '../row.ts';
import type { Row, Splitter } from '../row.ts';
import { putCodePoint } from '../fields/transcode.ts';

export class Utf16Splitter implements Splitter {
  private readonly inner: Splitter;
  private readonly bigEndian: boolean;

  constructor(inner: Splitter, bigEndian: boolean) {
    this.inner = inner;
    this.bigEndian = bigEndian;
  }

  split(row: Row, from: number, end: number): number {
    let stop = from;
    let complete = false;
    for (; stop + 1 < end; stop += 2) {
      if (this.unit(row.text, stop) === 10) {
        complete = true;
        break;
      }
    }
    const next = complete ? stop + 2 : end;
    if (!complete) stop = end;
    const recordEnd = stop - from >= 2 && this.unit(row.text, stop - 2) === 13 ? stop - 2 : stop;
    const arenaStart = row.arenaEnd;
    if (recordEnd - from > MAX_RECORD_BYTES) {
      this.inner.split(row, arenaStart, arenaStart);
      row.fault = FAULT.tooLong;
    } else if (!row.hasRoom(((recordEnd - from) >> 1) * 3)) {
      this.inner.split(row, arenaStart, arenaStart);
      row.fault = FAULT.room;
    } else {
      row.arenaEnd = this.transcode(row.text, from, recordEnd, arenaStart);
      this.inner.split(row, arenaStart, row.arenaEnd);
      if (((recordEnd - from) & 1) === 1) row.fault = FAULT.encoding;
    }
    row.recordStart = from;
    row.recordEnd = recordEnd;
    row.complete = complete;
    return next;
  }

  private unit(text: Uint8Array, at: number): number {
    return this.bigEndian ? (text[at] << 8) | text[at + 1] : (text[at + 1] << 8) | text[at];
  }

  private transcode(text: Uint8Array, from: number, end: number, to: number): number {
    for (let at = from; at + 1 < end; at += 2) {
      let point = this.unit(text, at);
      if (point >= 0xd800 && point < 0xdc00 && at + 3 < end) {
        const low = this.unit(text, at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
          point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
          at += 2;
        }
      }
      to = putCodePoint(text, to, point);
    }
    return to;
  }
}
