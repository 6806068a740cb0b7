/**
 * Usages that end at readings of earlier entries and must be made again, because a reading arrived late or was revised.
 * They are guided and rated like new ones; their charges keep the address of the reading's record, with higher
 * charge numbers for each remake.
 */
import type { LedgerBlock } from '../../ledger/index.ts';
import { guide } from '../../mediation/guiding/index.ts';
import { registerDifference, type Rework } from '../../mediation/readings/index.ts';
import { rateUsage } from '../../rating/index.ts';
import { Disposition, RecordColumns, TEXT_FIELDS } from '../../schemas/columns/record-columns.ts';
import { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { sumControls } from './control-sums.ts';
import type { ControlSum } from './messages.ts';
import type { ReferenceData } from './reference-data.ts';
import type { SliceEncoder } from './slice-encoder.ts';
import type { SliceWork } from './slice-work.ts';

/** Charges of one remake stand this far above those of the one before. */
export const CHARGES_PER_VERSION = 16;
const TEXT_BYTES_MAX = 1024;
const METER = TEXT_FIELDS.indexOf('meter');
const REGISTER = TEXT_FIELDS.indexOf('register');

export function encodeReworked(
  reference: ReferenceData,
  encoder: SliceEncoder,
  reworks: readonly Rework[],
  postedEntry: number,
): { blocks: LedgerBlock[]; controls: ControlSum[] } {
  const blocks: LedgerBlock[] = [];
  const controls: ControlSum[] = [];
  for (const rework of reworks) {
    const { to } = rework;
    const work = asSlice(rework);
    const format = reference.format(to.format);
    guide(reference.guidingPlan, reference.lookup, format, work.records, work.usage);
    for (let row = 0; row < work.usage.count; row++) {
      const assignment = work.usage.assignment[row]!;
      work.usage.startMs[row] = rework.from.readAtMs;
      work.usage.quantity[row] = registerDifference(rework.from, to, {
        digits: reference.lookup.digits(assignment),
        multiplier: reference.lookup.multiplier(assignment),
      });
    }
    rateUsage(reference.tariffBook, reference.binding, work.usage, work.records, 0, work.usage.count);
    const chosen = encoder.choose(work, to.version * CHARGES_PER_VERSION);
    controls.push(...sumControls(reference.names, work.usage, chosen.rows, chosen.count));
    const address = { entryNo: to.entryNo, recordNo: to.recordNo, holdsIdentity: true };
    blocks.push(...encoder.charges(reference, work, chosen, postedEntry, address));
  }
  return { blocks, controls };
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
    records.textOffset[field]![0] = records.arenaEnd;
    records.textLength[field]![0] = bytes.length;
    records.arenaEnd += bytes.length;
  }
  return {
    records,
    usage: new UsageColumns(4),
    rawIdentity: new Uint8Array(1),
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
