/**
 * Records that were charged, priced again from their bytes with the formats, guiding, tariffs and customers of now. What
 * needs memory of other records (duplicates, register chains) is taken from what stands in the ledger.
 */
import type { CompiledFormat } from '../../mediation/formats/index.ts';
import { registerDifference } from '../../mediation/readings/index.ts';
import { errorCode } from '../../platform/errors.ts';
import { divideUsage, rateUsage } from '../../rating/index.ts';
import { Disposition } from '../../schemas/columns/record-columns.ts';
import type { RerateInput, RerateOutput } from './messages.ts';
import { refuseOversized } from './oversized.ts';
import type { ReferenceData } from './reference-data.ts';
import type { SliceEncoder } from './slice-encoder.ts';
import { closeSpans, rateParts, spreadParts } from './session-rows.ts';
import { release, type SliceWork } from './slice-work.ts';
import { runStageA, type ColumnPool } from './stage-a.ts';

/** The bytes say something else now than what was charged. */
const DIFFERS = 'RERATE_RECORD_DIFFERS';

export function rerateSlice(
  reference: ReferenceData,
  encoder: SliceEncoder,
  pool: ColumnPool,
  input: RerateInput,
): RerateOutput {
  const work = runStageA(reference, pool, input.place, input.source);
  const format = reference.format(input.place.format);
  const unpriced: Record<string, number> = {};
  const refuse = (code: string): void => {
    unpriced[code] = (unpriced[code] ?? 0) + 1;
  };
  const { records, usage } = work;
  const chargeFrom = select(work, format, input, refuse);
  measure(work, format, reference, input, refuse);
  compact(work);
  const parts = new Map(input.parts);
  const facts = reference.factsFor(format);
  closeSpans(usage, parts);
  divideUsage(reference.tariffBook, reference.binding, usage);
  const totals = spreadParts(reference, usage, parts);
  rateUsage(reference.tariffBook, reference.binding, usage, records, 0, usage.count, facts);
  rateParts(reference, usage, records, totals, facts);
  refuseOversized(usage);
  for (let row = 0; row < usage.count; row++) {
    const record = usage.record[row];
    if (usage.code[row] === 0 || records.disposition[record] !== Disposition.usable) continue;
    records.disposition[record] = Disposition.suspended;
    refuse(errorCode(usage.code[row]));
  }
  const chosen = encoder.choose(work);
  for (let i = 0; i < chosen.count; i++) {
    const row = chosen.rows[i];
    chosen.chargeNo[row] += chargeFrom[usage.record[row]];
  }
  const blocks = encoder.chargesAlone(reference, work, chosen, input.postedEntry);
  release(work);
  return { blocks, unpriced };
}

/** Only records that are asked for stay usable. Returns the number that each one's charges begin with. */
function select(
  { records }: SliceWork,
  format: CompiledFormat,
  { records: { recordNos, chargeFrom, identity } }: RerateInput,
  refuse: (code: string) => void,
): Uint16Array {
  const { count, disposition, code } = records;
  const wanted = new Uint8Array(count);
  const first = new Uint16Array(count);
  // Where records have no key of their own, the last word tells occurrences of the same content apart.
  const words = format.identity === 'occurrence' ? 3 : 4;
  for (let i = 0; i < recordNos.length; i++) {
    const record = recordNos[i];
    const same = record < count && isSame(records.identity, record * 4, identity, i * 4, words);
    if (!same) {
      refuse(record < count && disposition[record] === Disposition.suspended ? errorCode(code[record]) : DIFFERS);
    } else if (disposition[record] === Disposition.usable) {
      records.identity[record * 4 + 3] = identity[i * 4 + 3];
      wanted[record] = 1;
      first[record] = chargeFrom[i];
    } else refuse(disposition[record] === Disposition.suspended ? errorCode(code[record]) : DIFFERS);
  }
  for (let i = 0; i < count; i++) if (wanted[i] === 0) disposition[i] = Disposition.filtered;
  return first;
}

function isSame(a: Uint32Array, at: number, b: Uint32Array, bAt: number, words: number): boolean {
  for (let word = 0; word < words; word++) if (a[at + word] !== b[bAt + word]) return false;
  return true;
}

/** What a meter showed: an interval times its multiplier, a register less what it showed when the usage began. */
function measure(
  { records, usage }: SliceWork,
  format: CompiledFormat,
  { lookup }: ReferenceData,
  input: RerateInput,
  refuse: (code: string) => void,
): void {
  const kinds = format.classes.map(({ kind }) => kind);
  if (!kinds.some((kind) => kind === 'registerReading' || kind === 'intervalReading')) return;
  const spans = new Map(input.spans.map((span) => [span.recordNo, span]));
  for (let row = 0; row < usage.count; row++) {
    const record = usage.record[row];
    if (records.disposition[record] !== Disposition.usable) continue;
    const assignment = usage.assignment[row];
    const kind = kinds[records.classNo[record]];
    if (kind === 'intervalReading') usage.quantity[row] *= lookup.multiplier(assignment);
    if (kind !== 'registerReading') continue;
    const span = spans.get(record)!;
    const to = { digits: records.quantity[record], scale: records.scale[record] };
    const facts = { digits: lookup.digits(assignment), multiplier: lookup.multiplier(assignment) };
    const quantity = span.from === null ? span.quantity : registerDifference(span.from, to, facts);
    usage.startMs[row] = span.startMs;
    usage.quantity[row] = quantity;
    if (quantity >= 0) continue;
    records.disposition[record] = Disposition.suspended;
    refuse('READING_BACKWARDS');
  }
}

function compact({ records, usage }: SliceWork): void {
  const drop = new Uint8Array(usage.count);
  for (let row = 0; row < usage.count; row++) {
    if (records.disposition[usage.record[row]] !== Disposition.usable) drop[row] = 1;
  }
  usage.compact(drop);
}
