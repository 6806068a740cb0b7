/** Runs of whole entries, byte for byte as they stand in a segment: what a copy of the log is made of. */
import { TollgridError } from '../errors.ts';
import {
  chainOf,
  frameIsSound,
  HEADER_BYTES,
  newerFrameLength,
  nextChain,
  parseHeader,
  type FrameHeader,
} from './frame.ts';
import type { LogReader } from './reader.ts';

export interface LogRun {
  /** First entry of the segment, and where in it the run starts. */
  segment: number;
  offset: number;
  bytes: Uint8Array;
}

/** An entry and the chain at it. */
export interface LogPlace {
  entryNo: number;
  chain: Uint8Array;
}

export interface CheckedRun extends LogPlace {
  /** When the last entry was accepted. */
  acceptedAtMs: number;
  entries: { entryNo: number; type: number; head: unknown }[];
}

/** A run is at most about so large, or one entry. */
const RUN_BYTES = 1024 * 1024;

/** Entries after `afterNo` up to `upTo`. Errors: as `LogReader.readFrom`. */
export async function* readRuns(reader: LogReader, afterNo: number, upTo: number): AsyncGenerator<LogRun> {
  let segment = 0;
  let offset = 0;
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  const run = (): LogRun => ({ segment, offset, bytes: pieces.length === 1 ? pieces[0] : Buffer.concat(pieces) });
  for await (const entry of reader.readFrom(afterNo + 1, upTo)) {
    if (sizeBytes > 0 && (entry.position.segment !== segment || sizeBytes + entry.bodyLength > RUN_BYTES)) {
      yield run();
      pieces = [];
      sizeBytes = 0;
    }
    if (sizeBytes === 0) ({ segment, offset } = entry.position);
    const bytes = await entry.bytes();
    pieces.push(bytes);
    sizeBytes += bytes.length;
  }
  if (sizeBytes > 0) yield run();
}

/**
 * Checks that the bytes are whole, sound entries which follow `before`.
 * Errors: COPY_DIVERGED when the first one follows another history, COPY_DAMAGED, LOG_VERSION_UNKNOWN.
 */
export function checkRun(bytes: Uint8Array, before: LogPlace): CheckedRun {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: CheckedRun['entries'] = [];
  let { entryNo, chain } = before;
  let acceptedAtMs = 0;
  for (let offset = 0; offset < buffer.length;) {
    const { header, prefix, body } = frameAt(buffer, offset, entryNo + 1);
    const stated = chainOf(prefix);
    if (Buffer.compare(nextChain(chain, prefix, body), stated) !== 0) {
      throw new TollgridError(
        entries.length === 0 ? 'COPY_DIVERGED' : 'COPY_DAMAGED',
        `entry ${header.entryNo} does not follow from entry ${entryNo} as it is known here`,
        { entryNo: header.entryNo },
      );
    }
    const head: unknown = JSON.parse(prefix.toString('utf8', HEADER_BYTES));
    entries.push({ entryNo: header.entryNo, type: header.type, head });
    ({ entryNo, acceptedAtMs } = header);
    chain = stated;
    offset += header.totalLength;
  }
  if (entries.length === 0) throw new TollgridError('COPY_DAMAGED', `no entry came after entry ${entryNo}`);
  return { entryNo, chain: Uint8Array.from(chain), acceptedAtMs, entries };
}

interface Frame {
  header: FrameHeader;
  prefix: Buffer;
  body: Buffer;
}

function frameAt(buffer: Buffer, offset: number, expectedNo: number): Frame {
  const wrong = (what: string): TollgridError =>
    new TollgridError('COPY_DAMAGED', `entry ${expectedNo} ${what}`, { entryNo: expectedNo });
  const rest = buffer.subarray(offset);
  if (rest.length < HEADER_BYTES) throw wrong('did not come whole');
  const header = parseHeader(rest);
  if (header === null) {
    if (newerFrameLength(rest) === null) throw wrong('is not there: other bytes stand in its place');
    throw new TollgridError('LOG_VERSION_UNKNOWN', `entry ${expectedNo} was written by a newer Tollgrid`);
  }
  if (rest.length < header.totalLength) throw wrong('did not come whole');
  if (header.entryNo !== expectedNo) throw wrong(`is missing: entry ${header.entryNo} stands in its place`);
  const prefix = rest.subarray(0, HEADER_BYTES + header.headLength);
  const body = rest.subarray(prefix.length, header.totalLength);
  if (!frameIsSound(prefix, body)) throw wrong('is not what was written');
  return { header, prefix, body };
}
