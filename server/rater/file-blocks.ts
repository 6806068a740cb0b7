/** What a file entry posts: records of files whose place it took, or its own when the same bytes were received before. */
import type { LedgerBlock } from '../../ledger/index.ts';
import type { FileHead } from '../../schemas/log-entries.ts';
import { encodeBatches, neverAdmitted } from './accounting.ts';

/** `fileRecords`: received per file so far. `counts`: by disposition, of a file that is not read again; otherwise null. */
export function fileBlocks(
  fileRecords: ReadonlyMap<number, number>,
  entryNo: number,
  head: FileHead,
  acceptedAtMs: number,
): { blocks: LedgerBlock[]; counts: number[] | null } {
  const replaced = head.supersedes ?? [];
  if (replaced.length > 0) {
    const rows = replaced.map((file) => neverAdmitted(file, head.source, acceptedAtMs, 'superseded'));
    return { blocks: encodeBatches(rows, entryNo), counts: null };
  }
  if (head.duplicateOf === undefined) return { blocks: [], counts: null };
  // A file that was held was not received by then, but its records were counted by the check.
  const received = fileRecords.get(head.duplicateOf) ?? head.check?.rows ?? 0;
  const counts = [received, 0, 0, received, 0, 0, 0, 0, 0];
  const batch = { entryNo, fileEntry: entryNo, source: head.source, acceptedAtMs, counts };
  return { blocks: encodeBatches([batch], entryNo), counts };
}
