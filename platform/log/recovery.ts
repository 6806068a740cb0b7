/** What a writer finds when it opens the log: the last entry, and a torn tail to cut. */
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { syncDirectory, writeAll, writeFileDurably } from '../durable-file.ts';
import { TollgridError } from '../errors.ts';
import { CHAIN_START, chainOf, FRAME_VERSION } from './frame.ts';
import { readAt, scanFrames, soundFrameFollows, type ScanEnd } from './scan.ts';
import { logStart } from './retained.ts';
import { listSegments, requireFirst, type Segment } from './segments.ts';
import { openStored } from './stored-file.ts';

export interface Tail {
  /** Number of the last entry, 0 when there is none. */
  headNo: number;
  chain: Uint8Array;
  /** The segment to go on in; absent in an empty log. */
  segment?: Segment;
  /** Where its last sound frame ends, and how many bytes behind that were cut. */
  sizeBytes: number;
  cutBytes: number;
}

const WINDOW_BYTES = 1024 * 1024;
/** A group is at most so large, and one entry more. */
const GROUP_BYTES = 1024 * 1024;

/**
 * Reads the last segment. A bad frame with no sound one behind it is a torn tail: never acknowledged, so it is cut.
 * Errors: LOG_DAMAGED, LOG_VERSION_UNKNOWN.
 */
export async function recoverTail(dir: string): Promise<Tail> {
  const segments = await listSegments(dir);
  const start = await logStart(dir);
  requireFirst(dir, segments, start.firstNo);
  const last = segments.at(-1);
  if (last?.archived)
    throw damaged(last, 0, 'it is archived, and the segment behind it, where entries were appended, is missing');
  if (last === undefined) return { headNo: 0, chain: CHAIN_START, sizeBytes: 0, cutBytes: 0 };

  const { end, chain, lastOffset } = await walk(last, true);
  const cutBytes = await cutTornTail(last, end, lastOffset);
  // The last segment's name too: whoever made it may have been killed before the folder was synced.
  await syncDirectory(dir);
  // Synced also when nothing was cut: what a killed writer left may be in the page cache only, and will be relied upon.
  const tail = { headNo: end.nextNo - 1, segment: last, sizeBytes: end.offset, cutBytes };
  if (chain !== null) return { ...tail, chain };
  if (last.firstNo === start.firstNo) return { ...tail, chain: start.chain };

  const before = segments.at(-2);
  const previous = before && (await walk(before, false));
  if (!previous?.chain || previous.end.nextNo !== last.firstNo) {
    throw damaged(
      last,
      end.offset,
      `it is empty and the segment before it does not end with entry ${last.firstNo - 1}`,
    );
  }
  return { ...tail, chain: previous.chain };
}

/** Puts a copy in the place of the last segment: what a woken owner of old still writes goes into the file nobody reads. */
export async function detachLastSegment(dir: string): Promise<void> {
  const last = (await listSegments(dir)).at(-1);
  if (last !== undefined && !last.archived) await writeFileDurably(last.path, await readFile(last.path));
}

interface Walked {
  end: ScanEnd;
  /** Chain of the last sound frame, and where that starts. */
  chain: Uint8Array | null;
  lastOffset: number;
}

/** Walks over a whole segment. */
async function walk(segment: Segment, checkBodies: boolean): Promise<Walked> {
  const file = await openStored(segment.path);
  try {
    let chain: Uint8Array | null = null;
    let lastOffset = 0;
    const frames = scanFrames(file, { offset: 0, entryNo: segment.firstNo, windowBytes: WINDOW_BYTES, checkBodies });
    for (;;) {
      const next = await frames.next();
      if (next.done) return { end: next.value, chain: chain && Uint8Array.from(chain), lastOffset };
      chain = chainOf(next.value.prefix);
      lastOffset = next.value.offset;
    }
  } finally {
    await file.close();
  }
}

async function cutTornTail(segment: Segment, end: ScanEnd, lastOffset: number): Promise<number> {
  const file = await open(segment.path, 'r+');
  try {
    if (end.reason === 'newer') throw newer(segment, end);
    const { size } = await file.stat();
    if (end.reason !== 'end') {
      if (await soundFrameFollows(file, end.offset, end.nextNo - 1)) {
        throw damaged(segment, end.offset, `entry ${end.nextNo} cannot be read although later ones can`);
      }
      await file.truncate(end.offset);
    }
    await writeAgain(file, Math.max(0, lastOffset - GROUP_BYTES), end.offset);
    await file.sync();
    return size - end.offset;
  } finally {
    await file.close();
  }
}

/**
 * After a sync that failed, the system may take pages for written that never reached the disk, and reads them from its
 * memory. Only bytes that are written again are synced again.
 */
async function writeAgain(file: FileHandle, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += WINDOW_BYTES) {
    await writeAll(file, await readAt(file, at, Math.min(WINDOW_BYTES, to - at)), at);
  }
}

export function damaged(segment: Segment, offset: number, what: string): TollgridError {
  return new TollgridError('LOG_DAMAGED', `${segment.path} at byte ${offset}: ${what}`, { file: segment.path, offset });
}

export function newer(segment: Segment, end: ScanEnd): TollgridError {
  return new TollgridError(
    'LOG_VERSION_UNKNOWN',
    `${segment.path} at byte ${end.offset}: entry ${end.nextNo} has a version after ${FRAME_VERSION}, the last one known here`,
    { file: segment.path, offset: end.offset, entryNo: end.nextNo },
  );
}
