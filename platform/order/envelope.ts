/** Entries as messages: cut into pieces that a broker takes, and put together again. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import protobuf from 'protobufjs';
import { TollgridError } from '../errors.ts';
import { projectRoot } from '../paths.ts';

/** Bytes of a received file that an entry names. */
export interface Content {
  blob: string;
  offset: number;
  bytes: Uint8Array;
}

export interface WholeEntry {
  entryNo: number;
  frame: Buffer;
  contents: Content[];
}

export interface Envelope {
  /** `entry/piece`: for people, and for reports of delivery. */
  key: string;
  value: Uint8Array;
}

interface Piece {
  layout: number;
  entryNo: number | { toNumber(): number };
  no: number;
  of: number;
  frame: Uint8Array;
  blob: string;
  blobOffset: number | { toNumber(): number };
  content: Uint8Array;
}

const LAYOUT = 1;
export const ENVELOPE_BYTES_MAX = 900_000;
/** Of an envelope, what is no payload. */
const RUN_BYTES = ENVELOPE_BYTES_MAX - 1000;

let type: protobuf.Type | null = null;

function pieceType(): protobuf.Type {
  const file = path.join(projectRoot, 'schemas', 'log-envelope.proto');
  type ??= protobuf.parse(readFileSync(file, 'utf8')).root.lookupType('tollgrid.log.Piece');
  return type;
}

function* runs(bytes: Uint8Array): Generator<[offset: number, run: Uint8Array]> {
  for (let offset = 0; offset < bytes.length; offset += RUN_BYTES)
    yield [offset, bytes.subarray(offset, offset + RUN_BYTES)];
}

/** Bytes of a file first: they are there when the entry is. */
export function envelopesOf({ entryNo, frame, contents }: WholeEntry): Envelope[] {
  const pieces: Partial<Piece>[] = [];
  for (const { blob, offset, bytes } of contents)
    for (const [at, content] of runs(bytes)) pieces.push({ blob, blobOffset: offset + at, content });
  for (const [, run] of runs(frame)) {
    const last = pieces.at(-1);
    const fits = last?.content !== undefined && last.content.length + run.length <= RUN_BYTES;
    // The end of a small slice and its frame are one message.
    if (fits && run.length === frame.length) last.frame = run;
    else pieces.push({ frame: run });
  }
  const of = pieces.length;
  return pieces.map((piece, index) => ({
    key: `${entryNo}/${index + 1}`,
    value: pieceType()
      .encode({ ...piece, layout: LAYOUT, entryNo, no: index + 1, of })
      .finish(),
  }));
}

/** Puts pieces together, in the order in which they were written. */
export class Assembler {
  private entryNo = 0;
  private nextNo = 1;
  private frames: Uint8Array[] = [];
  private contents: Content[] = [];

  /** The next piece is the first of an entry. */
  get isBetween(): boolean {
    return this.nextNo === 1;
  }

  /** The entry that this piece completes, or null. Errors: LOG_DAMAGED, LOG_VERSION_UNKNOWN. */
  add(message: Uint8Array): WholeEntry | null {
    const piece = pieceType().decode(message) as unknown as Piece;
    if (piece.layout > LAYOUT) {
      const text = `a message of the log has the layout ${piece.layout}; this program reads up to ${LAYOUT}`;
      throw new TollgridError('LOG_VERSION_UNKNOWN', text);
    }
    const entryNo = numberOf(piece.entryNo);
    if (this.isBetween) this.entryNo = entryNo;
    if (entryNo !== this.entryNo || piece.no !== this.nextNo) {
      throw new TollgridError('LOG_DAMAGED', `piece ${piece.no} of entry ${entryNo} came out of turn`, { entryNo });
    }
    if (piece.frame.length > 0) this.frames.push(piece.frame);
    if (piece.content.length > 0)
      this.contents.push({ blob: piece.blob, offset: numberOf(piece.blobOffset), bytes: piece.content });
    this.nextNo++;
    if (piece.no < piece.of) return null;
    const whole = { entryNo, frame: Buffer.concat(this.frames), contents: this.contents };
    Object.assign(this, { entryNo: 0, nextNo: 1, frames: [], contents: [] });
    return whole;
  }
}

function numberOf(value: Piece['entryNo']): number {
  return typeof value === 'number' ? value : value.toNumber();
}
