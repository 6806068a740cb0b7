/** Stage A: bytes → decoded and guided columns. No state, so it runs on any thread. */
import { guide } from '../../mediation/guiding/index.ts';
import { errorNo } from '../../platform/errors.ts';
import { readStoredSync } from '../../platform/log/index.ts';
import { Disposition, RecordColumns } from '../../schemas/columns/record-columns.ts';
import { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { ReferenceData } from './reference-data.ts';
import type { SliceBytes, SlicePlace, SliceWork } from './slice-work.ts';

type ColumnSet = Pick<SliceWork, 'records' | 'usage' | 'rawIdentity' | 'inUse'>;

/** Columns are large, and fresh memory is dear: a set whose slice is done is used again on the thread that made it. */
export class ColumnPool {
  private sets: ColumnSet[] = [];

  take(sliceLength: number, recordCount: number, arenaBytes: number): ColumnSet {
    const free = this.free();
    if (free?.records.fits(sliceLength, recordCount, arenaBytes)) {
      free.rawIdentity.fill(0, 0, free.records.count);
      free.records.reset(sliceLength);
      free.usage.count = 0;
      Atomics.store(free.inUse, 0, 1);
      return free;
    }
    // One that is too small is let go: slices of a file are about the same size.
    if (free !== undefined) this.sets = this.sets.filter((set) => set !== free);
    const made = makeColumns(sliceLength, recordCount, arenaBytes);
    this.sets.push(made);
    return made;
  }

  /** The text of the next set, where a slice of that length may be read to; null when it is not so large. */
  textFor(sliceLength: number): Uint8Array | null {
    const text = this.free()?.records.text;
    return text !== undefined && text.length >= sliceLength ? text : null;
  }

  private free(): ColumnSet | undefined {
    return this.sets.find(({ inUse }) => Atomics.load(inUse, 0) === 0);
  }
}

function makeColumns(sliceLength: number, recordCount: number, arenaBytes: number): ColumnSet {
  // The next slice has a few records more: room for them saves making columns anew each time.
  const capacity = Math.ceil(recordCount * 1.2) + 16;
  return {
    records: new RecordColumns(sliceLength, capacity, Math.ceil(arenaBytes * 1.2)),
    usage: new UsageColumns(capacity),
    rawIdentity: new Uint8Array(new SharedArrayBuffer(capacity)),
    inUse: new Int32Array(new SharedArrayBuffer(4)).fill(1),
  };
}

export function runStageA(
  reference: ReferenceData,
  pool: ColumnPool,
  place: SlicePlace,
  source: SliceBytes,
): SliceWork {
  const format = reference.format(place.format);
  const bytes = 'bytes' in source ? source.bytes : readBytes(source, pool.textFor(source.lengthBytes));
  const recordCount = 'bytes' in source ? format.estimateRecords(bytes) : source.recordsMax;
  const arenaBytes = format.estimateArena(bytes.length, recordCount);
  const { records, usage, rawIdentity, inUse } = pool.take(bytes.length, recordCount, arenaBytes);
  if (records.text.buffer !== bytes.buffer) records.text.set(bytes);
  format.decode(records, place);
  refuseImpossibleTimes(records);
  markUndecoded(records, rawIdentity);
  if (reference.hasGuiding) guide(reference.guidingPlan, reference.lookup, format, records, usage);
  else suspendUnguided(records);
  return { place, records, usage, rawIdentity, inUse };
}

/** Reads a slice, to where its columns have their text when they are kept from the last one. */
function readBytes(
  { path, offset, lengthBytes }: Extract<SliceBytes, { path: string }>,
  text: Uint8Array | null,
): Uint8Array {
  const target = text ?? Buffer.allocUnsafeSlow(lengthBytes);
  const filled = readStoredSync(path, target.subarray(0, lengthBytes), offset);
  if (filled < lengthBytes) throw new Error(`${path} ends before offset ${offset + lengthBytes}`);
  return target.subarray(0, lengthBytes);
}

/** Before guiding rules are published nobody can be charged: the records wait for them. */
function suspendUnguided({ count, disposition, code }: RecordColumns): void {
  for (let i = 0; i < count; i++) {
    if (disposition[i] !== Disposition.usable) continue;
    disposition[i] = Disposition.suspended;
    code[i] = errorNo('GUIDING_MISSING');
  }
}

/** The ledger keeps the months of 1970 to 2105. */
const TIME_END_MS = Date.UTC(2106, 0, 1);

function refuseImpossibleTimes(records: RecordColumns): void {
  const { disposition, startMs, endMs, code } = records;
  for (let i = 0; i < records.count; i++) {
    if (disposition[i] !== Disposition.usable) continue;
    if (startMs[i] >= 0 && startMs[i] < TIME_END_MS && endMs[i] < TIME_END_MS) continue;
    disposition[i] = Disposition.suspended;
    code[i] = errorNo('TIME_OUT_OF_RANGE');
  }
}

/** What could not be decoded has a digest of its bytes as identity: it is recognised by them when it comes again. */
function markUndecoded({ count, disposition }: RecordColumns, rawIdentity: Uint8Array): void {
  for (let i = 0; i < count; i++) if (disposition[i] === Disposition.suspended) rawIdentity[i] = 1;
}
