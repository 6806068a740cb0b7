/** The log's files as the API tells of them. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { listSegments, readHolds, readRetained } from '../../platform/log/index.ts';
import type { LogReport, SegmentItem } from '../../schemas/api/log.ts';
import { ERRORS, type ErrorCode } from '../../schemas/errors.ts';
import type { FrontServices } from '../http/index.ts';
import type { FrontParts } from './front.ts';

export function logServices(front: FrontParts): Pick<FrontServices, 'logReport' | 'archive'> {
  return {
    logReport: () => logReport(front),

    archive: async ({ all }) => {
      // Nothing may go that the front's own state has not got behind.
      await front.checkpointer.due();
      const kept = await front.children.keep(all);
      await front.readersAnew();
      if (kept.failure !== null) throw told(kept.failure);
      return {
        archivedSegments: kept.archivedSegments,
        archivedFiles: kept.archivedBlobs,
        sizeBytes: kept.sizeBytes,
        archivedBytes: kept.archivedBytes,
        removedSegments: kept.removedSegments,
        removedFiles: kept.removedBlobs,
      };
    },
  };
}

/** `CODE: message`, as another process told of it. */
function told(failure: string): TollgridError {
  const [code] = failure.split(':');
  const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'INTERNAL';
  return new TollgridError(known, failure.slice(code.length + 2));
}

async function logReport({ reader, config, headNo }: FrontParts): Promise<LogReport> {
  const retained = await readRetained(reader.dir);
  const segments = await listSegments(reader.dir);
  const items: SegmentItem[] = [];
  for (const [i, { firstNo, path: file, archived }] of segments.entries()) {
    const first = await reader.entryAt(firstNo, { segment: firstNo, offset: 0 }).catch((error: unknown) => {
      if (toTollgridError(error).code === 'LOG_ENTRY_MISSING') return null;
      throw error;
    });
    items.push({
      firstEntry: firstNo,
      lastEntry: (segments[i + 1]?.firstNo ?? headNo + 1) - 1,
      archived,
      // A segment that moves to the archive just now is counted there at the next look.
      storedBytes: await stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
      acceptedAt: first === null ? null : iso(first.acceptedAtMs),
    });
  }
  const [plain, archive] = await Promise.all(
    ['', 'archive'].map((folder) => filesIn(path.join(config.dataDir, 'spool', folder))),
  );
  return {
    firstEntry: items[0]?.firstEntry ?? 1,
    lastEntry: headNo,
    removed:
      retained === null
        ? null
        : {
            sealedEntry: retained.sealedNo,
            sealedAcceptedAt: iso(retained.sealedAcceptedMs),
            at: iso(retained.removedAtMs),
            chain: retained.chain,
          },
    holds: (await readHolds(reader.dir)).map(({ name, of, entryNo }) => ({ name, of, entry: entryNo })),
    segments: items,
    spool: { files: plain.files, archivedFiles: archive.files, storedBytes: plain.bytes + archive.bytes },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Files in the two-letter folders of a spool or of its archive. */
async function filesIn(folder: string): Promise<{ files: number; bytes: number }> {
  const found = { files: 0, bytes: 0 };
  for (const two of await readdir(folder).catch(() => [])) {
    if (!/^[0-9a-f]{2}$/.test(two)) continue;
    for (const name of await readdir(path.join(folder, two))) {
      const size = await stat(path.join(folder, two, name)).then(
        (one) => one.size,
        () => null,
      );
      if (size === null) continue;
      found.files++;
      found.bytes += size;
    }
  }
  return found;
}
