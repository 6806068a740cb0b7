/** Stage A: bytes → decoded and guided columns. No state, so it runs on any thread. */
import fs from 'node:fs';
import { guide } from '../../mediation/guiding/index.ts';
import { errorNo } from '../../platform/errors.ts';
import { Disposition, RecordColumns } from '../../schemas/columns/record-columns.ts';
import { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { ReferenceData } from './reference-data.ts';
import type { SliceBytes, SlicePlace, SliceWork } from './slice-work.ts';

/** Columns are large: one set is kept and used again where the slice does not leave the thread. */
export class ColumnPool {
  private kept: { records: RecordColumns; usage: UsageColumns; rawIdentity: Uint8Array } | null = null;

  take(sliceLength: number, recordCount: number, arenaBytes: number): ReturnType<ColumnPool['make']> {
    const kept = this.kept;
    if (kept !== null && kept.records.fits(sliceLength, recordCount, arenaBytes)) {
      this.kept = null;
      kept.rawIdentity.fill(0, 0, kept.records.count);
      kept.records.reset(sliceLength);
      kept.usage.count = 0;
      return kept;
    }
    return this.make(sliceLength, recordCount, arenaBytes);
  }

  give(work: SliceWork): void {
    if (this.kept === null || this.kept.records.capacity < work.records.capacity) this.kept = work;
  }

  /** The text of the kept columns, where a slice of that length may be read to; null when there is none so large. */
  textFor(sliceLength: number): Uint8Array | null {
    const text = this.kept?.records.text;
    return text !== undefined && text.length >= sliceLength ? text : null;
  }

  private make(
    sliceLength: number,
    recordCount: number,
    arenaBytes: number,
  ): { records: RecordColumns; usage: UsageColumns; rawIdentity: Uint8Array } {
    // The next slice has a few records more: room for them saves making columns anew each time.
    const capacity = Math.ceil(recordCount * 1.2) + 16;
    return {
      records: new RecordColumns(sliceLength, capacity, Math.ceil(arenaBytes * 1.2)),
      usage: new UsageColumns(capacity),
      rawIdentity: new Uint8Array(new SharedArrayBuffer(capacity)),
    };
  }
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
  const { records, usage, rawIdentity } = pool.take(bytes.length, recordCount, arenaBytes);
  if (records.text.buffer !== bytes.buffer) records.text.set(bytes);
  format.decode(records, { first: place.first });
  refuseImpossibleTimes(records);
  markUndecoded(records, rawIdentity);
  if (reference.hasGuiding) guide(reference.guidingPlan, reference.lookup, format, records, usage);
  else suspendUnguided(records);
  return { place, records, usage, rawIdentity };
}

/** Reads a slice, to where its columns have their text when they are kept from the last one. */
function readBytes(
  { path, offset, lengthBytes }: Extract<SliceBytes, { path: string }>,
  text: Uint8Array | null,
): Uint8Array {
  const target = text ?? Buffer.allocUnsafeSlow(lengthBytes);
  const file = fs.openSync(path, 'r');
  try {
    let read = 0;
    while (read < lengthBytes) {
      const count = fs.readSync(file, target, read, lengthBytes - read, offset + read);
      if (count === 0) throw new Error(`${path} ends before offset ${offset + lengthBytes}`);
      read += count;
    }
  } finally {
    fs.closeSync(file);
  }
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
