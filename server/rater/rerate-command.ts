/** Commands that post the differences of a re-rating, or take back what one posted. */
import {
  differenceBlocks,
  differencesOf,
  differenceSums,
  RerateWorkspace,
  rowsLeft,
  undoEntry,
  type LedgerBlock,
  type LedgerClient,
} from '../../ledger/index.ts';
import type { LogReader } from '../../platform/log/index.ts';
import type { RerateProgress } from '../../schemas/api/rerates.ts';
import type { CommandHead } from '../../schemas/log-entries.ts';
import { encodeControls } from './accounting.ts';
import type { RerateResult } from './messages.ts';
import type { ReferenceData, ReferenceEntry } from './reference-data.ts';
import { rerate } from './rerate.ts';
import { yyyymm } from './settle-rows.ts';
import type { WorkerPools } from './worker-pools.ts';

export interface ReratingEvents {
  progress(entryNo: number, how: RerateProgress): void;
  /** Its rows are to be dropped once they are written. */
  posting(workspace: RerateWorkspace): void;
  done(result: RerateResult): void;
}

interface Parts {
  ledger: LedgerClient;
  pools: WorkerPools;
  reference: ReferenceData;
  referenceEntries(): AsyncIterable<ReferenceEntry>;
  settledBefore(entryNo: number): string[];
  reader: LogReader;
  spoolPath(blob: string): string;
  rerating: ReratingEvents;
  /** Whose turn it is: another rater works on the same command in tables of its own. */
  turn: number;
}

type Input<Name> = Extract<CommandHead, { command: Name }>['input'];

export async function postRerate(parts: Parts, entryNo: number, input: Input<'rerate'>): Promise<LedgerBlock[]> {
  const workspace = await RerateWorkspace.make(parts.ledger, `c${entryNo}t${parts.turn}`, entryNo);
  const progress = (how: RerateProgress): void => parts.rerating.progress(entryNo, how);
  const figures = await rerate({ ...parts, progress }, workspace, input);
  // Approved twice, there is nothing left to post, and nothing to refuse.
  const refused = figures.rows > 0 && input.digest !== undefined && input.digest !== figures.digest;
  const state = figures.rows === 0 ? 'nothing' : refused ? 'refused' : 'posted';
  return finish(parts, workspace, { entryNo, state, left: 0, figures, ...countsOf(state, figures.lines) });
}

export async function undoRerate(
  parts: Parts,
  entryNo: number,
  { rerate: undone, postingPeriod }: Input<'undoRerate'>,
): Promise<LedgerBlock[]> {
  const workspace = await RerateWorkspace.make(parts.ledger, `c${entryNo}t${parts.turn}`, entryNo);
  parts.rerating.progress(entryNo, { phase: 'finding', done: 0, total: 0 });
  await undoEntry(workspace, undone, postingPeriod === undefined ? 0 : yyyymm(postingPeriod));
  const { rows, lines } = await differencesOf(workspace);
  const state = rows === 0 ? 'nothing' : 'posted';
  const left = await rowsLeft(workspace, undone);
  return finish(parts, workspace, { entryNo, state, left, figures: null, ...countsOf(state, lines) });
}

function countsOf(
  state: RerateResult['state'],
  lines: readonly { reversed: number; posted: number }[],
): { reversed: number; posted: number } {
  if (state !== 'posted') return { reversed: 0, posted: 0 };
  return {
    reversed: lines.reduce((sum, line) => sum + line.reversed, 0),
    posted: lines.reduce((sum, line) => sum + line.posted, 0),
  };
}

async function finish({ rerating }: Parts, workspace: RerateWorkspace, result: RerateResult): Promise<LedgerBlock[]> {
  const { entryNo, state } = result;
  if (state !== 'posted') {
    await workspace.drop();
    rerating.done(result);
    return [];
  }
  rerating.progress(entryNo, { phase: 'posting', done: 0, total: 0 });
  const controls = (await differenceSums(workspace)).map((sum) => ({ ...sum, entryNo }));
  const blocks = [...(await differenceBlocks(workspace)), ...encodeControls(controls, entryNo)];
  rerating.posting(workspace);
  rerating.done(result);
  return blocks;
}
