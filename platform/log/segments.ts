/** The log's files: each named by the number of its first entry, so that a listing is an index. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { TollgridError } from '../errors.ts';
import { ARCHIVE_SUFFIX } from './archive-file.ts';
import { readRetained } from './retained.ts';
import { ARCHIVE_FOLDER } from './stored-file.ts';

export interface Segment {
  /** Number of the first entry, also when the file is still empty. */
  firstNo: number;
  /** The segment, or its archive: `openStored` reads both alike. */
  path: string;
  archived: boolean;
}

/** Where an entry stands. */
export interface LogPosition {
  /** First entry number of the segment. */
  segment: number;
  offset: number;
}

const NAME = /^(\d{16})\.log$/;
const ARCHIVED_NAME = /^(\d{16})\.log\.gz$/;

export function segmentPath(dir: string, firstNo: number): string {
  return path.join(dir, `${String(firstNo).padStart(16, '0')}.log`);
}

export function archivedSegmentPath(dir: string, firstNo: number): string {
  return path.join(dir, ARCHIVE_FOLDER, path.basename(segmentPath(dir, firstNo)) + ARCHIVE_SUFFIX);
}

/**
 * All kept segments of a folder and its archive, in order of their first entries. Where both are there, because archiving
 * was interrupted, the plain one counts. Other files are left alone, and so is what retention was about to remove.
 */
export async function listSegments(dir: string): Promise<Segment[]> {
  const keptFrom = (await readRetained(dir))?.firstNo ?? 0;
  return (await listAll(dir)).filter(({ firstNo }) => firstNo >= keptFrom);
}

/** What retention is about to remove: its mark is there, and so are they. */
export async function leftOverSegments(dir: string): Promise<Segment[]> {
  const keptFrom = (await readRetained(dir))?.firstNo ?? 0;
  return (await listAll(dir)).filter(({ firstNo }) => firstNo < keptFrom);
}

async function listAll(dir: string): Promise<Segment[]> {
  const found = new Map<number, Segment>();
  // The plain ones first: a segment that moves to the archive meanwhile is then seen in both, never in none.
  const plain = await readdir(dir);
  if (plain.includes(ARCHIVE_FOLDER)) {
    const folder = path.join(dir, ARCHIVE_FOLDER);
    for (const name of await readdir(folder)) {
      const firstNo = Number(ARCHIVED_NAME.exec(name)?.[1] ?? NaN);
      if (!Number.isNaN(firstNo)) found.set(firstNo, { firstNo, path: path.join(folder, name), archived: true });
    }
  }
  for (const name of plain) {
    const firstNo = Number(NAME.exec(name)?.[1] ?? NaN);
    if (!Number.isNaN(firstNo)) found.set(firstNo, { firstNo, path: path.join(dir, name), archived: false });
  }
  return [...found.values()].sort((a, b) => a.firstNo - b.firstNo);
}

/** The segment that holds `entryNo` if any does: the last one that starts at or before it. */
export function segmentOf(segments: readonly Segment[], entryNo: number): Segment | undefined {
  return segments.findLast((segment) => segment.firstNo <= entryNo);
}

/** The first segment must be the one that the log begins with. Error: LOG_DAMAGED. */
export function requireFirst(dir: string, segments: readonly Segment[], firstNo: number): void {
  const [first] = segments;
  if (first === undefined ? firstNo === 1 : first.firstNo === firstNo) return;
  throw new TollgridError(
    'LOG_DAMAGED',
    `${dir}: the segment that starts with entry ${firstNo} is missing, and no retention took it`,
    { file: segmentPath(dir, firstNo) },
  );
}
