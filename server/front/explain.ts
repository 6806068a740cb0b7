/**
 * Why a charge is what it is: from the amount through each step to the bytes the record came in. The record is read
 * from the log, decoded, guided and priced again with the reference data of then, through the same code.
 */
import { findCharges, type Charge, type LedgerClient } from '../../ledger/index.ts';
import { explainRecord, type CompiledFormat } from '../../mediation/formats/index.ts';
import { explainGuiding, guide } from '../../mediation/guiding/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { LogEntry, LogReader, Spool } from '../../platform/log/index.ts';
import { formatMicros } from '../../platform/money.ts';
import { explainRating } from '../../rating/index.ts';
import type { ExplainStep, Explanation, RecordPlace } from '../../schemas/api/charges.ts';
import { RecordColumns } from '../../schemas/columns/record-columns.ts';
import { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { EntryType, type BatchHead, type SliceHead } from '../../schemas/log-entries.ts';
import type { ReferenceData } from '../rater/index.ts';
import { corrections } from './explain-corrections.ts';
import { meterSteps } from './explain-meter.ts';
import { provisionalSteps } from './explain-provisional.ts';
import { explainPart, sessionOf } from './explain-session.ts';
import { explainSettlement } from './explain-settlement.ts';
import type { LogState } from './log-state.ts';
import type { ReferenceHistory } from './reference-history.ts';

export interface ExplainParts {
  ledger: LedgerClient;
  reader: LogReader;
  spool: Spool;
  state: LogState;
  history: ReferenceHistory;
}

type Told = Omit<Explanation, 'charge'>;

/** Null when there is no such charge. */
export async function explainCharge(parts: ExplainParts, id: string): Promise<{ charge: Charge; told: Told } | null> {
  const rows = await findCharges(parts.ledger, id);
  if (rows.length === 0) return null;
  const { charge, pricedBy, steps } = await corrections(parts.reader, rows);
  const told =
    charge.kind === 'settlement'
      ? await explainSettlement(parts, charge, pricedBy)
      : await explainUsage(parts, charge, pricedBy);
  told.steps.push(...(await provisionalSteps(parts, charge)));
  return { charge, told: withReversal(charge, { ...told, steps: [...steps, ...told.steps] }) };
}

function withReversal(charge: Charge, told: Told): Told {
  if (charge.sign > 0) return told;
  const step = {
    step: 'reversal',
    text: `Takes back charge ${charge.corrects}: the steps are those of that charge.`,
    data: { corrects: charge.corrects, postedEntry: Number(charge.postedEntry) },
  };
  return { ...told, steps: [step, ...told.steps] };
}

async function explainUsage(parts: ExplainParts, charge: Charge, pricedBy: LogEntry): Promise<Told> {
  const [entryNo, recordNo] = charge.address.split('.').map(Number) as [number, number];
  const entry = await parts.reader.entry(entryNo);
  const reference = await parts.history.asOf(pricedBy.registryNo);
  const head = entry.head as SliceHead | BatchHead;
  const format = reference.format(head.format);
  const found = await findRecord(parts, entry, format, recordNo);
  const records = decodeOne(format, found.bytes);
  const steps: ExplainStep[] = [
    ...explainRecord(format, found.bytes, 0, found.bytes.length)
      .filter(({ raw, value }) => raw !== '' || value !== '')
      .map(({ field, raw, value }) => ({
        step: 'decode',
        text: raw === value ? `${field} = ${value}` : `${field} = ${value} (in the record: ${raw})`,
        data: { field, raw, value },
      })),
    ...explainGuiding(reference.guidingPlan, reference.lookup, format, records, 0).map((text) => ({
      step: 'guide',
      text,
      data: {},
    })),
    ...(await usageSteps(parts.ledger, reference, format, records, charge)),
  ];
  return { record: placeOf(parts.state, entry, found, recordNo), steps, covers: [], coversTotal: 0 };
}

interface FoundRecord {
  bytes: Uint8Array;
  /** In the source. */
  byteOffset: number;
}

async function findRecord(
  { spool }: ExplainParts,
  entry: LogEntry,
  format: CompiledFormat,
  recordNo: number,
): Promise<FoundRecord> {
  const head = entry.head as SliceHead;
  const isSlice = entry.type === EntryType.slice;
  const bytes = isSlice ? await spool.read(head.blob, head.blobOffset, head.lengthBytes) : await entry.body();
  const records = decodeAll(format, bytes, isSlice ? head.first : true);
  if (recordNo >= records.count) {
    throw new TollgridError('NOT_FOUND', `Entry ${entry.entryNo} has no record ${recordNo} in format ${format.name}.`);
  }
  const offset = records.recordOffset[recordNo];
  return {
    bytes: bytes.slice(offset, offset + records.recordLength[recordNo]),
    byteOffset: (isSlice ? head.sourceOffset : 0) + offset,
  };
}

function decodeAll(format: CompiledFormat, bytes: Uint8Array, first: boolean): RecordColumns {
  const count = format.estimateRecords(bytes);
  const records = new RecordColumns(bytes.length, count, format.estimateArena(bytes.length, count));
  records.text.set(bytes);
  format.decode(records, { first });
  return records;
}

function decodeOne(format: CompiledFormat, bytes: Uint8Array): RecordColumns {
  return decodeAll(format, bytes, false);
}

async function usageSteps(
  ledger: LedgerClient,
  reference: ReferenceData,
  format: CompiledFormat,
  records: RecordColumns,
  charge: Charge,
): Promise<ExplainStep[]> {
  const usage = new UsageColumns(16);
  guide(reference.guidingPlan, reference.lookup, format, records, usage);
  const views = reference.guidingPlan.views;
  for (let row = 0; row < usage.count; row++) {
    if (views[usage.viewNo[row]] !== charge.view || usage.subscriptionNo[row] !== charge.subscriptionNo) continue;
    const sign = charge.sign;
    const { kind } = format.classes[records.classNo[0]];
    const before = await meterSteps(ledger, charge, kind, usage.quantity[row], {
      multiplier: reference.lookup.multiplier(usage.assignment[row]),
      digits: reference.lookup.digits(usage.assignment[row]),
    });
    // A call that was divided at a border: what stands behind it is a later part. A register usage starts before its record.
    usage.part[row] = charge.startMs > usage.startMs[row] ? 1 : 0;
    // What a register usage spans is decided by its neighbours: the charge carries it.
    usage.startMs[row] = charge.startMs;
    usage.endMs[row] = charge.endMs;
    usage.quantity[row] = Number(charge.quantity) * sign;
    usage.quantityUp[row] = Number(charge.quantityUp) * sign;
    const facts = reference.factsFor(format);
    const packet = format.joinsSessions ? await sessionOf(ledger, charge) : null;
    const part = packet === null ? null : explainPart(reference, usage, records, row, packet, facts);
    const told = part ?? explainRating(reference.tariffBook, reference.binding, usage, records, row, facts);
    const steps = [...before, ...told.steps.map(({ step, text, data }): ExplainStep => ({ step, text, data }))];
    const amount = formatMicros(told.amountMicros * sign, 6);
    if (amount !== charge.amount) {
      steps.push({
        step: 'difference',
        text: `Priced again this gives ${amount} ${told.currency}, the ledger holds ${charge.amount}: run \`tollgrid verify\`.`,
        data: { computed: amount, ledger: charge.amount },
      });
    }
    return steps;
  }
  return [];
}

function placeOf(state: LogState, entry: LogEntry, found: FoundRecord, recordNo: number): RecordPlace {
  const head = entry.head as SliceHead;
  const fileEntry = entry.type === EntryType.slice ? head.fileEntry : null;
  return {
    address: `${entry.entryNo}.${recordNo}`,
    source: head.source,
    format: head.format,
    file: fileEntry === null ? null : (state.files.get(fileEntry)?.head.name ?? null),
    fileEntry,
    byteOffset: found.byteOffset,
    byteLength: found.bytes.length,
    acceptedAt: new Date(entry.acceptedAtMs).toISOString(),
    text: Buffer.from(found.bytes).toString('utf8'),
  };
}
