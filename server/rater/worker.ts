/** What a rating thread does: one task after the other, in the order they were given. Started by WorkerPools. */
import { Piscina } from 'piscina';
import { Duplicates } from '../../mediation/duplicates/index.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type {
  IdentityStatistics,
  RecycledInput,
  RecycleResult,
  SliceOutcome,
  WorkerOptions,
  WorkerTask,
} from './messages.ts';
import { ReferenceData } from './reference-data.ts';
import { rerateSlice } from './rerate-slice.ts';
import { IdentityFiles } from './identity-files.ts';
import { dumpShards, loadShards } from './shard-files.ts';
import { SliceEncoder } from './slice-encoder.ts';
import { release, revive, type SliceBytes, type SlicePlace, type SliceWork } from './slice-work.ts';
import { ColumnPool, runStageA } from './stage-a.ts';
import { newState, runStageB, stateShard, type Ownership, type ShardState, type StageBResult } from './stage-b.ts';
import { runStageC } from './stage-c.ts';
import { UNKNOWN_FORMAT } from './unknown-format.ts';

let reference = new ReferenceData(UNKNOWN_FORMAT);
const encoder = new SliceEncoder();
const columns = new ColumnPool();
let owner: Ownership = { thread: 0, threads: 1 };
let memoryBytesMax = 0;
let older: IdentityFiles | null = null;
let state: ShardState;

export default async function run(task: WorkerTask): Promise<unknown> {
  try {
    return await perform(task);
  } catch (error) {
    // Classes do not survive the way between threads: the code goes in the message, and is put back there.
    const { code, message, details } = toTollgridError(error);
    throw new TollgridError(code, message, details, { cause: error });
  }
}

async function perform(task: WorkerTask): Promise<unknown> {
  switch (task.kind) {
    case 'open':
      open(task.options);
      return;
    case 'reference':
      for (const entry of task.entries) reference.apply(entry);
      return;
    case 'process':
      return moved(processSlice(task.place, task.source));
    case 'stageA':
      return runStageA(reference, columns, task.place, task.source);
    case 'stageB':
      return keepingState(revive(task.work));
    case 'stageC': {
      const work = revive(task.work);
      const outcome = runStageC(reference, encoder, work, task.state);
      release(work);
      return moved(outcome);
    }
    case 'shards':
      return task.inputs.map(shardOfInput);
    case 'recycle':
      return task.inputs.map((input) => recycle(input, task.postedEntry));
    case 'rerate':
      return rerateSlice(reference, encoder, columns, task.input);
    case 'dump':
      dumpShards(state, older!, task.folder, owner.thread);
      return;
    case 'load':
      await loadShards(state, older!, task.folder, owner);
      state.duplicates.makeRoom(0, memoryBytesMax);
      return;
    case 'identities':
      return {
        openSessions: state.sessions.open,
        inMemory: state.duplicates.size,
        onDisk: older!.count,
        memoryBytes: state.duplicates.bytes + older!.memoryBytes,
        diskBytes: older!.diskBytes,
        files: older!.fileCount,
        filterBits: older!.filterBits,
      } satisfies IdentityStatistics;
    case 'checkIdentities':
      older!.check();
      return;
  }
}

function open({ thread, threads, identities }: WorkerOptions): void {
  owner = { thread, threads };
  memoryBytesMax = identities.memoryBytesMax;
  older?.close();
  older = new IdentityFiles(identities.folder, owner, memoryBytesMax);
  reference = new ReferenceData(UNKNOWN_FORMAT);
  state = newState(new Duplicates(older));
}

/** Stage B of a slice, with room for all of its records. */
function keepingState(work: SliceWork): StageBResult {
  const format = reference.format(work.place.format);
  // Each packet may be the last of a session, which is remembered too.
  state.duplicates.makeRoom(work.records.count * (format.joinsSessions ? 2 : 1), memoryBytesMax);
  return runStageB(state, work, format, reference, owner);
}

/** The blocks are handed over or shared, not copied. (Piscina takes any object with its two symbols; its types do not say so.) */
function moved(outcome: SliceOutcome): unknown {
  const buffers = outcome.blocks
    .flatMap(({ chunks }) => chunks.map(({ buffer }) => buffer))
    .filter((buffer) => buffer instanceof ArrayBuffer);
  return Piscina.move({
    get [Piscina.transferableSymbol]() {
      return buffers;
    },
    get [Piscina.valueSymbol]() {
      return outcome;
    },
  } as unknown as ArrayBuffer);
}

function processSlice(place: SlicePlace, source: SliceBytes): SliceOutcome {
  const work = runStageA(reference, columns, place, source);
  const result = keepingState(work);
  const outcome = runStageC(reference, encoder, work, result);
  release(work);
  return outcome;
}

const alone = new ColumnPool();

function shardOfInput(input: RecycledInput): number {
  const work = runStageA(reference, alone, input.place, { bytes: input.bytes });
  const { kind, session } = reference.format(input.place.format).classes[work.records.classNo[0]] ?? {};
  const of = work.rawIdentity[0] !== 0 ? null : kind === 'registerReading' ? 'register' : session ? 'session' : null;
  const shard = stateShard(work.records, 0, of);
  release(work);
  return shard;
}

/** One record on its own, with the address it had. */
function recycle(input: RecycledInput, postedEntry: number): RecycleResult {
  const work = runStageA(reference, alone, input.place, { bytes: input.bytes });
  const format = reference.format(input.place.format);
  // The record was chosen for this thread by its shard, whatever the number of threads.
  const wholly = { thread: 0, threads: 1 };
  const { recordNo, holdsIdentity, part } = input;
  const record = { entryNo: input.place.entryNo, recordNo, holdsIdentity, ...(part !== undefined && { part }) };
  const result = runStageB(state, work, format, reference, wholly, record);
  const outcome = runStageC(reference, encoder, work, result, postedEntry, record);
  release(work);
  return { place: input.place, recordNo: input.recordNo, outcome };
}
