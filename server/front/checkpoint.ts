/**
 * The front's checkpoint: its fold over the log as of an entry, so that a start reads only what was appended since. It is
 * made from the log alone, after the entry is durable, and counts only while the log still has that entry with that chain.
 *
 *   <dataDir>/front/checkpoint          the state, replaced as a whole
 *   <dataDir>/front/reference-<entry>   registry and publications, see server/rater/reference-extract.ts
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory } from '../../platform/durable-file.ts';
import { LogReader, type EntryProof } from '../../platform/log/index.ts';
import { readSections, writeSections } from '../../platform/section-file.ts';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';
import { damagedBase, ExtractLost, frontBase, ReferenceTrail, type TrailFacts } from '../rater/index.ts';
import { LogState, STATE_VERSION } from './log-state.ts';

const NAME = 'checkpoint';

/** With the last entry of the fold. */
export interface CheckpointHead extends EntryProof {
  version: number;
  semanticsNo: number;
  reference: TrailFacts;
  /** The first entry that something which waits still needs; null: nothing does. */
  waitingFrom: number | null;
}

export function checkpointFolder(dataDir: string): string {
  return path.join(dataDir, 'front');
}

/** Null when there is none that fits to the log. `ofOthers`: also one of a program with other results. */
export async function readCheckpoint(
  folder: string,
  reader: LogReader,
  headNo: number,
  ofOthers = false,
): Promise<{ head: CheckpointHead; state: LogState } | null> {
  const found = await readSections<CheckpointHead>(path.join(folder, NAME));
  if (found === null) return null;
  const { head, sections } = found;
  if (head.version !== STATE_VERSION || head.entryNo > headNo) return null;
  if (head.semanticsNo !== SEMANTICS_NO && !ofOthers) return null;
  if (!(await reader.holds(head))) return null;
  const state = new LogState();
  state.load(sections);
  state.last = { entryNo: head.entryNo, position: head.position };
  state.trail = ReferenceTrail.of(folder, head.reference);
  return { head, state };
}

/** Keeps the state; all it knows is durable in the log. `wholly`: for the time when earlier entries are let go. */
export async function writeCheckpoint(
  folder: string,
  state: LogState,
  reader: LogReader,
  wholly = false,
): Promise<CheckpointHead | null> {
  const { last } = state;
  if (last === null) return null;
  await makeDirectory(folder);
  const head: CheckpointHead = {
    version: STATE_VERSION,
    semanticsNo: SEMANTICS_NO,
    ...(await reader.prove(last.entryNo, last.position)),
    reference: await state.trail.keepIn(folder, reader, wholly),
    waitingFrom: state.waitingFrom(),
  };
  await writeSections(path.join(folder, NAME), head, state.dump());
  await removeOthers(folder, head.reference.extract?.name);
  return head;
}

async function removeOthers(folder: string, extract: string | undefined): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    const isOld = name.startsWith('reference-') && name !== extract;
    if (isOld || name.endsWith('.tmp')) await fs.rm(path.join(folder, name), { force: true });
  }
}

export interface Folded {
  state: LogState;
  /** Entries that were read behind the checkpoint; all of them when there was none. */
  entriesRead: number;
  /** Entry of the checkpoint; 0 when there was none. */
  checkpointNo: number;
}

/**
 * The state as of entry `upTo`: from the checkpoint when one fits, otherwise from the first entry, or from what stands in the
 * place of those that retention removed. Error: BASE_DAMAGED.
 */
export async function foldLog(folder: string, reader: LogReader, upTo: number): Promise<Folded> {
  const { firstNo } = await reader.start();
  const checkpoint = (await readCheckpoint(folder, reader, upTo)) ?? (await fromBase(folder, reader, upTo));
  const state = checkpoint?.state ?? new LogState();
  const checkpointNo = checkpoint?.head.entryNo ?? 0;
  const from = checkpointNo === 0 ? firstNo : checkpointNo + 1;
  let entriesRead = 0;
  // The entry of the checkpoint is where its own place says, and the next one stands behind it.
  const { position } = checkpoint?.head ?? {};
  const entries =
    position === undefined ? reader.readHeads(from, upTo) : reader.readHeadsAt(checkpointNo, position, upTo);
  for await (const entry of entries) {
    if (entry.entryNo < from) continue;
    state.apply(entry);
    entriesRead++;
  }
  return { state, entriesRead, checkpointNo };
}

async function fromBase(folder: string, reader: LogReader, upTo: number): ReturnType<typeof readCheckpoint> {
  const base = await frontBase(path.dirname(folder));
  if (base === null) return null;
  const checkpoint = await readCheckpoint(base, reader, upTo, true);
  if (checkpoint === null) throw damagedBase(base);
  return checkpoint;
}

/** Moves the checkpoint on to entry `upTo`, which is durable. Made from what is on disk, beside the front that goes on. */
export async function advanceCheckpoint(dataDir: string, upTo: number, wholly = false): Promise<CheckpointHead | null> {
  const folder = checkpointFolder(dataDir);
  const reader = new LogReader(path.join(dataDir, 'log'));
  try {
    const { state } = await foldLog(folder, reader, upTo);
    return await writeCheckpoint(folder, state, reader, wholly);
  } catch (error) {
    if (!(error instanceof ExtractLost)) throw error;
    await forgetCheckpoint(folder);
    return null;
  } finally {
    await reader.close();
  }
}

export async function forgetCheckpoint(folder: string): Promise<void> {
  await fs.rm(path.join(folder, NAME), { force: true });
}
