/** The records of a re-rating: read back from the log, priced again in the threads, compared with what stands. */
import {
  addRated,
  compareRun,
  registerSpans,
  releaseBuffer,
  sessionPackets,
  standingRecords,
  type LedgerBlock,
  type RegisterSpan,
  type RerateWorkspace,
  type StandingRecords,
  type WantedUsage,
} from '../../ledger/index.ts';
import { EntryType } from '../../schemas/log-entries.ts';
import type { RerateInput, RerateOutput } from './messages.ts';
import { sliceSource } from './pipeline.ts';
import type { RerateParts } from './rerate.ts';

/** Records compared at a time: bounds the memory of rater and engine. A slice of a file is never divided. */
const RUN_RECORDS = 150_000;
/** Rows sent to the workspace at a time. */
const INSERT_ROWS = 100_000;

export interface PricedAgain {
  priced: number;
  changed: number;
  /** Code → records that stay as they stand. */
  unpriced: Map<string, number>;
}

export async function priceAgain(
  parts: RerateParts,
  workspace: RerateWorkspace,
  wanted: WantedUsage,
  postingPeriod: number,
): Promise<PricedAgain> {
  const entries: { entryNo: number; records: number }[] = [];
  for await (const entry of wanted.entries()) entries.push(entry);
  const total = entries.reduce((sum, { records }) => sum + records, 0);
  const result: PricedAgain = { priced: 0, changed: 0, unpriced: new Map() };
  let done = 0;
  for (let first = 0; first < entries.length;) {
    let last = first;
    let records = entries[first].records;
    while (last + 1 < entries.length && records + entries[last + 1].records <= RUN_RECORDS)
      records += entries[++last].records;
    parts.progress({ phase: 'pricing', done, total });
    await wanted.takeStanding(entries[first].entryNo, entries[last].entryNo);
    const unpriced = await rateRun(parts, workspace, await standingRecords(workspace));
    const compared = await compareRun(workspace, postingPeriod);
    result.priced += compared.priced;
    result.changed += compared.changed;
    // What is read today as no usage at all has no code of its own.
    const coded = [...unpriced.values()].reduce((sum, count) => sum + count, 0);
    add(unpriced, 'RERATE_RECORD_DIFFERS', compared.standing - compared.priced - coded);
    for (const [code, count] of unpriced) add(result.unpriced, code, count);
    done += records;
    first = last + 1;
  }
  parts.progress({ phase: 'pricing', done, total });
  return result;
}

function add(counts: Map<string, number>, code: string, count: number): void {
  if (count > 0) counts.set(code, (counts.get(code) ?? 0) + count);
}

/** Returns the records that could not be priced, by code. */
async function rateRun(
  parts: RerateParts,
  workspace: RerateWorkspace,
  standing: readonly StandingRecords[],
): Promise<Map<string, number>> {
  const spans = await spansOf(parts, workspace, standing);
  const unpriced = new Map<string, number>();
  const rated = new RatedRows(workspace);
  const take = async (output: Promise<RerateOutput>): Promise<void> => {
    const { blocks, unpriced: codes } = await output;
    for (const [code, count] of Object.entries(codes)) add(unpriced, code, count);
    await rated.add(blocks);
  };
  const pending: Promise<RerateOutput>[] = [];
  for (const records of standing) {
    const entry = await parts.reader.entry(records.entryNo);
    const input = {
      ...(await sliceSource(entry, parts.spoolPath)),
      records,
      spans: spans.get(records.entryNo) ?? [],
      parts: await partsOf(parts, workspace, records.entryNo, (entry.head as { format: string }).format),
      postedEntry: workspace.entryNo,
    };
    const output = parts.pools.rerate(input);
    output.catch(() => undefined);
    pending.push(output);
    if (pending.length > parts.pools.threads) await take(pending.shift()!);
  }
  for (const output of pending) await take(output);
  await rated.flush();
  return unpriced;
}

/** What packets of sessions brought when they were counted. */
async function partsOf(
  { reference }: RerateParts,
  { client }: RerateWorkspace,
  entryNo: number,
  format: string,
): Promise<RerateInput['parts']> {
  if (!reference.format(format).joinsSessions) return [];
  const packets = [...(await sessionPackets(client, [entryNo])).values()];
  return packets.flatMap(({ recordNo, part }) => (part === null ? [] : [[recordNo, part] as [number, typeof part]]));
}

/** Usage that ends at a reading needs to know where it began. */
async function spansOf(
  { reader, reference }: RerateParts,
  workspace: RerateWorkspace,
  standing: readonly StandingRecords[],
): Promise<Map<number, RegisterSpan[]>> {
  const entryNos: number[] = [];
  for (const { entryNo } of standing) {
    const { type, head } = await reader.entry(entryNo);
    if (type !== EntryType.slice && type !== EntryType.batch) continue;
    const { classes } = reference.format((head as { format: string }).format);
    if (classes.some(({ kind }) => kind === 'registerReading')) entryNos.push(entryNo);
  }
  return registerSpans(workspace, entryNos);
}

/** Gathers blocks for inserts of some size: pushed usage comes in batches of a few records. */
class RatedRows {
  private readonly workspace: RerateWorkspace;
  private chunks: Uint8Array[] = [];
  private rows = 0;

  constructor(workspace: RerateWorkspace) {
    this.workspace = workspace;
  }

  async add(blocks: readonly LedgerBlock[]): Promise<void> {
    for (const block of blocks) {
      for (const chunk of block.chunks) {
        this.chunks.push(chunk.slice());
        releaseBuffer(chunk);
      }
      this.rows += block.rows;
    }
    if (this.rows >= INSERT_ROWS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.rows === 0) return;
    const { chunks } = this;
    this.chunks = [];
    this.rows = 0;
    await addRated(this.workspace, chunks);
  }
}
