/** What a rating thread does: one task after the other, in the order they were given. Started by WorkerPools. */
import { Piscina } from 'piscina';
import { Duplicates } from '../../mediation/duplicates/index.ts';
import { RegisterBook } from '../../mediation/readings/index.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import type { RecycledInput, RecycleResult, SliceOutcome, WorkerOptions, WorkerTask } from './messages.ts';
import { ReferenceData } from './reference-data.ts';
import { rerateSlice } from './rerate-slice.ts';
import { dumpShards, loadShards } from './shard-files.ts';
import { SliceEncoder } from './slice-encoder.ts';
import { release, revive, type SliceBytes, type SlicePlace } from './slice-work.ts';
import { ColumnPool, runStageA } from './stage-a.ts';
import { runStageB, stateShard, type ShardState } from './stage-b.ts';
import { runStageC } from './stage-c.ts';
import { UNKNOWN_FORMAT } from './unknown-format.ts';

let reference = new ReferenceData(UNKNOWN_FORMAT);
const encoder = new SliceEncoder();
const columns = new ColumnPool();
let owner: WorkerOptions = { thread: 0, threads: 1 };
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
      owner = task.options;
      reference = new ReferenceData(UNKNOWN_FORMAT);
      state = { duplicates: new Duplicates(), registers: new RegisterBook() };
      return;
    case 'reference':
      for (const entry of task.entries) reference.apply(entry);
      return;
    case 'process':
      return moved(processSlice(task.place, task.source));
    case 'stageA':
      return runStageA(reference, columns, task.place, task.source);
    case 'stageB': {
      const work = revive(task.work);
      return runStageB(
        state,
        work,
        reference.format(work.place.format),
        reference.lookup,
        owner,
        reference.windowMonths,
      );
    }
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
      dumpShards(state, task.folder, owner.thread);
      return;
    case 'load':
      await loadShards(state, task.folder, owner);
      return;
    case 'memory':
      return { identities: state.duplicates.size, bytes: state.duplicates.bytes };
  }
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
  const result = runStageB(
    state,
    work,
    reference.format(place.format),
    reference.lookup,
    owner,
    reference.windowMonths,
  );
  const outcome = runStageC(reference, encoder, work, result);
  release(work);
  return outcome;
}

const alone = new ColumnPool();

function shardOfInput(input: RecycledInput): number {
  const work = runStageA(reference, alone, input.place, { bytes: input.bytes });
  const kind = reference.format(input.place.format).classes[work.records.classNo[0]]?.kind;
  const shard = stateShard(work.records, 0, kind === 'registerReading' && work.rawIdentity[0] === 0);
  release(work);
  return shard;
}

/** One record on its own, with the address it had. */
function recycle(input: RecycledInput, postedEntry: number): RecycleResult {
  const work = runStageA(reference, alone, input.place, { bytes: input.bytes });
  const format = reference.format(input.place.format);
  // The record was chosen for this thread by its shard, whatever the number of threads.
  const wholly = { thread: 0, threads: 1 };
  const record = { entryNo: input.place.entryNo, recordNo: input.recordNo, holdsIdentity: input.holdsIdentity };
  const result = runStageB(state, work, format, reference.lookup, wholly, reference.windowMonths, record);
  const outcome = runStageC(reference, encoder, work, result, postedEntry, record);
  release(work);
  return { place: input.place, recordNo: input.recordNo, outcome };
}
