/**
 * What a closed file in the spool is: new, held by its check, or a better copy of held ones. Everything found stands in
 * the head of its entry, so that nothing has to be read again after a restart.
 */
import type { CompiledFormat } from '../../mediation/formats/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { Spool } from '../../platform/log/index.ts';
import type { FileHead, FileNumbersHead } from '../../schemas/log-entries.ts';
import { checkFile } from './file-check.ts';
import type { FileNumbers } from './file-numbers.ts';
import type { FileFacts, LogState } from './log-state.ts';
import { countIn } from './number-runs.ts';

/** Earlier files whose numbers are compared; a source that repeats itself more often is told by the first ones. */
const FILES_COMPARED_MAX = 8;

/** A dBase header with 255 columns. */
const HEADER_BYTES_MAX = 16 * 1024;

export interface ReceptionParts {
  state: LogState;
  spool: Pick<Spool, 'read'>;
  format(name: string): CompiledFormat;
}

export type PackedHead = NonNullable<FileHead['packed']>;

export interface ReceivedFile {
  source: string;
  format: string;
  name: string;
  modifiedMs?: number;
  /** The packed file it came in. */
  packed?: PackedHead;
  sha256: string;
  sizeBytes: number;
}

export async function receivedHead(parts: ReceptionParts, file: ReceivedFile): Promise<FileHead> {
  const head = plainHead(file);
  const mistake = await headerMistake(parts, file);
  if (mistake !== null) return { ...head, held: { code: 'FILE_FRAMING_WRONG', detail: mistake } };
  const findings = await check(parts, file);
  if (findings === null) {
    const unpackable = heldCopies(parts.state, file).filter(({ rows }) => rows === 0);
    return { ...head, ...(unpackable.length > 0 && { supersedes: unpackable }) };
  }
  const { check: figures, held, numbers } = findings;
  const supersedes = held === undefined ? heldCopies(parts.state, file) : [];
  const heads = numbers === undefined ? [] : await withRepeats(parts, file, numbers);
  return {
    ...head,
    check: figures,
    ...(held !== undefined && { held }),
    ...(supersedes.length > 0 && { supersedes }),
    ...(heads.length > 0 && { numbers: heads }),
  };
}

/** Of formats whose files begin with their layout. */
async function headerMistake(
  { spool, ...parts }: ReceptionParts,
  { format: name, sha256, sizeBytes }: ReceivedFile,
): Promise<string | null> {
  const format = parts.format(name);
  if (format.headerMistake === undefined) return null;
  return format.headerMistake(await spool.read(sha256, 0, Math.min(HEADER_BYTES_MAX, sizeBytes)), sizeBytes);
}

/** Of a file that was received before, whatever became of that. */
export function duplicateHead(file: ReceivedFile, original: FileFacts): FileHead {
  const { check: figures } = original.head;
  return {
    ...plainHead(file),
    duplicateOf: original.fileEntry,
    ...(figures !== undefined && { check: figures }),
  };
}

export function plainHead({ source, name, format, sha256, sizeBytes, modifiedMs, packed }: ReceivedFile): FileHead {
  return {
    ...{ source, name, format, mode: 'closed', sha256, sizeBytes },
    ...(modifiedMs !== undefined && { modifiedMs }),
    ...(packed !== undefined && { packed }),
  };
}

function check(parts: ReceptionParts, { format, sha256, sizeBytes }: ReceivedFile): ReturnType<typeof checkFile> {
  const read = (offset: number, lengthBytes: number) => parts.spool.read(sha256, offset, lengthBytes);
  return checkFile(parts.format(format), read, sizeBytes);
}

/** Of a packed file that was held nothing was counted. */
function heldCopies(state: LogState, { source, name, packed }: ReceivedFile): { fileEntry: number; rows: number }[] {
  return state
    .held()
    .filter(({ head }) => head.source === source && (head.name === name || head.name === packed?.name))
    .map(({ fileEntry, head }) => ({ fileEntry, rows: head.check?.rows ?? 0 }));
}

/**
 * Numbers that earlier files have, too, are compared with theirs, and the first file that differs is named. They are read
 * again from the spool for that, which is seldom needed.
 */
async function withRepeats(
  parts: ReceptionParts,
  file: ReceivedFile,
  numbers: FileNumbers,
): Promise<FileNumbersHead[]> {
  const heads = numbers.heads();
  const read = new Map<number, FileNumbers | null>();
  for (const head of heads) {
    for (const fileEntry of parts.state.incidents.filesWith(file.source, head).slice(0, FILES_COMPARED_MAX)) {
      if (head.of === 'records' && !read.has(fileEntry)) read.set(fileEntry, await numbersOf(parts, fileEntry));
      const repeats =
        head.of === 'files'
          ? { total: countIn(head.runs), numbers: head.runs.map(([from]) => from) }
          : numbers.conflictsWith(read.get(fileEntry) ?? null, head.count);
      if (repeats.total === 0) continue;
      head.repeats = [...(head.repeats ?? []), { ...repeats, fileEntry }];
      break;
    }
  }
  return heads;
}

/** Null when the earlier file is not in the spool any more: then nothing can be said. */
async function numbersOf(parts: ReceptionParts, fileEntry: number): Promise<FileNumbers | null> {
  const { source, name, format, sha256, sizeBytes } = parts.state.files.get(fileEntry)!.head;
  try {
    const found = await check(parts, { source, name, format, sha256: sha256!, sizeBytes: sizeBytes! });
    return found?.numbers ?? null;
  } catch (error) {
    if (error instanceof TollgridError && error.code === 'SPOOL_BLOB_MISSING') return null;
    throw error;
  }
}
