/** The log's files: each named by the number of its first entry, so that a listing is an index. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

export interface Segment {
  /** Number of the first entry, also when the file is still empty. */
  firstNo: number;
  path: string;
}

/** Where an entry stands. */
export interface LogPosition {
  /** First entry number of the segment. */
  segment: number;
  offset: number;
}

const NAME = /^(\d{16})\.log$/;

export function segmentPath(dir: string, firstNo: number): string {
  return path.join(dir, `${String(firstNo).padStart(16, '0')}.log`);
}

/** All segments of a folder, in order of their first entries. Other files are left alone. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const names = await readdir(dir);
  return names
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match ? [{ firstNo: Number(match[1]), path: path.join(dir, name) }] : [];
    })
    .sort((a, b) => a.firstNo - b.firstNo);
}

/** The segment that holds `entryNo` if any does: the last one that starts at or before it. */
export function segmentOf(segments: readonly Segment[], entryNo: number): Segment | undefined {
  return segments.findLast((segment) => segment.firstNo <= entryNo);
}
