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

  private make(
    sliceLength: number,
    recordCount: number,
    arenaBytes: number,
  ): { records: RecordColumns; usage: UsageColumns; rawIdentity: Uint8Array } {
    return {
      records: new RecordColumns(sliceLength, recordCount, arenaBytes),
      usage: new UsageColumns(Math.max(64, recordCount)),
      rawIdentity: new Uint8Array(new SharedArrayBuffer(Math.max(8, recordCount))),
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
  const bytes = 'bytes' in source ? source.bytes : readBytes(source.path, source.offset, source.lengthBytes);
  const recordCount = format.estimateRecords(bytes);
  const arenaBytes = format.estimateArena(bytes.length, recordCount);
  const { records, usage, rawIdentity } = pool.take(bytes.length, recordCount, arenaBytes);
  records.text.set(bytes);
  format.decode(records, { first: place.first });
  refuseImpossibleTimes(records);
  markUndecoded(records, rawIdentity);
  guide(reference.guidingPlan, reference.lookup, format, records, usage);
  return { place, records, usage, rawIdentity };
}

let readBuffer = Buffer.alloc(0);

function readBytes(path: string, offset: number, lengthBytes: number): Uint8Array {
  if (readBuffer.length < lengthBytes) readBuffer = Buffer.allocUnsafeSlow(lengthBytes);
  const file = fs.openSync(path, 'r');
  try {
    let read = 0;
    while (read < lengthBytes) {
      const count = fs.readSync(file, readBuffer, read, lengthBytes - read, offset + read);
      if (count === 0) throw new Error(`${path} ends before offset ${offset + lengthBytes}`);
      read += count;
    }
  } finally {
    fs.closeSync(file);
  }
  return readBuffer.subarray(0, lengthBytes);
}

/** The ledger keeps the months of 1970 to 2105. */
const TIME_END_MS = Date.UTC(2106, 0, 1);

function refuseImpossibleTimes(records: RecordColumns): void {
  const { disposition, startMs, endMs, code } = records;
  for (let i = 0; i < records.count; i++) {
    if (disposition[i] !== Disposition.usable) continue;
    if (startMs[i]! >= 0 && startMs[i]! < TIME_END_MS && endMs[i]! < TIME_END_MS) continue;
    disposition[i] = Disposition.suspended;
    code[i] = errorNo('TIME_OUT_OF_RANGE');
  }
}

/** What could not be decoded has a digest of its bytes as identity: it is recognised by them when it comes again. */
function markUndecoded({ count, disposition }: RecordColumns, rawIdentity: Uint8Array): void {
  for (let i = 0; i < count; i++) if (disposition[i] === Disposition.suspended) rawIdentity[i] = 1;
}
