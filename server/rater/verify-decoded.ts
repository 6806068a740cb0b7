/**
 * Calls and sessions in the ledger against the bytes that came: entries spread over the log are decoded again, and each
 * record's quantity is held against what was posted for it in every view. Readings have an identity of their own.
 */
import path from 'node:path';
import { postedQuantities, type LedgerClient } from '../../ledger/index.ts';
import type { CompiledFormat, RecordClass } from '../../mediation/formats/index.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { LogEntry, LogReader, Spool } from '../../platform/log/index.ts';
import { RecordColumns } from '../../schemas/columns/record-columns.ts';
import { EntryType, type BatchHead, type PublicationHead, type SliceHead } from '../../schemas/log-entries.ts';
import { baseReference } from './base.ts';
import { ReferenceData } from './reference-data.ts';

export interface DecodedSample {
  entries: number;
  records: number;
  /** Records whose charges say another quantity than their bytes. */
  findings: string[];
}

/** `entriesMax`: so many entries with records, evenly spread over the log, the newest among them. */
export async function sampleDecoded(
  { reader, spool, ledger }: { reader: LogReader; spool: Spool; ledger: LedgerClient },
  upTo: number,
  entriesMax: number,
): Promise<DecodedSample> {
  const sample: DecodedSample = { entries: 0, records: 0, findings: [] };
  const firstNo = await reader.firstNo();
  let count = 0;
  for await (const { type } of reader.readHeads(firstNo, upTo)) if (holdsRecords(type)) count++;
  const reference = new ReferenceData();
  const base = await baseReference(path.dirname(reader.dir));
  if (base !== null) for await (const entry of base.trail.entries(reader)) reference.apply(entry);
  let number = 0;
  for await (const entry of reader.readHeads(firstNo, upTo)) {
    // Only formats decide how bytes are read.
    if (entry.type === EntryType.publication && (entry.head as PublicationHead).kind === 'format') {
      const { entryNo, type, head } = entry;
      reference.apply({ entryNo, type, head, body: await entry.body() });
    }
    if (!holdsRecords(entry.type)) continue;
    number++;
    // What was sealed may have been read by another version of its format.
    if (entry.entryNo <= (base?.sealedNo ?? 0)) continue;
    if (!isChosen(number, count, entriesMax)) continue;
    const format = reference.format((entry.head as SliceHead | BatchHead).format);
    if (!format.classes.some(isWhole)) continue;
    sample.entries++;
    try {
      await compareEntry({ spool, ledger }, entry, format, sample);
    } catch (error) {
      const { code, message } = toTollgridError(error);
      sample.findings.push(`entry ${entry.entryNo} cannot be decoded again: ${code}: ${message}`);
    }
  }
  return sample;
}

/** The record says the whole quantity of its usage: it needs no other records. */
function isWhole({ kind, session }: RecordClass): boolean {
  return kind === 'usage' && session === undefined;
}

function holdsRecords(type: number): boolean {
  return type === EntryType.slice || type === EntryType.batch;
}

/** Number `n` of `count` (from 1) when `most` of them are taken evenly; the last one always is. */
export function isChosen(n: number, count: number, most: number): boolean {
  return Math.floor((n * most) / count) > Math.floor(((n - 1) * most) / count);
}

async function compareEntry(
  { spool, ledger }: { spool: Spool; ledger: LedgerClient },
  entry: LogEntry,
  format: CompiledFormat,
  sample: DecodedSample,
): Promise<void> {
  const head = entry.head as SliceHead;
  const isSlice = entry.type === EntryType.slice;
  const bytes = isSlice ? await spool.read(head.blob, head.blobOffset, head.lengthBytes) : await entry.body();
  const most = format.estimateRecords(bytes);
  const records = new RecordColumns(bytes.length, most, format.estimateArena(bytes.length, most));
  records.text.set(bytes);
  format.decode(records, { first: isSlice ? head.first : true });
  sample.records += records.count;
  for (const { recordNo, view, quantity } of await postedQuantities(ledger, entry.entryNo)) {
    const address = `${entry.entryNo}.${recordNo}`;
    if (recordNo >= records.count) sample.findings.push(`charges name record ${address}, which its bytes do not have`);
    else if (!isWhole(format.classes[records.classNo[recordNo]])) continue;
    else if (BigInt(records.quantity[recordNo]) !== quantity) {
      const decoded = records.quantity[recordNo];
      sample.findings.push(`record ${address}: its bytes say ${decoded}, its charges in view ${view} ${quantity}`);
    }
  }
}
