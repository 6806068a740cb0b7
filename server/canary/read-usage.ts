/**
 * Usage as it was posted, with its record at hand again: the bytes are decoded and guided with the formats, rules and
 * customers of then, and what only the ledger knows (the span and quantity between two readings) is put in.
 */
import { toTollgridError } from '../../platform/errors.ts';
import type { LogEntry, LogReader, Spool } from '../../platform/log/index.ts';
import type { PostedUsage } from '../../ledger/index.ts';
import { SERVICE_NAMES, UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { EntryType, type BatchHead, type PublicationHead, type SliceHead } from '../../schemas/log-entries.ts';
import type { RatingFacts } from '../../schemas/rating-facts.ts';
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import { ColumnPool, ReferenceData, referenceOfLog, release, runStageA, type SliceWork } from '../rater/index.ts';

export interface ReadUsage {
  records: RecordColumns;
  /** One row per usage of `posted`, in its order. */
  usage: UsageColumns;
  posted: PostedUsage[];
  /** What the tariff numbers of the rows stand for. */
  tariffNames: readonly string[];
  facts: RatingFacts;
}

export class UsageReader {
  private readonly reader: LogReader;
  private readonly spool: Spool;
  private readonly referenceEntries: readonly number[];
  private readonly columns = new ColumnPool();
  private readonly reference = new ReferenceData();
  private rolledTo = 0;
  /** Usages whose record could not be found again. */
  unread = 0;

  constructor(reader: LogReader, spool: Spool, referenceEntries: readonly number[]) {
    this.reader = reader;
    this.spool = spool;
    this.referenceEntries = referenceEntries;
  }

  /** `posted`: of one entry, posted by one entry; not before those that were asked for earlier. Null: it cannot be read. */
  async read(posted: readonly PostedUsage[], use: (read: ReadUsage) => void): Promise<void> {
    const [{ entryNo, postedEntry }] = posted;
    let work: SliceWork;
    try {
      const posting = await this.reader.entry(postedEntry);
      await this.rollTo(posting.registryNo);
      work = await this.decode(postedEntry === entryNo ? posting : await this.reader.entry(entryNo));
    } catch (error) {
      // What the log does not keep any more cannot be tried; anything else is a fault.
      if (!['LOG_ENTRY_MISSING', 'LOG_ENTRY_RETIRED', 'SPOOL_BLOB_MISSING'].includes(toTollgridError(error).code))
        throw error;
      this.unread += posted.length;
      return;
    }
    try {
      use(this.matched(work, posted));
    } finally {
      release(work);
    }
  }

  private async rollTo(registryNo: number): Promise<void> {
    if (registryNo <= this.rolledTo) return;
    for await (const entry of referenceOfLog(this.reader, this.referenceEntries, registryNo, this.rolledTo)) {
      const { entryNo, type, head, body } = entry;
      // Which prices there were then does not matter here.
      if (type === EntryType.publication && (head as PublicationHead).kind === 'tariff') continue;
      this.reference.apply({ entryNo, type, head, body: await body() });
    }
    this.rolledTo = registryNo;
  }

  private async decode(entry: LogEntry): Promise<SliceWork> {
    const { entryNo, acceptedAtMs } = entry;
    const head = entry.head as SliceHead | BatchHead;
    const isSlice = entry.type === EntryType.slice;
    const slice = head as SliceHead;
    const place = {
      ...{ entryNo, acceptedAtMs, source: head.source, format: head.format },
      fileEntry: isSlice ? slice.fileEntry : entryNo,
      sourceOffset: isSlice ? slice.sourceOffset : 0,
      first: isSlice ? slice.first : true,
      last: isSlice ? slice.last : true,
    };
    const bytes = isSlice ? await this.spool.read(slice.blob, slice.blobOffset, slice.lengthBytes) : await entry.body();
    return runStageA(this.reference, this.columns, place, { bytes });
  }

  private matched({ records, usage: guided, place }: SliceWork, posted: readonly PostedUsage[]): ReadUsage {
    const { views } = this.reference.guidingPlan;
    const rows = new Map<string, number>();
    for (let row = 0; row < guided.count; row++) {
      rows.set(keyOf(guided.record[row], views[guided.viewNo[row]], guided.subscriptionNo[row]), row);
    }
    const usage = new UsageColumns(Math.max(1, posted.length));
    const found: PostedUsage[] = [];
    for (const one of posted) {
      const from = rows.get(keyOf(one.recordNo, one.view, one.subscriptionNo));
      if (from === undefined) {
        this.unread++;
        continue;
      }
      found.push(one);
      const row = usage.push();
      usage.record[row] = one.recordNo;
      usage.viewNo[row] = guided.viewNo[from];
      usage.serviceNo[row] = SERVICE_NAMES.indexOf(one.service as (typeof SERVICE_NAMES)[number]);
      usage.accountNo[row] = one.accountNo;
      usage.subscriptionNo[row] = one.subscriptionNo;
      usage.assignment[row] = guided.assignment[from];
      usage.tariffNo[row] = guided.tariffNo[from];
      usage.partyField[row] = guided.partyField[from];
      usage.otherField[row] = guided.otherField[from];
      usage.startMs[row] = one.startMs;
      usage.endMs[row] = one.endMs;
      usage.quantity[row] = one.quantity;
      usage.quantityUp[row] = one.quantityUp;
    }
    const format = this.reference.format(place.format);
    const { tariffNames } = this.reference.lookup;
    return { records, usage, posted: found, tariffNames, facts: this.reference.factsFor(format) };
  }
}

function keyOf(record: number, view: string, subscription: number): string {
  return `${record} ${subscription} ${view}`;
}
