/**
 * Usages that end at readings of earlier entries and must be made again, because a reading arrived late or was revised.
 * They are guided and rated like new ones; their charges keep the address of the reading's record, with higher
 * charge numbers for each remake.
 */
import type { LedgerRow } from '../../ledger/index.ts';
import { guide } from '../../mediation/guiding/index.ts';
import { registerDifference, type Rework } from '../../mediation/readings/index.ts';
import { errorCode } from '../../platform/errors.ts';
import { divideUsage, rateUsage } from '../../rating/index.ts';
import { Disposition, RecordColumns, TEXT_FIELDS } from '../../schemas/columns/record-columns.ts';
import { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { chargeRowsOf } from './charge-rows.ts';
import { refuseOversized } from './oversized.ts';
import type { ReferenceData } from './reference-data.ts';
import type { SliceEncoder } from './slice-encoder.ts';
import type { SliceWork } from './slice-work.ts';

/** Charges of one remake stand this far above those of the one before: a usage of 400 days has 14 parts in each view. */
export const CHARGES_PER_VERSION = 64;
const TEXT_BYTES_MAX = 1024;
const METER = TEXT_FIELDS.indexOf('meter');
const REGISTER = TEXT_FIELDS.indexOf('register');

export interface Reworked {
  rows: LedgerRow[];
  /** Those that could be made again. What cannot be priced now stays as it stands: taking it back would lose it. */
  done: Rework[];
  /** Codes of those that could not. */
  failed: string[];
}

export function makeAgain(
  reference: ReferenceData,
  encoder: SliceEncoder,
  reworks: readonly Rework[],
  postedEntry: number,
): Reworked {
  const result: Reworked = { rows: [], done: [], failed: [] };
  for (const rework of reworks) {
    const { to } = rework;
    const work = asSlice(rework);
    const { records, usage } = work;
    guide(reference.guidingPlan, reference.lookup, reference.format(to.format), records, usage);
    for (let row = 0; row < usage.count; row++) {
      const assignment = usage.assignment[row];
      usage.startMs[row] = rework.from.readAtMs;
      usage.quantity[row] = registerDifference(rework.from, to, {
        digits: reference.lookup.digits(assignment),
        multiplier: reference.lookup.multiplier(assignment),
      });
    }
    divideUsage(reference.tariffBook, reference.binding, usage);
    const facts = reference.factsFor(reference.format(to.format));
    rateUsage(reference.tariffBook, reference.binding, usage, records, 0, usage.count, facts);
    refuseOversized(usage);
    const code = records.code[0] || usage.code.subarray(0, usage.count).find((one) => one !== 0) || 0;
    if (code !== 0 || usage.count === 0) {
      result.failed.push(code === 0 ? 'GUIDE_NO_OWNER' : errorCode(code));
      continue;
    }
    const chosen = encoder.choose(work, to.version * CHARGES_PER_VERSION);
    result.rows.push(...chargeRowsOf(reference, work, chosen, to, postedEntry));
    result.done.push(rework);
  }
  return result;
}

/** A slice of one record: the reading at the end of the usage. */
function asSlice({ meter, register, to }: Rework): SliceWork {
  const records = new RecordColumns(0, 1, TEXT_BYTES_MAX);
  records.count = 1;
  records.disposition[0] = Disposition.usable;
  records.classNo[0] = to.classNo;
  records.startMs[0] = to.readAtMs;
  records.endMs[0] = to.readAtMs;
  records.quantity[0] = to.digits;
  records.scale[0] = to.scale;
  records.quality[0] = to.quality;
  records.identity.set(to.identity);
  for (const [field, value] of [
    [METER, meter],
    [REGISTER, register],
  ] as const) {
    const bytes = Buffer.from(value);
    records.text.set(bytes, records.arenaEnd);
    records.textOffset[field][0] = records.arenaEnd;
    records.textLength[field][0] = bytes.length;
    records.arenaEnd += bytes.length;
  }
  return {
    records,
    usage: new UsageColumns(4),
    rawIdentity: new Uint8Array(1),
    inUse: Int32Array.of(1),
    place: {
      entryNo: to.entryNo,
      fileEntry: to.fileEntry,
      source: to.source,
      format: to.format,
      acceptedAtMs: to.acceptedAtMs,
      sourceOffset: 0,
      first: false,
      last: false,
    },
  };
}
