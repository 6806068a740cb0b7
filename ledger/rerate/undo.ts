/** Takes back what one entry posted, as far as nothing was posted over it since. */
import { reversalColumns } from './compare.ts';
import type { RerateWorkspace } from './workspace.ts';

/**
 * Into the workspace's differences: each row of the entry with its sign turned round, so that a charge is reversed and a
 * reversed charge stands again. Records that a later entry corrected stay as that entry left them.
 * @param postingPeriod yyyymm; 0: where each row was posted.
 */
export async function undoEntry(workspace: RerateWorkspace, undone: number, postingPeriod: number): Promise<void> {
  await workspace.run(
    `INSERT INTO ${workspace.table('differences')}
     SELECT ${reversalColumns('if({posting:UInt32} = 0, s.posting_period, {posting:UInt32})')}
     FROM charges AS s
     WHERE s.posted_entry = {undone:UInt64} AND (s.entry_no, s.record_no) NOT IN (
       SELECT entry_no, record_no FROM charges
       WHERE posted_entry > {undone:UInt64} AND posted_entry < {entry:UInt64} AND entry_no <= {undone:UInt64})`,
    { undone, posting: postingPeriod },
  );
}

/** Rows of the entry that were left, because others were posted over them. */
export async function rowsLeft(workspace: RerateWorkspace, undone: number): Promise<number> {
  const [row] = await workspace.rows<{ n: string }>(
    `SELECT (SELECT count() FROM charges WHERE posted_entry = {undone:UInt64})
       - (SELECT count() FROM ${workspace.table('differences')}) AS n`,
    { undone },
  );
  return Number(row?.n ?? 0);
}
