/**
 * Moves sealed segments and spool files into the archive: compressed, read back and held against what they are the content
 * of, durable under their name, and only then is the original removed. Interrupted anywhere it is done again; until the
 * original is gone it is the one that counts.
 */
import { createHash } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory } from '../durable-file.ts';
import { TollgridError } from '../errors.ts';
import { ArchiveReader, writeArchive, type Archived, type StoredFile } from './archive-file.ts';
import { chainOf, HEADER_BYTES, nextChain } from './frame.ts';
import { readInto, scanFrames } from './scan.ts';
import { archivedSegmentPath, type Segment } from './segments.ts';
import { archivedBlobPath, openStored } from './stored-file.ts';
import type { Spool } from './spool.ts';

export type ArchivedFile = Pick<Archived, 'sizeBytes' | 'archivedBytes'>;

/** Throws when this process is the owner of the directory no more. */
export type Confirm = () => Promise<void>;

/**
 * A segment that nothing is appended to. `chain`: of the entry before it; `next`: the segment behind it.
 * Errors: LOG_DAMAGED, ARCHIVE_DAMAGED; then the original stays.
 */
export async function archiveSegment(
  dir: string,
  segment: Segment,
  next: Segment,
  chain: Uint8Array,
  confirm: Confirm,
): Promise<ArchivedFile> {
  const target = archivedSegmentPath(dir, segment.firstNo);
  return archiveFile(segment.path, target, confirm, async (archive) => {
    const nextNo = await walkChain(archive, segment, chain);
    if (nextNo === next.firstNo) return;
    throw new TollgridError(
      'LOG_DAMAGED',
      `${segment.path}: its entries end before ${nextNo}, and the next segment begins with ${next.firstNo}`,
      { file: segment.path },
    );
  });
}

/** Number behind the last entry. */
async function walkChain(file: StoredFile, { path: name, firstNo }: Segment, before: Uint8Array): Promise<number> {
  let chain = before;
  const frames = scanFrames(file, { offset: 0, entryNo: firstNo, windowBytes: WINDOW_BYTES, checkBodies: true });
  for (;;) {
    const step = await frames.next();
    if (step.done) {
      if (step.value.reason === 'end') return step.value.nextNo;
      throw new TollgridError('LOG_DAMAGED', `${name}: entry ${step.value.nextNo} cannot be read`, { file: name });
    }
    const { prefix, body, header } = step.value;
    const stands = chainOf(prefix);
    if (Buffer.compare(nextChain(chain, prefix, body!), stands) !== 0) {
      throw new TollgridError(
        'LOG_DAMAGED',
        `${name}: entry ${header.entryNo} does not follow from the one before it`,
        {
          file: name,
        },
      );
    }
    chain = Uint8Array.from(stands);
  }
}

const WINDOW_BYTES = 1024 * 1024;

/** Null when there is no such plain file. Errors: SPOOL_DAMAGED, ARCHIVE_DAMAGED; then the original stays. */
export async function archiveBlob(spool: Spool, sha256: string, confirm: Confirm): Promise<ArchivedFile | null> {
  const source = spool.path(sha256);
  try {
    return await archiveFile(source, archivedBlobPath(spool.dir, sha256), confirm, async (archive) => {
      const found = await hashOf(archive);
      if (found === sha256) return;
      throw new TollgridError('SPOOL_DAMAGED', `${source} does not have the content of its name`, { file: source });
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function hashOf(file: StoredFile): Promise<string> {
  const digest = createHash('sha256');
  const chunk = new Uint8Array(WINDOW_BYTES);
  for (let at = 0, filled = 1; filled > 0; at += filled) {
    filled = await readInto(file, chunk, at);
    digest.update(chunk.subarray(0, filled));
  }
  return digest.digest('hex');
}

async function archiveFile(
  source: string,
  target: string,
  confirm: Confirm,
  check: (archive: StoredFile) => Promise<void>,
): Promise<ArchivedFile> {
  const temporary = `${target}.tmp`;
  await makeDirectory(path.dirname(target));
  await rm(temporary, { force: true });
  try {
    const written = await writeArchive(source, temporary);
    const archive = await ArchiveReader.open(temporary);
    try {
      await check(archive);
    } finally {
      await archive.close();
    }
    await confirm();
    await rename(temporary, target);
    await syncDirectory(path.dirname(target));
    await confirm();
    await removeDurably(source);
    return written;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Removes a spool file, plain and archived, unless somebody sent the same bytes again just now: a file that was written
 * since `sinceMs` stays. It is taken aside first, so that none is removed that came between the look and the removal.
 */
export async function removeBlob(spool: Spool, sha256: string, sinceMs: number): Promise<void> {
  const plain = spool.path(sha256);
  const aside = `${plain}.gone`;
  try {
    await rename(plain, aside);
    if ((await stat(aside)).mtimeMs >= sinceMs) await rename(aside, plain);
    else await removeDurably(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const archived = archivedBlobPath(spool.dir, sha256);
  if ((await stat(archived).catch(() => null)) !== null) await removeDurably(archived);
}

/** Heads of a segment that need not be kept any more, so that no reader gives them. */
export async function* headsOf(segment: Segment): AsyncGenerator<{ type: number; head: unknown }> {
  const file = await openStored(segment.path);
  try {
    const options = { offset: 0, entryNo: segment.firstNo, windowBytes: 64 * 1024, checkBodies: false };
    for await (const { header, prefix } of scanFrames(file, options)) {
      yield { type: header.type, head: JSON.parse(prefix.toString('utf8', HEADER_BYTES)) as unknown };
    }
  } finally {
    await file.close();
  }
}

export async function removeDurably(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncDirectory(path.dirname(file));
}
