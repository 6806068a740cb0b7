/**
 * Bugs put in on purpose, one at a time, to test the test: each breaks a rule that the program keeps. They live here, as
 * replaced methods and a lying disk; the program has no switch for them.
 */
import { open } from 'node:fs/promises';
import { FoundTotals } from '../../../ledger/control-totals.ts';
import { LedgerWriter } from '../../../ledger/index.ts';
import { AppendJournal } from '../../../platform/durable-file.ts';
import { scanFrames } from '../../../platform/log/scan.ts';
import { listSegments } from '../../../platform/log/segments.ts';
import { Disposition } from '../../../schemas/columns/record-columns.ts';
import { ReferenceTrail } from '../../../server/rater/reference-trail.ts';
import { LogState } from '../../../server/front/log-state.ts';
import { CheckpointStore } from '../../../server/rater/checkpoint.ts';
import type { SliceOutcome } from '../../../server/rater/messages.ts';
import { PlannedCuts } from '../../../server/rater/planned-cuts.ts';
import { WorkerPools } from '../../../server/rater/worker-pools.ts';
import type { Plant } from './life.ts';
import type { Operation } from './patched-fs.ts';
import type { World } from './world.ts';

/** What the bug is → how to plant it. */
export const PLANTED_BUGS: Record<string, Plant> = {
  'the log is acknowledged before it is synced': lying((kind, file) => kind === 'sync' && file.endsWith('.log')),
  'folders are not synced': lying((kind) => kind === 'syncFolder'),
  'spooled files are not synced': lying((kind, file) => kind === 'sync' && file.includes('/spool/')),
  'a failed sync is tried again and believed': (world) => {
    world.ignoresFailedSyncs = true;
    return nothing;
  },
  'an owner that was taken for dead writes on when it wakes': (world) => {
    world.fenced = false;
    return nothing;
  },
  'a checkpoint claims one entry more than was written': method(CheckpointStore, 'write', (original) => {
    return function (this: CheckpointStore, entryNo, ...rest) {
      return original.call(this, entryNo + 1, ...rest);
    };
  }),
  'an original is removed before its archive is synced': lying(
    (kind, file) => kind === 'sync' && file.endsWith('.gz.tmp'),
  ),
  'entries are removed before the mark of retention is durable': (world) => {
    world.keepLogChance = 0.8;
    return lying((kind, file) => kind === 'sync' && file.includes('/.retained.json.'))(world);
  },
  'the log is cut before the ledger is synced': (world) => {
    world.ledger.syncs = false;
    world.keepLogChance = 0.8;
    return nothing;
  },
  'what a checkpoint of the front held is forgotten at a restart': method(LogState, 'load', () => {
    return function (this: LogState) {
      this.trail = new ReferenceTrail();
    };
  }),
  'duplicates are forgotten at a restart': method(WorkerPools, 'load', () => async () => undefined),
  'the number of the last entry is given again after a restart': (world) => {
    world.beforeFront = dropLastFrame;
    return nothing;
  },
  'a torn tail is not cut but written behind': (world) => {
    world.diskBug = (kind, file) => !(kind === 'truncate' && file.endsWith('.log'));
    world.placeOf = (file, at, inode) => (file.endsWith('.log') ? inode.size : at);
    return nothing;
  },
  'a damaged middle is cut like a torn tail': (world) => {
    world.beforeFront = cutAtFirstDamage;
    return nothing;
  },
  'a file whose admission was interrupted is not finished': method(LogState, 'incomplete', () => () => []),
  'idempotency keys are forgotten': method(LogState, 'push', () => () => undefined),
  'money goes through binary fractions': (world) => {
    world.ledger.alter = (row) => {
      const micros = row['amount'];
      return typeof micros === 'bigint' ? { ...row, amount: BigInt(Math.trunc((Number(micros) / 1e6) * 1e6)) } : row;
    };
    return nothing;
  },
  'a duplicate is counted twice': method(WorkerPools, 'process', (original) => {
    return async function (this: WorkerPools, ...given): Promise<SliceOutcome> {
      const outcome = await original.apply(this, given);
      for (const { counts } of outcome.batches)
        if (counts[Disposition.duplicate]! > 0) counts[Disposition.duplicate]!++;
      return outcome;
    };
  }),
  'the journal is believed without asking the ledger': method(FoundTotals, 'stateOf', () => () => 'whole'),
  'a part of a write is taken for the whole': method(FoundTotals, 'stateOf', (original) => {
    return function (this: FoundTotals, ...given) {
      return original.apply(this, given) === 'absent' ? 'absent' : 'whole';
    };
  }),
  'a write is sent again without asking the ledger': method(FoundTotals, 'stateOf', () => () => 'absent'),
  'a replay cuts its writes elsewhere': method(PlannedCuts, 'cutFor', () => () => null),
  'totals are journalled after the insert, and rows without totals are not looked for': both(
    method(AppendJournal, 'append', (original) => {
      return async function (this: AppendJournal<unknown>, entry) {
        void later(60).then(() => original.call(this, entry));
      };
    }),
    nothingIsLookedFor(),
  ),
  'rows lost before the checkpoint are not looked for': nothingIsLookedFor(),
};

function nothing(): void {}

/** What a start asks of the ledger, with a checkpoint and without. */
function nothingIsLookedFor(): Plant {
  return both(
    method(LedgerWriter, 'verify', () => async () => ({ writes: 0, differences: [], detachedParts: [] })),
    method(LedgerWriter, 'verifySince', () => async () => []),
  );
}

/** The disk says it did what it left out. */
function lying(leavesOut: (kind: Operation, file: string) => boolean): Plant {
  return (world) => {
    world.diskBug = (kind, file) => !leavesOut(kind, file);
    return nothing;
  };
}

function both(...plants: Plant[]): Plant {
  return (world) => {
    const undo = plants.map((plant) => plant(world));
    return () => undo.forEach((one) => one());
  };
}

type Method<C, K extends keyof C> = C[K] extends (...given: infer A) => infer R ? (...given: A) => R : never;

/** Replaces a method of a class while the bug is planted. */
function method<C, K extends keyof C & string>(
  of: { prototype: C },
  name: K,
  replacement: (original: Method<C, K>) => Method<C, K>,
): Plant {
  return () => {
    const prototype = of.prototype as Record<string, unknown>;
    const original = prototype[name];
    prototype[name] = replacement(original as Method<C, K>);
    return () => (prototype[name] = original);
  };
}

async function later(turns: number): Promise<void> {
  for (; turns > 0; turns--) await new Promise(setImmediate);
}

async function dropLastFrame(world: World): Promise<void> {
  for (const { path, firstNo } of (await segmentsOf(world)).reverse()) {
    const offsets = (await framesOf(path, firstNo)).offsets;
    if (offsets.length === 0) continue;
    world.disk.find(path)!.truncate(offsets.at(-1)!);
    return;
  }
}

async function cutAtFirstDamage(world: World): Promise<void> {
  let cut = false;
  for (const { path, firstNo } of await segmentsOf(world)) {
    if (cut) {
      world.disk.remove(path);
      continue;
    }
    const { end, size } = await framesOf(path, firstNo);
    if (end === size) continue;
    world.disk.find(path)!.truncate(end);
    cut = true;
  }
}

async function segmentsOf({ root, disk }: World): ReturnType<typeof listSegments> {
  return disk.find(`${root}/log`) === undefined ? [] : listSegments(`${root}/log`);
}

async function framesOf(path: string, firstNo: number): Promise<{ offsets: number[]; end: number; size: number }> {
  const file = await open(path, 'r');
  const offsets: number[] = [];
  const frames = scanFrames(file, { offset: 0, entryNo: firstNo, windowBytes: 1 << 20, checkBodies: true });
  for (;;) {
    const next = await frames.next();
    if (next.done) return { offsets, end: next.value.offset, size: (await file.stat()).size };
    offsets.push(next.value.offset);
  }
}
